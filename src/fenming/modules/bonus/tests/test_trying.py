"""What-if: the same facts with a draft in place. Nothing of it counts, and nothing of the pools is lost."""

from copy import deepcopy
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fenming.controls.jobs import Working
from fenming.controls.models import Operation, Run, Work
from fenming.controls.operations import SYSTEM
from fenming.library.schemes import schemes
from fenming.library.text import Refusal
from fenming.modules.accounts.models import User
from fenming.modules.bonus import jobs
from fenming.modules.bonus.models import Amount, Pool, Trial
from fenming.modules.bonus.operations import set_pool, settle, trying
from fenming.modules.bonus.operations.trying import Variant, ask, forget, go_on, spans, stop, tried
from fenming.modules.conftest import OCTOBER, SmallCompany, sessions
from fenming.modules.hub.operations import take_in
from fenming.modules.people.queries.records import department_ids
from fenming.modules.schemes.models import SchemeVersion, Scorecard
from fenming.rules.periods import Period, parse


def definition(**changes: Any) -> dict[str, Any]:
    """The scheme of customer service as a draft would have it."""
    return {**deepcopy(schemes()["customer_service"].model_dump(mode="json")), **changes}


def heavier(by: str = "10") -> dict[str, Any]:
    """Ten points of weight from the second indicator to the first."""
    given = definition()
    first, second = given["items"][:2]
    first["weight"] = str(Decimal(first["weight"]) + Decimal(by))
    second["weight"] = str(Decimal(second["weight"]) - Decimal(by))
    return given


def draft(given: dict[str, Any] | None = None) -> Variant:
    return Variant(identifier="customer_service", definition=heavier() if given is None else given)


def service() -> int:
    return department_ids()["customer_service"]


def told(done: int, of: int) -> None:
    """Nobody listens."""


def asked(*variants: Variant, periods: tuple[Period, ...] = (OCTOBER,), key: str = "") -> Trial:
    return ask(SYSTEM, service(), variants or (draft(),), periods, key=key)


def kept(trial: Trial, position: int = 0) -> dict[str, list[dict[str, Any] | None]]:
    """Employee number → what came out each time."""
    return {one["number"]: one["of"] for one in trial.results.get(position=position).people}


def test_before_is_the_stored_run_when_nothing_changed_since(small_company: SmallCompany) -> None:
    for department in department_ids().values():
        set_pool(department, OCTOBER.start, OCTOBER.end, Decimal("8000.00"))
    run = settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    trial = asked()
    assert go_on(trial.pk, told) == 1
    cards = Scorecard.objects.filter(run=run, department=service()).select_related("employee")
    paid = dict(Amount.objects.filter(allotment__run=run).values_list("employee__number", "amount"))
    stored = {
        one.employee.number: (str(one.total), one.grade, one.rank, str(paid[one.employee.number])) for one in cards
    }
    before = {number: of[0] for number, of in kept(trial).items()}
    assert {
        number: (one["total"], one["grade"], one["rank"], one["bonus"]) for number, one in before.items() if one
    } == stored


def test_a_draft_like_what_is_in_force_changes_nothing(small_company: SmallCompany) -> None:
    set_pool(service(), OCTOBER.start, OCTOBER.end, Decimal("8000.00"))
    trial = asked(draft(definition()))
    go_on(trial.pk, told)
    assert all(of[0] == of[1] for of in kept(trial).values())


def test_nothing_of_a_trial_is_stored_as_a_result(small_company: SmallCompany) -> None:
    set_pool(service(), OCTOBER.start, OCTOBER.end, Decimal("8000.00"))
    trial = asked()
    go_on(trial.pk, told)
    trial.refresh_from_db()
    assert trial.state == Trial.State.DONE
    assert not any(table.objects.exists() for table in (Run, Scorecard, Amount))
    changed = [number for number, of in kept(trial).items() if of[0] and of[1] and of[0]["total"] != of[1]["total"]]
    assert changed


def test_points_of_the_indicators_make_up_the_total(small_company: SmallCompany) -> None:
    plain = definition(adjustments=[], vetoes=[])
    trial = asked(draft(plain))
    go_on(trial.pk, told)
    for _, after in kept(trial).values():
        assert after is not None
        assert sum(map(Decimal, after["points"].values())) == Decimal(after["total"])


CENTS = st.integers(min_value=1, max_value=2_000_000)
RULES = st.sampled_from(
    [
        {"kind": "by_score"},
        {"kind": "equal"},
        {"kind": "team_fund"},
        {"kind": "by_score", "cap": "12.34"},
        {"kind": "mixed", "parts": [
            {"share": "0.3", "rule": {"kind": "equal"}}, {"share": "0.7", "rule": {"kind": "by_score"}},
        ]},
    ]
)  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pool=CENTS, rule=RULES)
def test_pools_are_shared_out_to_the_fen_before_and_after(
    small_company: SmallCompany, pool: int, rule: dict[str, Any]
) -> None:
    amount = Decimal(pool) / 100
    set_pool(service(), OCTOBER.start, OCTOBER.end, amount)
    results = tried(asked(draft(definition(bonus=rule))), OCTOBER)
    for result in results:
        assert result is not None
        [(whole, divided)] = result.pools.values()
        given_out = sum(card.bonus.amount for card in result.cards if card.bonus)
        assert given_out + divided.fund + divided.undistributed == whole == amount


def test_two_drafts_stand_beside_what_is_in_force(small_company: SmallCompany) -> None:
    trial = asked(draft(), draft(heavier("-10")))
    go_on(trial.pk, told)
    assert all(len(of) == 3 for of in kept(trial).values())


