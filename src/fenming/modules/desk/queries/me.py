"""The phone page: where somebody stands in the period, how it came about, and what would gain most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from fenming.controls.models import Run
from fenming.controls.queries import runs
from fenming.drawing import shapes
from fenming.library.indicators import Indicator
from fenming.modules.desk.queries import pinned, wording
from fenming.modules.desk.queries.board import chosen_run
from fenming.modules.desk.queries.score import Line, Score, score_of
from fenming.modules.schemes.queries import own_scorecards, results_of
from fenming.rules import curves
from fenming.rules.grades import Bands, Grading, Quota

HUNDRED = Decimal(100)
TIPS = 3
LEAST_GAIN = Decimal("0.05")
NEARLY = 90
Card = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """An indicator on its way: ``length`` and ``mark`` in per cent of the bar."""

    line: Line
    icon: str
    tone: str
    state: str
    length: Decimal | None
    mark: Decimal | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What is missing to the next better grade."""

    grade: str
    points: Decimal
    by_rank: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """What one indicator would gain at its next mark."""

    line: Line
    text: str
    note: str
    gain: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Everything on the page."""

    score: Score
    run: Run
    runs: Sequence[Run]
    people: int
    moved: int
    passed: Decimal
    running: bool
    goals: list[Goal]
    next: Next | None
    segments: list[shapes.Segment]
    columns: list[shapes.Column]
    low: int
    high: int
    tips: list[Tip]

    @property
    def periods(self) -> list[tuple[str, str, bool]]:
        """(label, name, whether it is shown), for the menu."""
        return [(one.label, wording.period_name(one), one.pk == self.run.pk) for one in self.runs]


def me(employee: int, given: QueryDict) -> Me | None:
    """One's own page for the period asked for, else the newest with a scorecard; None when there is none at all."""
    known = runs()
    cards = own_scorecards(employee, known)
    mine = [run for run in known if run.pk in cards]
    run = chosen_run(mine, given)
    if run is None:
        return None
    card = cards[run.pk]
    score = score_of(card, run)
    results = results_of(run, card.department_id)
    totals = [total for total, _grade in results]
    low, high = _range(totals)
    passed = _passed(run)
    return Me(
        score=score,
        run=run,
        runs=mine,
        people=len(totals),
        moved=_moved(card, run, mine, cards),
        passed=passed * HUNDRED,
        running=run.kind == Run.Kind.LIVE,
        goals=[_goal(line, passed) for line in _now(score.lines)],
        next=_next(score, results),
        segments=shapes.split(
            [(line.earned, line.tone) for line in score.lines],
            of=max(HUNDRED, sum((line.earned or Decimal(0) for line in score.lines), Decimal(0))),
        ),
        columns=shapes.histogram(totals, card.total, low, high) if totals else [],
        low=low,
        high=high,
        tips=_tips(_now(score.lines)),
    )


def _now(lines: Sequence[Line]) -> list[Line]:
    """The lines of the present post: after a move those of the last stay."""
    last = max((line.span for line in lines), default=0)
    return [line for line in lines if line.span == last]


def _moved(card: Card, run: Run, mine: Sequence[Run], cards: Mapping[int, Card]) -> int:
    before = pinned.span_of(run).previous()
    previous = next((cards[one.pk] for one in mine if (one.start, one.end) == (before.start, before.end)), None)
    if previous is None or previous.department_id != card.department_id or not (previous.rank and card.rank):
        return 0
    return int(previous.rank) - int(card.rank)


def _passed(run: Run) -> Decimal:
    """The share of the period that the facts cover."""
    if run.until is None:
        return Decimal(1)
    return pinned.span_of(run).passed(timezone.localtime(run.until).date())


def _goal(line: Line, passed: Decimal) -> Goal:
    one, better = line.indicator, line.item.curve.better
    length = wording.attained(line.value, line.target, better)
    growing = wording.adds_up(one) and better == "higher" and passed < 1
    note = _("target %(target)s") % {"target": line.goal} if line.goal else ""
    if line.value is None:
        return Goal(
            line=line, icon=wording.icon_of(one), tone="slate", state=_("left out"), length=None, mark=None,
            note=line.shown,
        )  # fmt: skip
    if growing and line.target:
        due = line.target * passed
        tone, state = _pace(line.value, line.target, due)
        share = (passed * HUNDRED).quantize(Decimal(1), ROUND_HALF_UP)
        if line.value < line.target:
            note = f"{note} · " + _("should be at %(share)s%%") % {"share": share}
        mark = passed * HUNDRED
        return Goal(line=line, icon=wording.icon_of(one), tone=tone, state=state, length=length, mark=mark, note=note)
    tone, state = _standing(length, line.score)
    return Goal(line=line, icon=wording.icon_of(one), tone=tone, state=state, length=length, mark=None, note=note)


