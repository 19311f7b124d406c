"""What people decide about a result that was computed: points added or taken, a grade set, each with its reason.

A decision never replaces the computation; it stands behind it, in the order in which it was made.
The rules in prose: docs/algorithms/scoring.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Literal

from fenming.rules.grades import Graded
from fenming.rules.trace import Because, step
from fenming.rules.wording import did_you_mean

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision: `points` are added to the total (below 0 they are taken), `grade` replaces the earned one.

    `number` is that of the calibration or appeal that it came from.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    source: Literal["calibration", "appeal"]
    number: int
    reason: str
    points: Decimal | None = None
    grade: str | None = None

    def __post_init__(self) -> None:
        if self.points is None and self.grade is None:
            raise ValueError("A decision without effect: give points, a grade or both.")
        if self.points is not None and not self.points.is_finite():
            raise ValueError(f"points must be a number, got {self.points}.")

    @property
    def zh(self) -> str:
        """What it came from, in Chinese."""
        return {"calibration": "校准", "appeal": "申诉"}[self.source]

    @property
    def en(self) -> str:
        """The same in English."""
        return {"calibration": "Calibration", "appeal": "Appeal"}[self.source]


def decided(total: Decimal | None, decisions: Sequence[Decision]) -> tuple[Decimal | None, tuple[Because, ...]]:
    """The total in points after all decisions, never below 0, and why. Without a total there is nothing to add to."""
    told: list[Because] = []
    for one in decisions:
        if one.points is None:
            continue
        if total is None:
            told.append(step("decision.no_total", "", zh=one.zh, en=one.en, number=one.number, points=one.points))
            continue
        total = max(ZERO, total + one.points)
        told.append(
            step(
                "decision.points", total, zh=one.zh, en=one.en, number=one.number, points=one.points, reason=one.reason
            )
        )
    return total, tuple(told)


def regraded(graded: Graded, decisions: Sequence[Decision], letters: Sequence[str]) -> Graded:
    """The grade after all decisions: the last one that names a grade counts. ValueError for a letter unknown."""
    for one in decisions:
        if one.grade is None:
            continue
        if one.grade not in letters:
            raise ValueError(f"There is no grade {one.grade!r}. {did_you_mean(one.grade, letters)}")
        told = step(
            "decision.grade", one.grade, zh=one.zh, en=one.en, number=one.number, earned=graded.grade or "–",
            reason=one.reason,
        )  # fmt: skip
        graded = Graded(grade=one.grade, because=(*graded.because, told))
    return graded