def test_several_periods_are_computed_one_by_one_and_go_on_after_a_break(
    small_company: SmallCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(small_company.lake, "service_session", sessions(day=date(2026, 9, 5)), name="september", source="test")
    trial = asked(periods=(parse("2026-09"), OCTOBER))
    compute, computed = trying.compute, []

    def killed(*given: Any, **named: Any) -> Any:
        computed.append(given)
        if len(computed) == 3:
            raise KeyboardInterrupt
        return compute(*given, **named)

    monkeypatch.setattr(trying, "compute", killed)
    with pytest.raises(KeyboardInterrupt):
        go_on(trial.pk, told)
    assert trial.results.count() == 1
    assert go_on(trial.pk, told) == 2
    assert len(computed) == 5
    assert [one.label for one in trial.results.all()] == ["2026-09", "2026-10"]
    assert go_on(trial.pk, told) == 0


def test_all_periods_are_computed_from_the_facts_of_when_it_was_asked(small_company: SmallCompany) -> None:
    trial = asked()
    first = tried(trial, OCTOBER)
    changed = sessions().set_column(8, "handle_ms", sessions()["first_reply_ms"])
    take_in(small_company.lake, "service_session", changed, name="corrected", source="test")
    again = tried(trial, OCTOBER)
    assert [[card.total for card in one.cards] for one in first if one] == [
        [card.total for card in one.cards] for one in again if one
    ]


def test_a_trial_called_off_stops_before_its_next_period(small_company: SmallCompany) -> None:
    trial = jobs.begin(SYSTEM, service(), [draft()], [parse("2026-09"), OCTOBER])
    stop(SYSTEM, trial)
    assert Work.objects.get(pk=trial.work).state == Work.State.CANCELLED
    assert jobs.try_out.run(Working(), number=trial.pk) == {"periods": 0}
    with pytest.raises(Refusal):
        stop(SYSTEM, trial)


def test_one_called_off_between_two_periods_keeps_the_first(small_company: SmallCompany) -> None:
    trial = asked(periods=(OCTOBER, parse("2026-11")))

    def calls_off(done: int, of: int) -> None:
        if done == 0:
            stop(SYSTEM, trial)

    assert go_on(trial.pk, calls_off) == 1
    trial.refresh_from_db()
    assert trial.state == Trial.State.CANCELLED


def test_a_form_sent_twice_asks_once(small_company: SmallCompany) -> None:
    actor = replace(SYSTEM, user=User.objects.get(username="hr").pk)
    first = jobs.begin(actor, service(), [draft()], [OCTOBER], key="form-1")
    assert jobs.begin(actor, service(), [draft()], [OCTOBER], key="form-1") == first
    assert (Trial.objects.count(), Work.objects.filter(job="bonus.try_out").count()) == (1, 1)


def test_what_cannot_be_tried_is_refused_in_words(small_company: SmallCompany) -> None:
    with pytest.raises(Refusal, match="not complete"):
        asked(draft(definition(items=[])))
    with pytest.raises(Refusal, match="1 to 12"):
        asked(periods=())
    with pytest.raises(Refusal, match="1 to 12"):
        asked(periods=(OCTOBER,) * 13)
    assert not Trial.objects.exists()


def test_a_rule_that_cannot_divide_fails_the_trial_and_says_why(small_company: SmallCompany) -> None:
    set_pool(service(), OCTOBER.start, OCTOBER.end, Decimal("10.00"))
    trial = asked(draft(definition(bonus={"kind": "by_score", "floor": "100.00"})))
    assert go_on(trial.pk, told) == 0
    trial.refresh_from_db()
    assert (trial.state, "floors sum" in trial.error["en"]) == (Trial.State.FAILED, True)


def test_without_a_pool_there_are_points_and_no_money(small_company: SmallCompany) -> None:
    assert not Pool.objects.exists()
    trial = asked()
    go_on(trial.pk, told)
    assert {one["bonus"] for of in kept(trial).values() for one in of if one} == {None}


def test_a_scheme_for_people_who_had_none_shows_them_as_new(small_company: SmallCompany) -> None:
    SchemeVersion.objects.filter(identifier="customer_service").delete()
    trial = asked()
    go_on(trial.pk, told)
    assert all(before is None and after for before, after in kept(trial).values())


def test_a_draft_for_one_post_leaves_the_others_as_they_are(small_company: SmallCompany) -> None:
    one = Variant(identifier="cs_lead_only", definition=heavier() | {"posts": ["cs_lead"]})
    trial = asked(one)
    go_on(trial.pk, told)
    found = kept(trial)
    assert {
        number for number, (before, after) in found.items() if before and after and before["scheme"] != after["scheme"]
    } == {"KF1"}
    assert found["KF2"][0]["total"] == found["KF2"][1]["total"]  # type: ignore[index]


def test_a_trial_is_logged_and_can_be_forgotten_once_it_ended(small_company: SmallCompany) -> None:
    trial = asked()
    assert [one.label for one in spans(trial)] == ["2026-10"]
    with pytest.raises(Refusal, match="Call the trial off"):
        forget(SYSTEM, trial)
    go_on(trial.pk, told)
    forget(SYSTEM, Trial.objects.get(pk=trial.pk))
    actions = list(Operation.objects.filter(action__startswith="bonus.").values_list("action", flat=True))
    assert {"bonus.try", "bonus.forget_trial"} <= set(actions)
    assert not Trial.objects.exists()
