"""The phone page: where somebody stands in the period, how it came about, and what would gain most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fenming.controls.models import Run
from fenming.controls.scope import Scope
from fenming.drawing import shapes
from fenming.modules.cycles.operations.tasks import todo_key
from fenming.modules.cycles.queries.corrected import Corrected, corrected_later
from fenming.modules.cycles.queries.gains import Tip, present, tips
from fenming.modules.cycles.queries.score import Line, Score, score_of
from fenming.modules.cycles.queries.shown import recognitions, shows_rank, to_dos
from fenming.modules.desk.queries.board import chosen_run
from fenming.modules.indicators.queries import wording
from fenming.modules.messages.queries import news
from fenming.modules.people.queries.calendar import is_working_day, special_days
from fenming.modules.schemes.queries import own_scorecards, pinned, results_of
from fenming.rules import curves, forecast
from fenming.rules.forecast import Pace
from fenming.rules.grades import Bands, Grading, Quota

HUNDRED = Decimal(100)
NEARLY = 90
HISTORY = 12
MOST_NEWS = 20
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
class Place:
    """As much of one's place among the others as the plan shows: the rank, the third, or nothing."""

    rank: int | None = None
    people: int = 0
    moved: int = 0
    third: str = ""
    columns: Sequence[shapes.Column] = ()
    low: int = 0
    high: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Where the period is heading: the total at its end, or that it is too early to say."""

    total: Decimal | None = None
    grade: str = ""
    too_early: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToDo:
    """Something to do, or a message not read yet."""

    title: str
    note: str
    url: str
    due: date | None
    is_late: bool
    is_message: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Totals and grades of the periods so far, oldest first, and a line through them."""

    periods: list[tuple[str, str, Decimal | None, str]]
    line: shapes.Spark


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Everything on the page."""

    score: Score
    run: Run
    runs: Sequence[Run]
    place: Place
    pace: Pace
    running: bool
    outlook: Outlook | None
    goals: list[Goal]
    next: Next | None
    segments: list[shapes.Segment]
    tips: list[Tip]
    to_dos: list[ToDo]
    history: History | None
    thanks: Sequence[Any]
    corrected: Sequence[Corrected]

    @property
    def passed(self) -> Decimal:
        return self.pace.share * HUNDRED

    @property
    def periods(self) -> list[tuple[str, str, bool]]:
        """(label, name, whether it is shown), for the menu."""
        return [(one.label, wording.period_name(one), one.pk == self.run.pk) for one in self.runs]


def me(employee: int, given: QueryDict, *, user: int | None = None) -> Me | None:
    """One's own page for the period asked for, else the newest with a scorecard; None when there is none at all."""
    cards = own_scorecards(employee)
    mine = _runs(cards)
    run = chosen_run(mine, given)
    if run is None:
        return None
    card = cards[run.pk]
    score = score_of(card, run, Scope(employees=frozenset({card.employee_id})))
    results = results_of(run, card.department_id)
    pace, own = _paces(run, card)
    lines = present(score.lines)
    shown = shows_rank(card.department_id, run.start, run.end)
    return Me(
        score=score,
        run=run,
        runs=mine,
        place=_place(card, shown, [total for total, _grade in results], _moved(card, run, mine, cards)),
        pace=pace,
        running=run.kind == Run.Kind.LIVE,
        outlook=_outlook(score, lines, pace, own) if run.kind == Run.Kind.LIVE else None,
        goals=[_goal(line, own) for line in lines],
        next=_next(score, results, by_rank=shown == "rank"),
        segments=shapes.split(
            [(line.earned, line.tone) for line in score.lines],
            of=max(HUNDRED, sum((line.earned or Decimal(0) for line in score.lines), Decimal(0))),
        ),
        tips=tips(lines),
        to_dos=_to_dos(employee, user),
        history=_history([cards[one.pk] for one in mine], mine),
        thanks=recognitions(employee, run.start, run.end),
        corrected=corrected_later(employee, run),
    )


def _runs(cards: Mapping[int, Card]) -> list[Run]:
    """The run that speaks for each period: the newest; the latest period first."""
    newest: dict[tuple[date, date], Run] = {}
    for one in sorted((card.run for card in cards.values()), key=lambda run: (run.start, run.pk)):
        if one.kind != Run.Kind.ADJUST:
            newest[one.start, one.end] = one
    return list(reversed(newest.values()))


def _paces(run: Run, card: Card) -> tuple[Pace, Pace]:
    """How many working days of the period the facts cover, and of the time in the present post."""
    until = timezone.localtime(run.until).date() if run.until else run.end
    stays = pinned.person_of(pinned.inputs_of(run), card.employee.number).stays
    special = special_days(run.start, run.end) if run.until else {}  # of a whole period every day has passed

    def pace(start: date, end: date) -> Pace:
        days = [start + timedelta(days=offset) for offset in range((end - start).days)]
        worked = [day for day in days if is_working_day(day, special)]
        return Pace(passed=sum(day < until for day in worked), of=len(worked))

    return pace(run.start, run.end), pace(stays[-1].start, stays[-1].end) if stays else pace(run.start, run.end)