def _pace(value: Decimal, target: Decimal, due: Decimal) -> tuple[str, str]:
    if value >= target:
        return "brand", _("reached")
    if value >= due:
        return "brand", _("ahead")
    return ("amber", _("a little behind")) if value >= due * NEARLY / HUNDRED else ("coral", _("behind"))


def _standing(length: Decimal | None, score: Decimal | None) -> tuple[str, str]:
    if length is None:
        return "slate", ""
    if length >= HUNDRED:
        return "brand", _("reached")
    return ("amber", _("close")) if score is not None and score >= NEARLY else ("coral", _("below target"))


def _range(totals: Sequence[Decimal]) -> tuple[int, int]:
    """Tens around all totals, for the axis."""
    if not totals:
        return 0, 100
    low, high = int(min(totals) // 10) * 10, int(max(totals) // 10) * 10 + 10
    return low, high


def _next(score: Score, results: Sequence[tuple[Decimal, str]]) -> Next | None:
    """The next better grade: by its band, or under a quota by passing the last who has it now."""
    total, grade, grading = score.card.total, score.card.grade, score.scheme.grades
    letters = grading.grades
    if total is None or grade not in letters or grade == letters[0]:
        return None
    if "grade.quota" in {step[0] for step in score.card.because}:
        return _next_by_rank(total, letters[: letters.index(grade)], results)
    bands = _bands(grading)
    better = [band for band in bands.bands if band.at_least > total]
    if not better:
        return None
    return Next(grade=better[-1].grade, points=better[-1].at_least - total, by_rank=False)


def _bands(grading: Grading) -> Bands:
    return grading.otherwise if isinstance(grading, Quota) else grading


def _next_by_rank(total: Decimal, better: Sequence[str], results: Sequence[tuple[Decimal, str]]) -> Next | None:
    for grade in reversed(better):
        held = [one for one, letter in results if letter == grade]
        if held:
            return Next(grade=grade, points=min(held) - total, by_rank=True)
    return None


def _tips(lines: Sequence[Line]) -> list[Tip]:
    """The next mark of each indicator, scored anew: its target, or the stretch where the target is reached."""
    found = [tip for line in lines if (tip := _tip(line))]
    return sorted(found, key=lambda tip: -tip.gain)[:TIPS]


def _tip(line: Line) -> Tip | None:
    curve = line.item.curve
    if line.value is None or line.score is None or isinstance(curve, curves.Rank):
        return None
    marks = [line.target, getattr(curve, "stretch", None)]
    for mark, note in zip(marks, (_("at the target %(mark)s"), _("at the stretch %(mark)s")), strict=True):
        if mark is None:
            continue
        gain = line.weight * (curves.score(curve, mark).score - line.score) / HUNDRED * line.share
        if gain >= LEAST_GAIN:
            sign = "≤ " if curve.better == "lower" else ""
            shown = sign + wording.mark(line.indicator, mark)
            return Tip(line=line, text=_step_to(line, mark), note=note % {"mark": shown}, gain=gain)
    return None


def _step_to(line: Line, mark: Decimal) -> str:
    """How far it is, in words: 平均响应时间再快 5 秒."""
    one = line.indicator
    assert line.value is not None  # noqa: S101 - a tip has a value
    away = _upwards(one, abs(mark - line.value))
    if one.percent:
        far = _("%(points)s percentage points") % {"points": wording.figure(one, away)}
    else:
        far = wording.quantity(one, away, brief=True)
    name = {"name": line.name, "far": far}
    if line.item.curve.better == "higher":
        return _("%(name)s: %(far)s more") % name
    if one.unit.en in {"s", "days"}:
        return _("%(name)s: %(far)s faster") % name
    return _("%(name)s: %(far)s less") % name


def _upwards(one: Indicator, away: Decimal) -> Decimal:
    """Rounded up: the step that is shown is enough."""
    return away.quantize(Decimal(1).scaleb(-one.digits - (2 if one.percent else 0)), ROUND_CEILING)
