"""Appeals: who may file what until when, who may handle it, what a decision does, and every trap on the way."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from fenming.controls.models import Operation, Run, Work
from fenming.controls.operations import SYSTEM
from fenming.controls.scope import Scope
from fenming.library.text import Refusal, refuse
from fenming.modules.accounts.models import Grant, Role, User
from fenming.modules.bonus.models import Adjustment
from fenming.modules.bonus.operations import settle
from fenming.modules.conftest import OCTOBER, SignIn
from fenming.modules.cycles.models import Appeal, Calibration, Cycle, Improvement, Letter, Participant, Review, Task
from fenming.modules.cycles.operations import appeals as operations
from fenming.modules.cycles.operations.appeals import Ruling
from fenming.modules.cycles.operations.cancelling import cancel
from fenming.modules.cycles.operations.improvements import remind_of_due
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.queries import appeals as queries
from fenming.modules.cycles.queries import evidence, outcomes, trials
from fenming.modules.cycles.queries.decisions import decisions_of
from fenming.modules.cycles.queries.evidence import Piece
from fenming.modules.cycles.queries.figures import figures
from fenming.modules.cycles.tests.conftest import Clock
from fenming.modules.cycles.tests.court import UNTIL, Court, version
from fenming.modules.messages.models import Message
from fenming.modules.people.models import Employee
from fenming.modules.schemes.models import Scorecard


def said(act: Callable[[], Any]) -> str:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value.words.en


def todos(name: str, topic: str) -> int:
    return Message.objects.filter(recipient__username=name, topic=topic, kind="todo", done_at=None).count()


# Filing


def test_filing_finishes_the_step_at_which_results_are_confirmed(court: Court) -> None:
    court.file()
    states = dict(Task.objects.values_list("participant__employee__number", "state"))
    assert states["KF3"] == Task.State.DONE
    assert states["KF4"] == Task.State.OPEN


def test_an_appeal_is_answered_within_ten_working_days(court: Court) -> None:
    assert court.file().answer_by == date(2026, 11, 23)


def test_on_the_last_day_it_may_be_filed_and_on_the_next_not(court: Court, clock: Clock) -> None:
    clock(UNTIL)
    assert court.file().state == "filed"
    court.letter("KF4")
    clock(date(2026, 11, 19))
    assert "ask a question" in said(lambda: court.file("KF4"))


def test_without_a_letter_there_is_nothing_to_appeal_against(court: Court) -> None:
    assert "has not been issued" in said(lambda: court.file("KF4"))


def test_filed_twice_the_one_under_way_is_given(court: Court) -> None:
    first = court.file(reason="one")
    assert court.file(reason="two").pk == first.pk
    assert Appeal.objects.get().reason == "one"


def test_after_withdrawing_one_may_file_again_but_not_after_the_day(court: Court, clock: Clock) -> None:
    first = court.file()
    operations.withdraw(court.actor("KF3"), first.pk)
    second = court.file()
    assert second.pk != first.pk
    operations.withdraw(court.actor("KF3"), second.pk)
    clock(date(2026, 11, 19))
    said(court.file)


def test_withdrawn_twice_it_is_withdrawn_once_and_never_after_the_decision(court: Court) -> None:
    appeal = court.file()
    operations.withdraw(court.actor("KF3"), appeal.pk)
    before = version(appeal)
    operations.withdraw(court.actor("KF3"), appeal.pk)
    assert version(appeal) == before
    again = court.file()
    court.decided(again, points=Decimal(1))
    assert "cannot be withdrawn" in said(lambda: operations.withdraw(court.actor("KF3"), again.pk))


# Evidence


def test_own_numbers_and_records_are_kept_as_they_were(court: Court) -> None:
    fact = court.facts("KF3")[0]
    appeal = court.file(
        "KF3", Piece(indicator="response_time", note="too slow"), Piece(indicator="response_time", fact=fact)
    )
    named = evidence.named(appeal)
    assert [one.number.note for one in named] == ["too slow"]
    assert named[0].number.kept["run"] == court.run.pk
    assert named[0].facts[0].kept["at"].startswith("2026-10-05")
    assert named[0].facts[0].kept["cells"]


def test_an_excluded_record_is_named_with_its_reason(court: Court) -> None:
    facts = court.facts("KF3", "satisfaction_score")
    appeal = court.file("KF3", Piece(indicator="satisfaction_score", fact=facts[0]))
    assert evidence.named(appeal)[0].facts[0].kept["excluded"]


def test_a_record_of_somebody_else_is_refused(court: Court) -> None:
    theirs = sorted(set(court.facts("KF1")) - set(court.facts("KF3")))[0]
    assert "not behind your own" in said(lambda: court.file("KF3", Piece(indicator="response_time", fact=theirs)))
    assert not Appeal.objects.exists()


@pytest.mark.parametrize("fact", ["x", "' OR 1=1 --", "service_session:京东|nothing", "%", "x" * 300])
def test_an_invented_record_is_refused(court: Court, fact: str) -> None:
    assert "not behind your own" in said(lambda: court.file("KF3", Piece(indicator="response_time", fact=fact)))


@pytest.mark.parametrize(
    "piece", [Piece(indicator="damage_rate"), Piece(indicator="response_time", span=7), Piece(indicator="x")]
)
def test_a_number_that_is_not_on_the_own_card_is_refused(court: Court, piece: Piece) -> None:
    assert "not part of this scorecard" in said(lambda: court.file("KF3", piece))


def test_more_records_than_anybody_reads_are_refused(court: Court) -> None:
    many = [Piece(indicator="response_time", fact=str(one)) for one in range(evidence.MOST + 1)]
    assert "at most" in said(lambda: court.file("KF3", *many))


def test_the_scorecard_that_the_letter_told_is_disputed_not_a_newer_one(court: Court) -> None:
    newer = settle(
        court.small.engine, court.small.lake, OCTOBER, folder=court.small.runs, departments=court.cycle.departments
    )
    Cycle.objects.update(run=newer)
    assert court.file().scorecard == court.card("KF3").pk


def test_a_letter_that_names_somebody_elses_card_does_not_open_it(court: Court) -> None:
    Letter.objects.update(contents={"scorecard": court.card("KF4").pk})
    card = queries.told_card(court.place("KF3"), Letter.objects.get())
    assert card is not None
    assert card.employee_id == court.small.ids["KF3"]


# Who handles


def why_not(court: Court, appeal: Appeal, name: str) -> str:
    fresh = Appeal.objects.get(pk=appeal.pk)
    user = User.objects.get(username=name).pk
    return said(lambda: operations.assign(court.hr, appeal.pk, user, version=fresh.version))


def give(name: str) -> None:
    """Another role by hand: a lead or an employee who looks after appeals too."""
    user = User.objects.get(username=name)
    Grant.objects.create(user=user, role=Role.objects.get(code="hr"), reach="all", valid_from=date(2026, 1, 1))


def test_nobody_handles_the_own_appeal(court: Court) -> None:
    give("KF3")
    assert "own appeal" in why_not(court, court.file(), "KF3")


def test_the_reviewer_does_not_handle_it(court: Court) -> None:
    give("KF1")
    assert "rater" in why_not(court, court.file(), "KF1")


def test_who_wrote_the_review_does_not_handle_it_whoever_reviews_by_now(court: Court) -> None:
    review = {"kind": "manager", "author_id": court.other.user, "submitted_at": timezone.now()}
    Review.objects.create(participant=court.place("KF3"), **review)
    assert "rater" in why_not(court, court.file(), "hr2")


def test_who_calibrated_the_result_does_not_handle_it(court: Court) -> None:
    Calibration.objects.create(participant=court.place("KF3"), points=1, reason="r", author_id=court.other.user)
    assert "calibrated" in why_not(court, court.file(), "hr2")


def test_an_account_without_the_permission_does_not_handle_it(court: Court) -> None:
    assert "may not handle" in why_not(court, court.file(), "KF4")


def test_only_who_has_it_in_hand_acts_on_it(court: Court) -> None:
    appeal = court.file()
    act = lambda who: operations.note_findings(who, appeal.pk, "x", version=version(appeal))  # noqa: E731
    assert "Name a handler" in said(lambda: act(court.hr))
    operations.assign(court.hr, appeal.pk, court.hr.user or 0, version=version(appeal))
    assert "handles this appeal" in said(lambda: act(court.other))


def test_a_handler_who_becomes_the_rater_meanwhile_cannot_decide(court: Court) -> None:
    give("KF2")
    appeal = court.file()
    handler = court.actor("KF2")
    operations.assign(court.hr, appeal.pk, handler.user or 0, version=version(appeal))
    operations.note_findings(handler, appeal.pk, "found", version=version(appeal))
    Participant.objects.filter(employee__number="KF3").update(reviewer=court.small.ids["KF2"])
    ruling = Ruling(decision="rejected", text="no")
    assert "rater" in said(lambda: operations.decide(handler, appeal.pk, ruling, version=version(appeal)))


def test_the_todo_goes_from_hr_to_the_handler_and_ends_with_the_decision(court: Court) -> None:
    appeal = court.file()
    assert (todos("hr", operations.HANDLE), todos("hr2", operations.HANDLE)) == (1, 1)
    operations.assign(court.hr, appeal.pk, court.other.user or 0, version=version(appeal))
    assert (todos("hr", operations.HANDLE), todos("hr2", operations.HANDLE)) == (0, 1)
    operations.note_findings(court.other, appeal.pk, "f", version=version(appeal))
    operations.decide(court.other, appeal.pk, Ruling(decision="rejected", text="no"), version=version(appeal))
    assert todos("hr2", operations.HANDLE) == 0


def test_who_rated_is_told_nothing_when_it_is_filed(court: Court) -> None:
    give("KF1")
    court.file()
    assert todos("KF1", operations.HANDLE) == 0


# Investigation


def test_the_rater_is_asked_answers_and_may_put_it_better(court: Court) -> None:
    appeal = court.file()
    court.investigated(appeal)
    operations.ask_rater(court.hr, appeal.pk, version=version(appeal))
    assert todos("KF1", operations.VIEW) == 1
    operations.rater_answers(court.actor("KF1"), appeal.pk, court.small.ids["KF1"], "first")
    operations.rater_answers(court.actor("KF1"), appeal.pk, court.small.ids["KF1"], "better")
    assert todos("KF1", operations.VIEW) == 0
    assert Appeal.objects.get().rater_words == "better"


def test_where_somebody_else_rates_meanwhile_the_new_one_is_asked(court: Court) -> None:
    appeal = court.file()
    court.investigated(appeal)
    operations.ask_rater(court.hr, appeal.pk, version=version(appeal))
    operations.rater_answers(court.actor("KF1"), appeal.pk, court.small.ids["KF1"], "mine")
    Participant.objects.filter(employee__number="KF3").update(reviewer=court.small.ids["KF2"])
    operations.ask_rater(court.hr, appeal.pk, version=version(appeal))
    assert Appeal.objects.get().rater_id == court.small.ids["KF2"]
    late = lambda: operations.rater_answers(court.actor("KF1"), appeal.pk, court.small.ids["KF1"], "x")  # noqa: E731
    assert "Somebody else" in said(late)


def test_a_rater_who_has_left_cannot_be_asked(court: Court) -> None:
    appeal = court.file()
    court.investigated(appeal)
    User.objects.filter(username="KF1").update(is_active=False)
    assert "has left" in said(lambda: operations.ask_rater(court.hr, appeal.pk, version=version(appeal)))


def test_what_is_missing_is_asked_for_and_added(court: Court) -> None:
    appeal = court.file()
    operations.assign(court.hr, appeal.pk, court.hr.user or 0, version=version(appeal))
    operations.ask_more(court.hr, appeal.pk, "Which sessions?", version=version(appeal))
    row = Appeal.objects.get()
    assert (row.state, row.more_by) == ("incomplete", date(2026, 11, 12))
    assert todos("KF3", operations.MORE) == 1
    fact = court.facts("KF3")[0]
    operations.add_more(court.actor("KF3"), appeal.pk, "These.", [Piece(indicator="response_time", fact=fact)])
    operations.add_more(court.actor("KF3"), appeal.pk, "These.")
    row = Appeal.objects.get()
    assert (row.state, row.more, row.evidence.count()) == ("filed", "These.", 2)
    assert todos("KF3", operations.MORE) == 0


def test_nothing_more_is_taken_where_nothing_was_asked(court: Court) -> None:
    appeal = court.file()
    assert "Nothing more" in said(lambda: operations.add_more(court.actor("KF3"), appeal.pk, "x"))


def test_of_two_editors_the_second_is_told(court: Court) -> None:
    appeal = court.file()
    operations.assign(court.hr, appeal.pk, court.hr.user or 0, version=1)
    with pytest.raises(Stale):
        operations.note_findings(court.hr, appeal.pk, "f", version=1)


def test_the_same_sent_twice_is_done_once(court: Court) -> None:
    appeal = court.file()
    operations.assign(court.hr, appeal.pk, court.hr.user or 0, version=1)
    operations.assign(court.hr, appeal.pk, court.hr.user or 0, version=1)
    operations.note_findings(court.hr, appeal.pk, "f", version=2)
    operations.note_findings(court.hr, appeal.pk, "f", version=2)
    ruling = Ruling(decision="upheld", text="yes", points=Decimal(2))
    operations.decide(court.hr, appeal.pk, ruling, version=3)
    operations.decide(court.hr, appeal.pk, ruling, version=3)
    assert Work.objects.filter(job="cycles.answer_appeal").count() == 1


# Decision


def refused(court: Court, ruling: Ruling) -> str:
    appeal = court.file()
    now = court.investigated(appeal)
    return said(lambda: operations.decide(court.hr, appeal.pk, ruling, version=now))


def test_without_findings_nothing_is_decided(court: Court) -> None:
    appeal = court.file()
    operations.assign(court.hr, appeal.pk, court.hr.user or 0, version=1)
    ruling = Ruling(decision="rejected", text="no")
    assert "what was found" in said(lambda: operations.decide(court.hr, appeal.pk, ruling, version=2))


def test_what_is_not_upheld_changes_nothing(court: Court) -> None:
    assert "neither" in refused(court, Ruling(decision="rejected", text="no", points=Decimal(1)))


def test_an_appeal_never_takes_points(court: Court) -> None:
    assert "worse" in refused(court, Ruling(decision="upheld", text="y", points=Decimal(-1)))


def test_an_appeal_never_lowers_the_grade(court: Court) -> None:
    letters = trials.letters_of(court.file())
    Scorecard.objects.filter(employee=court.small.ids["KF3"]).update(grade=letters[0])
    assert "worse" in refused(court, Ruling(decision="upheld", text="y", grade=letters[-1]))


def test_a_grade_that_the_scheme_does_not_know_is_refused(court: Court) -> None:
    assert "no grade" in refused(court, Ruling(decision="upheld", text="y", grade="Z"))


def test_the_trial_shows_what_the_effect_then_does(court: Court) -> None:
    appeal = court.file()
    court.investigated(appeal)
    tried = trials.trial(Appeal.objects.get(), points=Decimal("2.5"), grade="")
    assert tried.was.total == court.card("KF3").total
    operations.decide(
        court.hr, appeal.pk, Ruling(decision="partly", text="y", points=Decimal("2.5")), version=version(appeal)
    )
    run = operations.give_effect(court.hr, appeal.pk)
    card = court.card("KF3", Run.objects.get(pk=run))
    assert (card.total, card.grade) == (tried.now.total, tried.now.grade)
    assert card.total == (tried.was.total or 0) + Decimal("2.5")
    amount = outcomes.supplement(Appeal.objects.get(), pays=True)
    assert amount is not None
    assert amount.now is not None
    assert amount.now.bonus == tried.now.bonus


def test_the_trial_stores_nothing(court: Court) -> None:
    appeal = court.file()
    before = (Run.objects.count(), Scorecard.objects.count(), Operation.objects.count())
    trials.trial(Appeal.objects.get(pk=appeal.pk), points=Decimal(3), grade="")
    assert (Run.objects.count(), Scorecard.objects.count(), Operation.objects.count()) == before


def test_an_open_cycle_is_scored_anew_and_the_letter_stays(court: Court) -> None:
    appeal = court.file()
    court.decided(appeal, points=Decimal(3))
    contents = Letter.objects.get().contents
    operations.give_effect(court.hr, appeal.pk)
    row = Appeal.objects.get()
    assert row.run is not None
    assert row.run.kind == Run.Kind.LIVE
    assert Cycle.objects.get().run == row.run
    assert row.answered_at
    assert Letter.objects.get().contents == contents
    assert Message.objects.filter(recipient__username="KF3", topic=operations.ANSWER).count() == 1


def test_given_effect_twice_it_is_scored_and_answered_once(court: Court) -> None:
    appeal = court.file()
    court.decided(appeal, points=Decimal(3))
    first = operations.give_effect(court.hr, appeal.pk)
    runs = Run.objects.count()
    assert operations.give_effect(court.hr, appeal.pk) == first
    assert Run.objects.count() == runs
    assert Message.objects.filter(topic=operations.ANSWER).count() == 1


def test_closed_between_filing_and_decision_the_difference_is_made_good(court: Court) -> None:
    appeal = court.file()
    closed = court.close()
    court.decided(appeal, points=Decimal(5))
    operations.give_effect(court.hr, appeal.pk)
    row = Appeal.objects.get()
    assert row.run is not None
    assert row.run.kind == Run.Kind.ADJUST
    made = Adjustment.objects.get()
    assert (made.of, made.source, made.employee_id) == (closed, f"appeal:{appeal.pk}", court.small.ids["KF3"])
    found = outcomes.supplement(row, pays=True)
    assert found is not None
    assert found.difference == made.amount
    assert Cycle.objects.get().run == closed


def test_closed_between_decision_and_effect_the_closing_run_carries_it_and_nothing_is_paid_twice(court: Court) -> None:
    appeal = court.file()
    court.decided(appeal, points=Decimal(5))
    run = settle(
        court.small.engine, court.small.lake, OCTOBER, folder=court.small.runs, kind=Run.Kind.CLOSE,
        departments=court.cycle.departments, decisions=decisions_of(court.cycle),
    )  # fmt: skip
    Cycle.objects.update(run=run, state=Cycle.State.CLOSED)
    assert operations.give_effect(court.hr, appeal.pk) == run.pk
    assert not Adjustment.objects.exists()


def test_after_the_close_an_appeal_is_upheld_by_points_or_grade_only(court: Court) -> None:
    court.close()
    appeal = court.file()
    now = court.investigated(appeal)
    ruling = Ruling(decision="upheld", text="y")
    assert "archived" in said(lambda: operations.decide(court.hr, appeal.pk, ruling, version=now))


def test_while_the_cycle_is_being_archived_the_work_is_tried_later(court: Court) -> None:
    appeal = court.file()
    court.decided(appeal, points=Decimal(1))
    work = Work.objects.create(job="cycles.close", next_try_at=timezone.now())
    Cycle.objects.update(work=work.pk)
    with pytest.raises(operations.StillClosing):
        operations.give_effect(court.hr, appeal.pk)
    assert Appeal.objects.get().answered_at is None


@pytest.mark.parametrize("refuses", [True, False])
def test_a_cycle_that_is_archived_while_the_decision_is_scored_is_corrected_later(
    court: Court, monkeypatch: pytest.MonkeyPatch, *, refuses: bool
) -> None:
    appeal = court.file()
    court.decided(appeal, points=Decimal(1))
    cycle = Cycle.objects.get(participants__appeals=appeal)

    def archived(*_given: object, **_more: object) -> None:
        Run.objects.create(
            kind="close", label=cycle.label, start=cycle.start, end=cycle.end, departments=cycle.departments,
            complete=True, inputs="", code="",
        )  # fmt: skip
        if refuses:
            raise refuse("已归档", "closed")
        Cycle.objects.filter(pk=cycle.pk).update(state="closed")

    monkeypatch.setattr(operations.close, "score", archived)
    with pytest.raises(operations.StillClosing):
        operations.give_effect(court.hr, appeal.pk)
    assert Appeal.objects.get().answered_at is None


def test_what_is_not_upheld_is_answered_without_a_new_run(court: Court) -> None:
    appeal = court.file()
    now = court.investigated(appeal)
    operations.decide(court.hr, appeal.pk, Ruling(decision="rejected", text="no"), version=now)
    runs = Run.objects.count()
    assert operations.give_effect(court.hr, appeal.pk) is None
    assert Run.objects.count() == runs
    assert Appeal.objects.get().answered_at


def test_somebody_who_has_left_gets_an_answer_too(court: Court) -> None:
    appeal = court.file()
    Employee.objects.filter(number="KF3").update(left=date(2026, 11, 12))
    User.objects.filter(username="KF3").update(is_active=False)
    court.decided(appeal, points=Decimal(1))
    operations.give_effect(court.hr, appeal.pk)
    assert Appeal.objects.get().answered_at


def test_a_case_is_archived_once_answered(court: Court) -> None:
    appeal = court.file()
    court.decided(appeal, points=Decimal(1))
    assert "once it has been answered" in said(lambda: operations.archive(court.hr, appeal.pk, version=version(appeal)))
    operations.give_effect(court.hr, appeal.pk)
    operations.archive(court.hr, appeal.pk, version=version(appeal))
    assert Appeal.objects.get().archived_at


# What happened, reminders, figures


def test_the_history_tells_who_did_what_in_order(court: Court) -> None:
    appeal = court.file()
    court.decided(appeal, points=Decimal(1))
    operations.give_effect(court.hr, appeal.pk)
    told = [(one.title, one.by) for one in queries.history(Appeal.objects.get())]
    assert told == [
        ("Appeal received", "王芳"), ("Handler named", "hr"), ("Findings written down", "hr"), ("Decided", "hr"),
        ("Answered", "hr"),
    ]  # fmt: skip


def test_the_log_holds_no_words_of_the_case(court: Court) -> None:
    court.decided(court.file(reason="SECRETWORD"), points=Decimal(1))
    assert not [one for one in Operation.objects.all() if "SECRETWORD" in str(one.after) + str(one.before)]


def test_what_is_late_is_reminded_of_once_a_day(court: Court) -> None:
    court.file()
    assert operations.remind(SYSTEM, date(2026, 11, 17)) == 0
    assert operations.remind(SYSTEM, date(2026, 11, 18)) == 1
    assert operations.remind(SYSTEM, date(2026, 11, 18)) == 0
    assert operations.remind(SYSTEM, date(2026, 11, 24)) == 1
    titles = Message.objects.filter(recipient__username="hr", kind="notice").values_list("title_en", flat=True)
    assert sorted(titles) == ["An appeal is due soon", "An appeal is overdue"]


def test_when_the_handler_has_gone_the_others_are_reminded(court: Court) -> None:
    appeal = court.file()
    operations.assign(court.hr, appeal.pk, court.other.user or 0, version=1)
    User.objects.filter(username="hr2").update(is_active=False)
    operations.remind(SYSTEM, date(2026, 11, 24))
    assert Message.objects.filter(recipient__username="hr", kind="notice", title_en="An appeal is overdue").exists()


def test_figures_count_days_shares_and_what_is_disputed(court: Court, clock: Clock) -> None:
    one = court.file("KF3", Piece(indicator="response_time"))
    court.letter("KF4")
    court.letter("KF2")
    two = court.file("KF4", Piece(indicator="response_time"), Piece(indicator="resolution_rate"))
    three = court.file("KF2")
    moment = timezone.make_aware
    Appeal.objects.update(filed_at=moment(datetime(2026, 11, 9, 10)), answer_by=date(2026, 11, 23))
    for appeal, decision, at in (
        (one, "upheld", datetime(2026, 11, 16, 9)),
        (two, "rejected", datetime(2026, 11, 25, 9)),
    ):
        Appeal.objects.filter(pk=appeal.pk).update(
            state="decided", decision=decision, decided_at=moment(at), answered_at=moment(at)
        )
    operations.withdraw(court.actor("KF2"), three.pk)
    clock(date(2026, 11, 26))
    found = figures(queries.visible_appeals(Scope.all(), None))
    total = found.total
    assert (total.filed, total.decided, total.upheld, total.withdrawn, total.open) == (3, 2, 1, 1, 0)
    assert (total.mean_days, total.on_time_share, total.upheld_share) == (Decimal("8.5"), 50, 50)
    assert [(one.appeals, one.upheld) for one in found.disputed] == [(2, 1), (1, 0)]


# Before the cycle ends


def test_a_cycle_called_off_ends_its_appeals_and_every_to_do_of_it(court: Court) -> None:
    appeal = court.file()
    operations.assign(court.hr, appeal.pk, court.hr.user or 0, version=version(appeal))
    operations.ask_more(court.hr, appeal.pk, "Which sessions?", version=version(appeal))
    improvement = Improvement.objects.create(participant=court.place("KF3"), gap="g", action="a", due=UNTIL)
    remind_of_due(UNTIL)
    todos = Message.objects.filter(kind="todo", done_at=None, topic__startswith="cycles.")
    assert {"cycles.appeal", "cycles.appeal_more", "cycles.improvement_due"} <= set(
        todos.values_list("topic", flat=True)
    )
    cancel(court.hr, court.cycle, reason="wrong period")
    assert not todos.exists()
    assert not Task.objects.filter(state="open").exists()
    told = Message.objects.filter(topic="cycles.appeal_ended")
    assert [one.recipient.username for one in told] == ["KF3"]
    assert (remind_of_due(improvement.due), operations.remind(court.hr, UNTIL)) == (0, 0)
    assert not todos.exists()


def test_a_correction_shows_beside_the_result_with_what_it_is_paid(court: Court, signed_in: SignIn) -> None:
    closed = court.close()
    card = court.card("KF3", closed)
    Adjustment.objects.create(
        run=court.run, of=closed, employee=card.employee, department=card.department, amount=Decimal("120.50"),
        reason="Three sessions were another's.", source="appeal:1",
    )  # fmt: skip
    told = {"total": "80.00", "total_of": "80", "grade": "B", "period": {"name": "2026-10"}}
    Letter.objects.filter(participant=court.place("KF3")).update(contents={"en": told, "zh": told})
    mine, hr = signed_in("KF3"), signed_in("hr")
    letter = f"/cycles/letters/{court.place('KF3').pk}/"
    pages = [(mine, letter), (hr, letter), (hr, f"/board/score/{card.pk}/")]
    for client, address in pages:
        page = client.get(address).content.decode()
        assert "+¥120.50" in page, address
        assert "to be paid with the next period" in page, address
    Adjustment.objects.update(settled_in=court.run)
    assert "paid with 2026-10" in mine.get(letter).content.decode()
    other = court.card("KF2", closed)
    assert "120.50" not in hr.get(f"/board/score/{other.pk}/").content.decode()
