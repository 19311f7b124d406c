"""From totals to grades: by bands, or by ranked quota. The rules in prose: docs/algorithms/scoring.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, pairwise
from typing import Any, ClassVar, Literal

from fenming.rules.curves import STRICT
from fenming.rules.money import split_whole, total, whole_weights
from fenming.rules.trace import Because, step
from fenming.rules.wording import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Totals from `at_least` on (reached counts) earn `grade`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    grade: str
    at_least: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """Grades by total, best first; the lowest band starts at 0, so that everyone with a total has a grade."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    kind: Literal["bands"] = "bands"
    bands: tuple[Band, ...]

    def __post_init__(self) -> None:
        if not self.bands or self.bands[-1].at_least != 0:
            raise ValueError("bands: the last band must have at_least 0, so that everyone gets a grade.")
        for better, worse in pairwise(self.bands):
            if worse.at_least >= better.at_least:
                raise ValueError(
                    f"bands: list the best grade first; {worse.grade} ({worse.at_least}) must start below "
                    f"{better.grade} ({better.at_least})."
                )
        if len(set(self.grades)) < len(self.bands):
            raise ValueError(f"bands: a grade appears twice in {', '.join(self.grades)}; keep one of the two.")

    @property
    def grades(self) -> tuple[str, ...]:
        """The letters, best first."""
        return tuple(band.grade for band in self.bands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """强制分布: grade → share of the group, best first, summing to 1.

    The numbers of places come by largest remainder. Tied people are never split: all get the better grade, at
    the cost of the places below. Groups smaller than `small_group` are excused and graded by `otherwise`.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    kind: Literal["quota"] = "quota"
    shares: Mapping[str, Decimal]
    otherwise: Bands
    small_group: int = 10

    def __post_init__(self) -> None:
        if any(share < 0 for share in self.shares.values()) or total(self.shares.values()) != 1:
            raise ValueError(f"shares must be 0 or more and sum to 1, they sum to {total(self.shares.values())}.")
        for grade in self.otherwise.grades:
            if grade not in self.shares:
                raise ValueError(f"otherwise: grade {grade!r} has no share. {did_you_mean(grade, self.shares)}")

    @property
    def grades(self) -> tuple[str, ...]:
        """The letters, best first."""
        return tuple(self.shares)


Grading = Bands | Quota


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """A grade, or None for who has no total, and why."""

    grade: str | None
    because: tuple[Because, ...]


def ranks(totals: Mapping[str, Decimal | None]) -> dict[str, int | None]:
    """Competition ranking (1, 1, 3), the highest total first; None for who has no total. Keeps the order of keys."""
    first: dict[Decimal, int] = {}
    present = sorted((value for value in totals.values() if value is not None), reverse=True)
    for place, value in enumerate(present, start=1):
        first.setdefault(value, place)
    return {person: None if value is None else first[value] for person, value in totals.items()}


def grade(
    rule: Grading, totals: Mapping[str, Decimal | None], *, at_best: Mapping[str, str] | None = None
) -> dict[str, Graded]:
    """person → grade for one calibration group.

    totals: person → total in points, or None (ungraded and not counted in quotas). at_best: person → the best
    grade a veto allows; it only ever lowers. ValueError for a letter in at_best that the rule does not know.
    """
    limits = at_best or {}
    for letter in limits.values():
        if letter not in rule.grades:
            raise ValueError(f"There is no grade {letter!r}. {did_you_mean(letter, rule.grades)}")
    return {
        person: _limited(graded, limits.get(person), rule.grades) for person, graded in _by_rule(rule, totals).items()
    }


def _by_rule(rule: Grading, totals: Mapping[str, Decimal | None]) -> dict[str, Graded]:
    if isinstance(rule, Bands):
        return {person: _by_band(rule, value) for person, value in totals.items()}
    group = sum(value is not None for value in totals.values())
    if group < rule.small_group:
        excused = step("grade.small_group", "", group=group, small_group=rule.small_group)
        return {person: _with(excused, _by_band(rule.otherwise, value)) for person, value in totals.items()}
    return _by_quota(rule, totals, group)


def _by_band(rule: Bands, value: Decimal | None) -> Graded:
    if value is None:
        return Graded(grade=None, because=(step("grade.none", ""),))
    # Totals are never below 0, but a caller's own might be: they get the lowest grade.
    band = next((band for band in rule.bands if value >= band.at_least), rule.bands[-1])
    return Graded(grade=band.grade, because=(step("grade.band", band.grade, total=value, at_least=band.at_least),))


def _by_quota(rule: Quota, totals: Mapping[str, Decimal | None], group: int) -> dict[str, Graded]:
    places = split_whole(group, whole_weights(rule.shares))
    upto = dict(zip(rule.shares, accumulate(places[letter] for letter in rule.shares), strict=True))
    graded: dict[str, Graded] = {}
    for person, rank in ranks(totals).items():
        if rank is None:
            graded[person] = Graded(grade=None, because=(step("grade.none", ""),))
            continue
        letter = next(letter for letter, last in upto.items() if rank <= last)
        told = step("grade.quota", letter, rank=rank, group=group, places=places[letter], share=rule.shares[letter])
        graded[person] = Graded(grade=letter, because=(told,))
    return graded


def _limited(graded: Graded, best: str | None, letters: tuple[str, ...]) -> Graded:
    if graded.grade is None or best is None or letters.index(graded.grade) >= letters.index(best):
        return graded
    told = step("grade.vetoed", best, earned=graded.grade)
    return Graded(grade=best, because=(*graded.because, told))


def _with(told: Because, graded: Graded) -> Graded:
    return Graded(grade=graded.grade, because=(told, *graded.because))