def _place(card: Card, shown: str, totals: Sequence[Decimal], moved: int) -> Place:
    """A rank and how everybody's totals spread, only the third, or nothing at all."""
    if card.rank is None or shown not in {"rank", "band"}:
        return Place()
    if shown == "band":
        names = (_("top third"), _("middle third"), _("last third"))
        return Place(third=names[min(2, (card.rank - 1) * 3 // max(1, len(totals)))])
    low, high = _range(totals)
    columns = shapes.histogram(totals, card.total, low, high) if totals else []
    return Place(rank=card.rank, people=len(totals), moved=moved, columns=columns, low=low, high=high)


def _outlook(score: Score, lines: Sequence[Line], pace: Pace, own: Pace) -> Outlook | None:
    """The forecast of the end; none where a person has to decide, or a veto has."""
    now = score.card.total
    if now is None or "total.vetoed" in {step[0] for step in score.card.because}:
        return None
    growing = [
        forecast.Growing(
            value=line.value, score=line.score, worth=line.weight * line.share, curve=line.item.curve, pace=own
        )
        for line in lines
        if wording.adds_up(line.indicator) and line.value is not None and line.score is not None
    ]
    end = forecast.total(now, growing, pace)
    if end is None:
        return Outlook(too_early=True)
    quota = "grade.quota" in {step[0] for step in score.card.because}
    grade = next((band.grade for band in _bands(score.scheme.grades).bands if end >= band.at_least), "")
    return Outlook(total=end, grade="" if quota else grade)


def _to_dos(employee: int, user: int | None) -> list[ToDo]:
    """The tasks of the cycle, each with the page of its message, then the other open to-dos and unread messages."""
    messages = news(user, MOST_NEWS) if user is not None else []
    pages = {(one.topic, one.subject_key): one for one in messages if one.is_todo}
    today = timezone.localdate()
    found = []
    for task in to_dos(employee):
        message = pages.pop((task.topic, todo_key(task.step)), None)
        found.append(
            ToDo(
                title=f"{task.name} · {task.period}",
                note=ngettext("%(count)s to do", "%(count)s to do", task.count) % {"count": task.count},
                url=_opens(message),
                due=task.due,
                is_late=task.due < today,
            )
        )
    others = [one for one in messages if not one.is_todo or (one.topic, one.subject_key) in pages]
    return found + [
        ToDo(
            title=one.title.say(wording.speaking()), note="", url=_opens(one), due=one.due, is_late=one.is_overdue,
            is_message=not one.is_todo,
        )
        for one in others
    ]  # fmt: skip


def _opens(message: Any) -> str:
    """A message is read by opening it; that leads on to its page."""
    return reverse("inbox-open", args=[message.pk]) if message is not None else reverse("inbox")


def _history(cards: Sequence[Card], runs: Sequence[Run]) -> History | None:
    """One period alone is no history."""
    rows = [
        (run.label, wording.period_name(run), card.total, card.grade)
        for card, run in reversed(list(zip(cards[:HISTORY], runs[:HISTORY], strict=True)))
    ]
    if len(rows) < 2:
        return None
    return History(periods=rows, line=shapes.spark([total for _l, _n, total, _g in rows], 300, 56, 6))


def _moved(card: Card, run: Run, mine: Sequence[Run], cards: Mapping[int, Card]) -> int:
    before = pinned.span_of(run).previous()
    previous = next((cards[one.pk] for one in mine if (one.start, one.end) == (before.start, before.end)), None)
    if previous is None or previous.department_id != card.department_id or not (previous.rank and card.rank):
        return 0
    return int(previous.rank) - int(card.rank)


def _goal(line: Line, pace: Pace) -> Goal:
    one, better = line.indicator, line.item.curve.better
    length = wording.attained(line.value, line.target, better)
    note = _("target %(target)s") % {"target": line.goal} if line.goal else ""
    if line.value is None:
        return Goal(
            line=line, icon=wording.icon_of(one), tone="slate", state=_("left out"), length=None, mark=None,
            note=line.shown,
        )  # fmt: skip
    if wording.adds_up(one) and line.target and not pace.is_over:
        tone, state = _pace(line.value, line.target, pace.due(line.target), better)
        mark = pace.share * HUNDRED if better == "higher" else None
        if better == "lower" or line.value < line.target:
            due = wording.quantity(one, pace.due(line.target), brief=True)
            note = f"{note} · " + (_("by today %(due)s") if better == "higher" else _("by today ≤ %(due)s")) % {
                "due": due
            }
        return Goal(line=line, icon=wording.icon_of(one), tone=tone, state=state, length=length, mark=mark, note=note)
    tone, state = _standing(length, line.score)
    return Goal(line=line, icon=wording.icon_of(one), tone=tone, state=state, length=length, mark=None, note=note)


def _pace(value: Decimal, target: Decimal, due: Decimal, better: curves.Better) -> tuple[str, str]:
    if better == "lower":
        if value > target:
            return "coral", _("over the limit")
        return ("brand", _("on course")) if value <= due else ("amber", _("faster than the days"))
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


def _next(score: Score, results: Sequence[tuple[Decimal, str]], *, by_rank: bool) -> Next | None:
    """The next better grade: by its band, or under a quota by passing the last who has it, if places are shown."""
    total, grade, grading = score.card.total, score.card.grade, score.scheme.grades
    letters = grading.grades
    if total is None or grade not in letters or grade == letters[0]:
        return None
    if "grade.quota" in {step[0] for step in score.card.because}:
        return _next_by_rank(total, letters[: letters.index(grade)], results) if by_rank else None
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
