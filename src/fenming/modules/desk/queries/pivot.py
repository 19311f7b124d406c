"""An indicator cut along one dimension after the other, over time, beside the time before and group beside group."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from fenming.controls.models import Run
from fenming.controls.scope import Scope
from fenming.drawing import shapes
from fenming.library.facts import fact_type
from fenming.library.indicators import Indicator, indicators
from fenming.modules.desk.queries.cells import Cutter, can_be_cut, dimensions, is_rate
from fenming.modules.indicators.queries import own_indicators, wording
from fenming.modules.people.queries.reach import (
    visible_departments,
    visible_employees,
    visible_regions,
    visible_shops,
    visible_stores,
)
from fenming.rules.comparing import Difference, Part, compare, whole
from fenming.rules.periods import Period, period

MOST_ROWS = 100
MOST_FILTERS = 6
SERIES = 5
SPANS = (1, 3, 6, 12)
VIEWS = ("list", "grid", "periods", "groups")
WEEK = timedelta(days=7)
LINES = ("--brand", "--blue", "--amber", "--violet", "--coral")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is looked at: nothing that does not exist for this visitor."""

    one: Indicator
    by: str
    split: str
    period: Period
    before: Period
    months: int
    only: Mapping[str, str]
    view: str
    a: str
    b: str

    @property
    def rate(self) -> bool:
        return is_rate(self.one)

    @property
    def label(self) -> str:
        return self.period.start.strftime("%Y-%m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What can be asked for."""

    indicators: list[tuple[str, str]]
    months: list[str]
    dimensions: list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One value of the dimension. ``share`` is its part of the sum; ``width`` the length of its bar, in per cent."""

    key: str
    name: str
    value: Decimal | None
    text: str
    share: Decimal | None
    width: Decimal
    before: str
    change: Decimal | None
    change_text: str
    good: bool
    spark: shapes.Spark | None
    cells: list["Cell"]
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A value at one time; ``width`` is its bar, in per cent of the highest of the table."""

    value: Decimal | None
    text: str
    width: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One row of a comparison."""

    name: str
    before: str
    after: str
    change: str
    up: bool
    good: bool
    share: Decimal | None
    width: Decimal
    """Of the bar, in per cent of the largest contribution."""
    difference: Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A filter in force, and the address without it."""

    name: str
    value: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pivot:
    """Everything on the page."""

    asked: Asked
    choices: Choices
    total: str
    total_before: str
    change: str
    up: bool
    good: bool
    groups: list[Group]
    hidden: int
    labels: list[str]
    compared: list[Compared]
    heads: tuple[str, str]
    filters: list[Filter]
    trend: dict[str, Any]
    query: str

    @property
    def name(self) -> str:
        return self.asked.one.name.say(wording.speaking())

    @property
    def title(self) -> str:
        return f"{self.name} · {self.by_name}"

    @property
    def unit(self) -> str:
        return wording.unit_of(self.asked.one)

    @property
    def by_name(self) -> str:
        return dimension_name(self.asked.one, self.asked.by)

    @property
    def split_name(self) -> str:
        return dimension_name(self.asked.one, self.asked.split)

    @property
    def until(self) -> str:
        """The last month, as the address names it."""
        return f"{self.asked.period.end - timedelta(days=1):%Y-%m}"

    @property
    def by_time(self) -> str:
        return f"{self.asked.period.start} – {self.asked.period.end - timedelta(days=1)}"


def pivot(scope: Scope, given: QueryDict) -> Pivot | None:
    """The table that was asked for; None where nothing has been scored or nobody is to be seen."""
    cutter = Cutter(scope)
    known, ends = cuttable(scope), _months(cutter.runs)
    if not known or not ends:
        return None
    return Cutting(cutter=cutter, asked=_asked(given, known, ends), known=known, months=list(ends)).pivot()


def _asked(given: QueryDict, known: Mapping[str, Indicator], ends: Mapping[str, tuple[date, date]]) -> Asked:
    """The valid part of what was asked; what does not exist counts as not given."""
    one = known.get(given.get("indicator", "")) or next(iter(known.values()))
    dims = dimensions(one)
    only = _only(given, dims)
    free = [name for name in dims if name not in only] or dims
    by = given.get("by", "")
    by = by if by in free else _first(free)
    split = given.get("split", "")
    rest = [name for name in free if name != by] or [by]
    months = int(text) if (text := given.get("months", "")) in {str(size) for size in SPANS} else 1
    start, end = ends.get(given.get("period", "")) or next(iter(ends.values()))
    view = given.get("view", "")
    return Asked(
        one=one,
        by=by,
        split=split if split in rest else ("team" if "team" in rest else _first(rest)),
        period=period(_back(start, months - 1), end),
        before=_before(start, end, months),
        months=months,
        only=only,
        view=view if view in VIEWS else "list",
        a=given.get("a", "")[:200],
        b=given.get("b", "")[:200],
    )


def _first(dims: Sequence[str]) -> str:
    """What people ask for first, where the fact has it."""
    return next((name for name in ("shop", "store", "team") if name in dims), dims[0])


def cuttable(scope: Scope) -> dict[str, Indicator]:
    """Those that can be cut, of the departments that the scope sees; all where it sees the company."""
    known = {
        one.id: one for one in {**indicators(), **own_indicators(timezone.localdate())}.values() if can_be_cut(one)
    }
    if not scope.everything:
        codes = set(visible_departments(scope).values_list("code", flat=True))
        known = {name: one for name, one in known.items() if codes & set(one.departments)}
    return dict(sorted(known.items(), key=lambda pair: (pair[1].departments, pair[0])))


def _months(runs: Sequence[Run]) -> dict[str, tuple[date, date]]:
    """The months that were scored, the latest first, each up to where its facts go."""
    found: dict[str, tuple[date, date]] = {}
    for run in runs:
        if run.label not in found and run.start.day == 1 and (run.end - run.start).days < 32:
            until = timezone.localtime(run.until).date() if run.until else run.end
            found[run.label] = (run.start, max(run.start + timedelta(days=1), min(run.end, until)))
    return found


def _back(start: date, months: int) -> date:
    years, month = divmod(start.year * 12 + start.month - 1 - months, 12)
    return date(years, month + 1, 1)


def _before(start: date, end: date, months: int) -> Period:
    """As many months before; of a month that is under way, as many days."""
    first = _back(start, months - 1)
    over = end.day == 1
    last = _back(end, months) if over else min(_back(start, months) + (end - start), first)
    return period(_back(start, 2 * months - 1), last)


def _only(given: QueryDict, dims: Sequence[str]) -> dict[str, str]:
    """``f=store:S1`` as often as wanted; an unknown dimension is left out."""
    pairs = (text.partition(":")[::2] for text in given.getlist("f")[:MOST_FILTERS])
    return {name: value[:200] for name, value in pairs if name in dims}


def dimension_name(one: Indicator, name: str) -> str:
    if name in {"team", "employee"}:
        return {"team": _("Team"), "employee": _("Employee")}[name]
    column = fact_type(one.measure.facts()[0]).all_columns[name]
    return column.words.say(wording.speaking())


@dataclass(slots=True, kw_only=True)
class Names:
    """What the values of a dimension are called, for those that the scope may see by name."""

    scope: Scope
    known: dict[str, dict[str, str]]

    def of(self, dimension: str, value: str) -> str:
        if not value:
            return _("none given")
        if dimension not in self.known:
            self.known[dimension] = self._all(dimension)
        return self.known[dimension].get(value, value)

    def _all(self, dimension: str) -> dict[str, str]:
        places: dict[str, Callable[[Scope], Any]] = {
            "store": visible_stores, "shop": visible_shops, "region": visible_regions,
            "department": visible_departments,
        }  # fmt: skip
        if dimension in places:
            return {one.code: one.name for one in places[dimension](self.scope)}
        if dimension == "employee":
            return dict(visible_employees(self.scope).values_list("number", "name"))
        return {}


class Cutting:
    """The work of one table: two or three cuts of the facts, then only arithmetic."""

    def __init__(self, *, cutter: Cutter, asked: Asked, known: Mapping[str, Indicator], months: list[str]) -> None:
        self.cutter, self.asked, self.one = cutter, asked, asked.one
        self.names = Names(scope=cutter.scope, known={})
        self.known, self.months = known, months

    @cached_property
    def by_day(self) -> dict[str, dict[date, Part]]:
        found: dict[str, dict[date, Part]] = {}
        asked = self.asked
        for (key, day), part in self.cutter.cells(self.one, asked.period, [asked.by, "day"], asked.only).items():
            found.setdefault(key, {})[date.fromisoformat(day)] = part
        return found

    @cached_property
    def now(self) -> dict[str, Part]:
        return {key: whole({str(day): part for day, part in days.items()}) for key, days in self.by_day.items()}

    @cached_property
    def before(self) -> dict[str, Part]:
        asked = self.asked
        return {key: part for (key,), part in self.cutter.cells(self.one, asked.before, [asked.by], asked.only).items()}

    def pivot(self) -> Pivot:
        asked = self.asked
        total, before = self._value(whole(self.now)), self._value(whole(self.before))
        change = None if total is None or before is None else total - before
        order = sorted(self.now, key=lambda key: (self._value(self.now[key]) is None, -self._rank(key), key))
        steps = self._steps()
        groups = self._groups(order[:MOST_ROWS], steps)
        compared, heads = self._compared(order)
        return Pivot(
            asked=asked,
            choices=self._choices(),
            total=wording.quantity(self.one, total, brief=True),
            total_before=wording.quantity(self.one, before, brief=True),
            change=self._distance(change),
            up=bool(change and change > 0),
            good=self._is_good(change),
            groups=groups,
            hidden=max(0, len(order) - MOST_ROWS),
            labels=[label for label, _days in steps],
            compared=compared,
            heads=heads,
            filters=[
                Filter(
                    name=dimension_name(self.one, name),
                    value=self.names.of(name, value),
                    query=self._query(only={key: one for key, one in asked.only.items() if key != name}),
                )
                for name, value in asked.only.items()
            ],
            trend=self._trend(order, steps),
            query=self._query(),
        )

    def _rank(self, key: str) -> Decimal:
        return self._value(self.now[key]) or Decimal(0)

    def _value(self, part: Part) -> Decimal | None:
        return part.value(self.one.scale, rate=self.asked.rate)

    def _steps(self) -> list[tuple[str, set[date]]]:
        """The columns of time: days of one month, weeks of a quarter, months of more."""
        start, days = self.asked.period.start, self.asked.period.days
        every = [start + timedelta(days=offset) for offset in range(days)]
        named: dict[str, set[date]] = {}
        for day in every:
            if self.asked.months == 1:
                label = f"{day.month}/{day.day}"
            elif self.asked.months == 3:
                monday = day - timedelta(days=day.weekday())
                label = f"{monday.month}/{monday.day}"
            else:
                label = f"{day:%Y-%m}"
            named.setdefault(label, set()).add(day)
        return list(named.items())

    def _at(self, key: str, days: set[date]) -> Decimal | None:
        own = self.by_day.get(key, {})
        return self._value(whole({str(day): own[day] for day in days & own.keys()}))

    def _groups(self, keys: Sequence[str], steps: Sequence[tuple[str, set[date]]]) -> list[Group]:
        known = [value for key in keys if (value := self._value(self.now[key])) is not None]
        most = max([abs(value) for value in known], default=Decimal(0)) or Decimal(1)
        total = whole(self.now).numerator
        table = {key: [self._at(key, days) for _label, days in steps] for key in keys}
        peak = max([abs(one) for row in table.values() for one in row if one is not None], default=Decimal(0))
        return [self._group(key, table[key], most, peak or Decimal(1), total) for key in keys]

    def _group(
        self, key: str, row: Sequence[Decimal | None], most: Decimal, peak: Decimal, total: Decimal | None
    ) -> Group:
        part, asked = self.now[key], self.asked
        value = self._value(part)
        before = self._value(self.before.get(key, Part()))
        change = None if value is None or before is None else value - before
        sums = not asked.rate and total and part.numerator is not None
        return Group(
            key=key,
            name=self.names.of(asked.by, key),
            value=value,
            text=wording.quantity(self.one, value, brief=True),
            share=part.numerator / total * 100 if sums and total and part.numerator is not None else None,
            width=Decimal(0) if value is None else abs(value) / most * 100,
            before=wording.quantity(self.one, before, brief=True),
            change=change,
            change_text=self._distance(change),
            good=self._is_good(change),
            spark=shapes.spark(row) if sum(one is not None for one in row) > 1 else None,
            cells=[
                Cell(
                    value=one,
                    text=wording.figure(self.one, one, brief=True),
                    width=Decimal(0) if one is None else abs(one) / peak * 100,
                )
                for one in row
            ],
            query=self._query(only={**asked.only, asked.by: key}, by="", a="", b="") if key else "",
        )

    def _is_good(self, change: Decimal | None) -> bool:
        return change is None or (change >= 0) == (self.one.direction == "higher")

    def _distance(self, change: Decimal | None) -> str:
        """A difference as people say it: percentage points, money, seconds."""
        if change is None:
            return ""
        number = wording.figure(self.one, abs(change), brief=True)
        if not any(digit in "123456789" for digit in number):
            return ""
        if self.one.percent:
            return _("%(points)s pp") % {"points": number}
        return wording.quantity(self.one, abs(change), brief=True)

    def _compared(self, order: Sequence[str]) -> tuple[list[Compared], tuple[str, str]]:
        asked = self.asked
        if asked.view == "periods":
            heads = (f"{asked.before.start} – {asked.before.end - timedelta(days=1)}", self._span())
            return self._rows(asked.by, compare(self.before, self.now, scale=self.one.scale, rate=asked.rate)), heads
        if asked.view == "groups" and order:
            first = asked.a if asked.a in self.now else order[0]
            other = asked.b if asked.b in self.now else next((key for key in order if key != first), first)
            sides = [self._side(first), self._side(other)]
            found = compare(sides[0], sides[1], scale=self.one.scale, rate=asked.rate)
            return self._rows(asked.split, found), (self.names.of(asked.by, first), self.names.of(asked.by, other))
        return [], ("", "")

    def _side(self, value: str) -> dict[str, Part]:
        asked = self.asked
        only = {**asked.only, asked.by: value}
        return {key: part for (key,), part in self.cutter.cells(self.one, asked.period, [asked.split], only).items()}

    def _span(self) -> str:
        return f"{self.asked.period.start} – {self.asked.period.end - timedelta(days=1)}"

    def _rows(self, dimension: str, found: Mapping[str, Difference]) -> list[Compared]:
        order = sorted(found, key=lambda key: (-abs(found[key].contribution), key))[:MOST_ROWS]
        most = max([abs(one.contribution) for one in found.values()], default=Decimal(0)) or Decimal(1)
        return [self._row(dimension, key, found[key], most) for key in order]

    def _row(self, dimension: str, key: str, one: Difference, most: Decimal) -> Compared:
        return Compared(
            name=self.names.of(dimension, key),
            before=wording.quantity(self.one, one.before, brief=True),
            after=wording.quantity(self.one, one.after, brief=True),
            change=self._distance(one.change),
            up=bool(one.change and one.change > 0),
            good=self._is_good(one.change),
            share=None if one.share is None else one.share * 100,
            width=abs(one.contribution) / most * 100,
            difference=one,
        )

    def _choices(self) -> Choices:
        speaking = wording.speaking()
        free = [name for name in dimensions(self.one) if name not in self.asked.only]
        return Choices(
            indicators=[(name, one.name.say(speaking)) for name, one in self.known.items()],
            months=self.months,
            dimensions=[(name, dimension_name(self.one, name)) for name in free],
        )

    def _trend(self, order: Sequence[str], steps: Sequence[tuple[str, set[date]]]) -> dict[str, Any]:
        """The largest groups over time, beside all together."""
        if len(steps) < 2 or not order:
            return {}
        size = self.one.digits + (0 if self.one.percent else 2)
        factor = 100 if self.one.percent else 1

        def drawn(value: Decimal | None) -> float | None:
            return None if value is None else round(float(value * factor), size)

        keys = sorted(order, key=lambda key: -(self.now[key].denominator or self.now[key].numerator or 0))[:SERIES]
        series = [
            {
                "name": self.names.of(self.asked.by, key),
                "color": color,
                "values": [drawn(self._at(key, days)) for _label, days in steps],
            }
            for key, color in zip(keys, LINES, strict=False)
        ]
        return {
            "labels": [label for label, _days in steps],
            "digits": self.one.digits,
            "unit": "%" if self.one.percent else "",
            "series": series,
        }

    def _query(self, **changes: Any) -> str:
        """The address of this table, or of one that differs."""
        asked = self.asked
        only = changes.pop("only", asked.only)
        given = QueryDict(mutable=True)
        values = {
            "indicator": asked.one.id, "by": asked.by, "period": self._label(), "months": str(asked.months),
            "view": asked.view, "split": asked.split if asked.view == "groups" else "", "a": asked.a, "b": asked.b,
        }  # fmt: skip
        for name, value in {**values, **changes}.items():
            if value:
                given[name] = value
        given.setlist("f", [f"{name}:{value}" for name, value in only.items()])
        return given.urlencode()

    def _label(self) -> str:
        last = self.asked.period.end - timedelta(days=1)
        return f"{last:%Y-%m}"
