"""One person's scorecard: it adds up, and only those who may see it do."""

from decimal import Decimal

from fenming.controls.scope import Scope
from fenming.modules.conftest import SignIn
from fenming.modules.cycles.queries.score import visible_score
from fenming.modules.desk.tests.conftest import October
from fenming.modules.schemes.models import Scorecard, ScoreLine


def test_the_waterfall_ends_at_the_stored_total(october: October) -> None:
    for card in october.cards.values():
        score = visible_score(Scope.all(), card.pk, pay=Scope.all())
        assert score is not None
        assert score.steps[-1].kind == "total"
        parts = sum((Decimal(str(step.value)) for step in score.steps[:-1] if step.value is not None), Decimal(0))
        assert abs(parts - card.total) < Decimal("0.06")


def test_a_limit_or_veto_is_a_step_of_its_own(october: October) -> None:
    card = october.cards["KF2"]
    because = [*card.because, ["total.vetoed", [], "0"]]
    Scorecard.objects.filter(pk=card.pk).update(total=0, because=because)
    score = visible_score(Scope.all(), card.pk, pay=Scope.all())
    assert score is not None
    assert (score.steps[-2].kind, score.steps[-1].value) == ("minus", 0)


def test_a_blocked_scorecard_has_no_total_step(october: October, signed_in: SignIn) -> None:
    card = october.cards["KF2"]
    Scorecard.objects.filter(pk=card.pk).update(total=None, rank=None, grade="", blocked="response_time")
    score = visible_score(Scope.all(), card.pk, pay=Scope.all())
    assert score is not None
    assert "total" not in {step.kind for step in score.steps}
    assert b"no total" in signed_in("hr").get(f"/board/score/{card.pk}/").content


def test_a_missing_indicator_is_shown_with_reason_and_the_grown_weights(october: October, signed_in: SignIn) -> None:
    card = october.cards["KF3"]
    page = signed_in("hr").get(f"/board/score/{card.pk}/").content.decode()
    assert "Left out, not counted as 0." in page
    assert "Weights of the others:" in page
    kept = ScoreLine.objects.filter(scorecard=card, points__isnull=False)
    assert sum(line.weight for line in kept) == 100


def test_explanations_name_indicators_and_units(october: October) -> None:
    score = visible_score(Scope.all(), october.cards["KF3"].pk, pay=Scope.all())
    assert score is not None
    assert "satisfaction_score" not in " ".join(score.because)


def test_the_panel_is_a_part_and_the_page_a_whole(october: October, signed_in: SignIn) -> None:
    client, path = signed_in("KF1"), f"/board/score/{october.cards['KF2'].pk}/"
    assert b"<html" not in client.get(path, headers={"hx-request": "true"}).content
    assert b"<html" in client.get(path).content


def test_every_indicator_leads_to_its_records(october: October, signed_in: SignIn) -> None:
    card = october.cards["KF2"]
    client = signed_in("KF1")
    page = client.get(f"/board/score/{card.pk}/").content.decode()
    for name in ScoreLine.objects.filter(scorecard=card).values_list("indicator", flat=True):
        assert f'href="/rows/{card.pk}/{name}/"' in page
        assert client.get(f"/rows/{card.pk}/{name}/").status_code == 200


def test_a_lead_does_not_reach_another_department(october: October, signed_in: SignIn) -> None:
    for path in ("/board/score/{}/", "/rows/{}/damage_rate/"):
        address = path.format(october.cards["WL2"].pk)
        assert signed_in("KF1").get(address).status_code == 404
        assert signed_in("WL1").get(address).status_code == 200


def test_an_incomplete_run_shows_nothing(october: October, signed_in: SignIn) -> None:
    type(october.run).objects.filter(pk=october.run.pk).update(complete=False)
    assert signed_in("hr").get(f"/board/score/{october.cards['KF2'].pk}/").status_code == 404


def test_the_bonus_is_explained_to_the_fen(october: October) -> None:
    score = visible_score(Scope.all(), october.cards["KF2"].pk, pay=Scope.all())
    assert score is not None
    assert score.bonus is not None
    assert score.bonus.pool == Decimal("8000.00")
    assert any("8,000" in sentence for sentence in score.bonus.because)
