"""Targets of goals that were agreed are those that the period is scored by."""

from datetime import date
from decimal import Decimal

from django.urls import reverse

from fenming.controls.operations import Actor
from fenming.modules.conftest import OCTOBER, SignIn, SmallCompany
from fenming.modules.cycles.models import Cycle, Goal, Participant, StepKind
from fenming.modules.cycles.operations.close import score
from fenming.modules.cycles.operations.goals import Aim, acknowledge, add, change, follow_up
from fenming.modules.cycles.queries.agreed import agreed_in
from fenming.modules.cycles.tests.reviewing import a_cycle, as_actor, page, person
from fenming.modules.schemes.models import ScoreLine
from fenming.modules.schemes.queries import people_of
from fenming.rules.periods import Period
from fenming.rules.targets import Agreed

WHAT = "satisfaction_score"
LEAD, USUAL, HIGHER = "KF1", Decimal("4.5"), Decimal("4.8")


def actor(name: str) -> Actor:
    return Actor(user=as_actor(name).pk, name=name)


def agree(one: Participant) -> None:
    one.refresh_from_db()
    assert acknowledge(actor("KF2"), one, version=one.goals_version)


def line(run: int | None) -> ScoreLine:
    return ScoreLine.objects.filter(scorecard__run=run, scorecard__employee__number="KF2", indicator=WHAT)[0]


def a_goal(company: SmallCompany) -> tuple[Cycle, Participant]:
    cycle = a_cycle(company, [StepKind.GOALS], rated=False)
    cycle.departments = [cycle.department_id]
    cycle.save(update_fields=["departments"])
    one = person(cycle, "KF2")
    add(actor(LEAD), [one], [Aim(title="满意度", indicator=WHAT, target=HIGHER), Aim(title="周会", target=Decimal(3))])
    return cycle, one


def test_a_goal_counts_once_acknowledged_and_the_line_tells_it(small_company: SmallCompany) -> None:
    cycle, one = a_goal(small_company)
    before = line(score(actor("hr"), cycle.pk))
    assert before.target == USUAL
    agree(one)
    (day,) = {goal.on for goal in agreed_in(cycle)["KF2"].values()}
    after = line(score(actor("hr"), cycle.pk))
    assert after.target == HIGHER
    told = {rule: values for rule, values, _ in after.because if rule.startswith("target.")}
    assert list(told) == ["target.goal", "target.own"]
    assert day.isoformat() in str(told["target.goal"])
    before.refresh_from_db()
    assert before.target == USUAL, "what was scored stands"


def test_a_change_suspends_the_goal_until_it_is_acknowledged_again(small_company: SmallCompany) -> None:
    cycle, one = a_goal(small_company)
    agree(one)
    goal = Goal.objects.get(participant=one, indicator=WHAT)
    change(actor(LEAD), goal, Aim(title="满意度", target=Decimal("4.6")), version=goal.version)
    assert agreed_in(cycle) == {}
    agree(one)
    assert agreed_in(cycle)["KF2"][WHAT].target == Decimal("4.6")


def test_nobody_lowers_the_own_target_by_a_proposal_or_by_dropping_the_goal(small_company: SmallCompany) -> None:
    cycle, one = a_goal(small_company)
    agree(one)
    add(actor("KF2"), [one], [Aim(title="响应", indicator="response_time", target=Decimal(900))], proposed=True)
    follow_up(actor("KF2"), Goal.objects.get(indicator=WHAT), progress=0, state=Goal.State.DROPPED)
    assert {name: goal.target for name, goal in agreed_in(cycle)["KF2"].items()} == {WHAT: HIGHER}


def test_a_goal_is_of_its_period_and_a_curve_that_cannot_take_it_says_so(small_company: SmallCompany) -> None:
    cycle, one = a_goal(small_company)
    agree(one)
    assert {who: dict(goals)[WHAT].target for who, goals in agreed_in(cycle).items()} == {"KF2": HIGHER}
    assert all(
        not person.targets
        for person in people_of(Period(label="2026-11", start=date(2026, 11, 1), end=date(2026, 12, 1)))[1]
    )
    huge = {"KF2": {WHAT: Agreed(target=Decimal("1E+13"), on=date(2026, 10, 2))}}
    found = next(person for person in people_of(OCTOBER, goals=huge)[1] if person.person == "KF2")
    assert (found.targets, [step.rule for step in found.targets_told[WHAT]]) == ({}, ["target.goal", "target.unusable"])


def test_the_form_says_whether_a_goal_counts(small_company: SmallCompany, signed_in: SignIn) -> None:
    _, one = a_goal(small_company)
    client = signed_in(LEAD)
    said = [
        [words in page(client, reverse("review-goal", args=[goal.pk])) for words in ("Counts in the score", "up only")]
        for goal in Goal.objects.filter(participant=one).order_by("position")
    ]
    assert said == [[True, False], [False, True]]
