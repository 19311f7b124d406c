"""What came of an appeal, and what stands beside it: the new result, the rules, what was rated and calibrated."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef

from fenming.controls.models import Run, Work
from fenming.controls.queries import work as work_of
from fenming.controls.scope import Scope
from fenming.library.indicators import Indicator
from fenming.library.schemes import Item, Scheme
from fenming.modules.bonus.queries import amount_of
from fenming.modules.bonus.queries.adjustments import adjustments
from fenming.modules.cycles.models import Appeal, Calibration, Interview, Letter, Participant, Rating, Review
from fenming.modules.cycles.queries.appeals import result_in, told, told_card
from fenming.modules.cycles.queries.reach import in_reach
from fenming.modules.indicators.queries import wording
from fenming.modules.schemes.queries import pinned
from fenming.modules.schemes.queries.again import pinned_inputs
from fenming.rules.curves import target_of
from fenming.rules.grades import Bands, Grading, Quota
from fenming.rules.trace import plain

Card = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A result as it was told, or as it is after an appeal."""

    total: Decimal | None
    grade: str
    bonus: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplement:
    """What an appeal made of a result. ``difference`` is what the next close pays, where the period was closed."""

    was: Result
    now: Result | None
    run: Run
    difference: Decimal | None
    paid_in: Run | None
    paid_apart: bool
    because: list[str]


def pays(pay: Scope) -> Exists:
    """Of each appeal, whether who may see the pay of ``pay`` may see that of its result."""
    return Exists(Participant.objects.filter(in_reach(pay), pk=OuterRef("participant")))


def supplement(appeal: Appeal, was: Result | None = None, *, pays: bool) -> Supplement | None:
    """The new result of an upheld appeal beside the one that was told (``was``); None while there is none.

    Without ``pays`` it names no amount.
    """
    if appeal.run is None or appeal.answered_at is None:
        return None
    employee = appeal.participant.employee_id
    before = told(appeal) if was is None else None
    was = was or (_result(before, before.run, pays) if before else Result(total=None, grade="", bonus=None))
    after = result_in(appeal.run, employee)
    mine = adjustments(Scope(employees=frozenset({employee}))).filter(run=appeal.run, employee=employee)
    made_good = mine.first() if appeal.run.kind == Run.Kind.ADJUST else None
    return Supplement(
        was=was,
        now=_result(after, appeal.run, pays) if after else None,
        run=appeal.run,
        difference=made_good.amount if made_good and pays else None,
        paid_in=made_good.settled_in if made_good else None,
        paid_apart=bool(made_good and made_good.ended),
        because=wording.told(after.because, pinned.definitions_of(appeal.run)) if after else [],
    )


def _result(card: Card, run: Run, pays: bool) -> Result:
    amount = amount_of(run, card.employee_id, Scope.all()) if pays else None
    return Result(total=card.total, grade=card.grade, bonus=amount.amount if amount else None)


# The rules that hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One indicator of the scheme, in words."""

    indicator: Indicator
    item: Item
    weight: Decimal
    goal: str

    @property
    def name(self) -> str:
        return self.indicator.name.say(wording.speaking())

    @property
    def about(self) -> str:
        return self.indicator.about.say(wording.speaking())

    @property
    def formula(self) -> str:
        return self.indicator.formula.say(wording.speaking())

    @property
    def basis(self) -> str:
        return self.item.basis.say(wording.speaking())


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The scheme under which a result came about."""

    scheme: Scheme
    rules: list[Rule]
    grades: list[tuple[str, str]]
    by_rank: bool
    card: Card

    @property
    def name(self) -> str:
        return self.scheme.name.say(wording.speaking())

    @property
    def about(self) -> str:
        return self.scheme.about.say(wording.speaking())


def rules_of(place: Participant) -> Rules | None:
    """The scheme by which somebody was scored in a cycle, as the run pinned it."""
    letter = Letter.objects.filter(participant=place).first()
    card = told_card(place, letter)
    if card is None:
        return None
    inputs = pinned_inputs(card.run)
    scheme = pinned.scheme_of(inputs, card.scheme)
    definitions = inputs.definitions()
    rules = [
        Rule(
            indicator=definitions[one.indicator],
            item=one,
            weight=one.weight,
            goal=wording.goal(definitions[one.indicator], target_of(one.curve), one.curve.better),
        )
        for one in scheme.items
    ]
    return Rules(
        scheme=scheme, rules=rules, grades=_grades(scheme.grades), by_rank=isinstance(scheme.grades, Quota), card=card
    )


def _grades(grading: Grading) -> list[tuple[str, str]]:
    """Grade → from how many points on, or how large a share of the group."""
    if isinstance(grading, Bands):
        return [(one.grade, f"≥ {plain(one.at_least)}") for one in grading.bands]
    return [(grade, f"{plain(share * 100)}%") for grade, share in grading.shares.items()]


# What stands beside it


def ratings_of(appeal: Appeal, rater: int) -> Sequence[Rating]:
    """What the rater gave the person in the review handed in."""
    rows = Rating.objects.filter(
        review__participant=appeal.participant, review__kind=Review.Kind.MANAGER, review__submitted_at__isnull=False,
        review__author__employee=rater,
    )  # fmt: skip
    return list(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """What the house keeps beside an appeal: the evidence for which the employer answers."""

    letter: Letter | None
    interview: Interview | None
    reviews: Sequence[Review]
    calibrations: Sequence[Calibration]


def papers(appeal: Appeal) -> Papers:
    """Letter, interview, reviews with their ratings, calibrations."""
    place = appeal.participant
    return Papers(
        letter=getattr(place, "letter", None),
        interview=getattr(place, "interview", None),
        reviews=list(
            Review.objects.filter(participant=place, submitted_at__isnull=False)
            .select_related("author__employee").prefetch_related("ratings")
        ),
        calibrations=list(Calibration.objects.filter(participant=place).select_related("author__employee")),
    )  # fmt: skip


def work_behind(appeal: Appeal) -> Work | None:
    """The background work that gives a decision its effect, while the answer has not gone out."""
    return work_of(appeal.work) if appeal.work and appeal.answered_at is None else None
