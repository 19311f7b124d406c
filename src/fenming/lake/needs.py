"""What an indicator needs of its facts: named aggregates, and arithmetic over them for `rules/` to divide.

Every kind of measure is lowered here to one small vocabulary, so that the compiler knows four shapes and no kinds.
"""

import re
from dataclasses import dataclass, replace
from functools import cache, singledispatch

from fenming.lake import expressions
from fenming.lake.arithmetic import arithmetic
from fenming.lake.schema import literal
from fenming.library import indicators as library
from fenming.library.indicators import Condition, Indicator, Measure, Measured, Over, Window
from fenming.library.text import refuse
from fenming.rules.readings import LONGEST_FORMULA


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Which rows of a fact count: all conditions hold (an unknown one does not exclude), and the hour is right."""

    fact: str
    only: tuple[Condition, ...] = ()
    window: Window | None = None
    over: Over = "period"

    def tests(self) -> tuple[str, ...]:
        """Each condition as SQL that is true or false, never unknown."""
        tests = [f"coalesce({condition.when}, TRUE)" for condition in self.only]
        return (*tests, *([_within(self.window)] if self.window else []))


@dataclass(frozen=True, slots=True, kw_only=True)
class Additive:
    """Sums and counts: they add up over people and are fused into one scan.

    ``shared`` says whether facts of shared accounts count by share: not beside a part that cannot be shared, such as
    a distinct count, since a ratio of unlike parts would be of nothing.
    """

    rows: Rows
    sql: str
    shared: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A distinct count, a minimum or a maximum: of all rows together, not the sum over parts."""

    rows: Rows
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestRank:
    """The smallest value that at least ``percent`` of the rows do not exceed."""

    rows: Rows
    value: str
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """An aggregate over keys (members, buyers) of what was counted for each.

    ``sql`` may name ``now_n`` (events in the period), ``before_n`` (in the one before) and ``active_n`` (in the
    ``active_days`` up to the period's end); ``event`` says what counts as one event, empty for each row.
    """

    rows: Rows
    key: str
    event: str
    active_days: int
    sql: str


Need = Additive | Whole | NearestRank | Keyed


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """An indicator as arithmetic over needs: value = numerator ÷ denominator × scale."""

    needs: dict[str, Need]
    numerator: str
    denominator: str | None


@cache
def lower(one: Indicator) -> Lowered:
    """What the indicator needs. Refuses expressions that are not allowed, in the words of `expressions`."""
    lowered = _lower(one.measure)
    if all(isinstance(need, Additive) for need in lowered.needs.values()):
        return lowered
    needs = {
        name: replace(need, shared=False) if isinstance(need, Additive) else need
        for name, need in lowered.needs.items()
    }
    return replace(lowered, needs=needs)


@singledispatch
def _lower(measure: Measure) -> Lowered:
    raise NotImplementedError(type(measure).__name__)


@_lower.register
def _count(measure: library.Count) -> Lowered:
    if measure.test is None:
        return _pair(measure, "count(*)", None)
    test = _truth(measure, measure.test)
    return _pair(measure, f"sum(CASE WHEN {test} THEN 1 WHEN NOT ({test}) THEN 0 END)", None)


@_lower.register
def _sum(measure: library.Sum) -> Lowered:
    return _pair(measure, f"sum({_number(measure, measure.value)})", None)


@_lower.register
def _mean(measure: library.Mean) -> Lowered:
    value = _number(measure, measure.value)
    return _pair(measure, f"sum({value})", f"count({value})")


@_lower.register
def _ratio(measure: library.Ratio) -> Lowered:
    return _pair(measure, measure.numerator, measure.denominator)


@_lower.register
def _distinct(measure: library.Distinct) -> Lowered:
    return _pair(measure, f"count(DISTINCT {_any(measure, measure.value)})", None)


def _rows(measure: Measured, over: Over = "period") -> Rows:
    for condition in measure.only:
        expressions.row_value(condition.when, measure.fact, kind="truth")
    return Rows(fact=measure.fact, only=measure.only, window=measure.window, over=over)


def _aggregate(rows: Rows, sql: str, name: str, prefix: str) -> tuple[dict[str, Need], str]:
    """The needs of an aggregate, and the arithmetic over them.

    Sums that are added are needs of their own: one that is empty for a person would else take the person's
    others out of the total with it.
    """
    tree = expressions.aggregate(sql, rows.fact)
    if not expressions.is_additive(tree):
        return {name: Whole(rows=rows, sql=sql)}, name
    terms, formula = expressions.terms(tree, prefix)
    if len(terms) == 1:
        return {name: Additive(rows=rows, sql=sql)}, name
    return {term: Additive(rows=rows, sql=own) for term, own in terms.items()}, _short(formula)


def _short(formula: str) -> str:
    if len(formula) > LONGEST_FORMULA:
        raise refuse(
            "公式的项太多，请合并成较少的 sum，例如 sum(a + b)。",
            "The formula has too many terms. Put them into fewer sums, such as sum(a + b).",
        )
    return formula


def _number(measure: Measured, value: str) -> str:
    expressions.row_value(value, measure.fact)
    return value


def _truth(measure: Measured, test: str) -> str:
    expressions.row_value(test, measure.fact, kind="truth")
    return test


def _any(measure: Measured, value: str) -> str:
    expressions.row_value(value, measure.fact, kind="any")
    return value


def _pair(measure: Measured, numerator: str, denominator: str | None) -> Lowered:
    rows = _rows(measure)
    needs, above = _aggregate(rows, numerator, "numerator", "n")
    if denominator is None:
        return Lowered(needs=needs, numerator=above, denominator=None)
    others, below = _aggregate(rows, denominator, "denominator", "d")
    return Lowered(needs=needs | others, numerator=above, denominator=below)


@_lower.register
def _share(measure: library.Share) -> Lowered:
    test = _truth(measure, measure.test)
    return _pair(measure, f"count(*) FILTER (WHERE {test})", f"count(({test}))")


@_lower.register
def _percentile(measure: library.Percentile) -> Lowered:
    need = NearestRank(rows=_rows(measure), value=_number(measure, measure.value), percent=measure.percent)
    return Lowered(needs={"numerator": need}, numerator="numerator", denominator=None)


@_lower.register
def _funnel(measure: library.Funnel) -> Lowered:
    people, step = measure.people, measure.step
    at = [f"sum({people}) FILTER (WHERE {step} = {literal(name)})" for name in (measure.to, measure.start)]
    return _pair(measure, *at)


@_lower.register
def _tiered(measure: library.Tiered) -> Lowered:
    cases = " ".join(
        f"WHEN {measure.tier} = {literal(name)} THEN {int(part)}" for name, part in measure.weights.items()
    )
    weight = f"CASE {cases} ELSE {int(measure.otherwise)} END"
    if measure.per is not None:
        return _pair(measure, f"sum(({measure.value}) * {weight})", f"sum(({measure.per}) * {weight})")
    lowered = _pair(measure, f"sum(({measure.value}) * {weight})", None)
    return Lowered(needs=lowered.needs, numerator="numerator", denominator="100")


@_lower.register
def _growth(measure: library.Growth) -> Lowered:
    needs, now = _aggregate(_rows(measure), measure.value, "now", "n")
    others, then = _aggregate(_rows(measure, "previous"), measure.value, "then", "t")
    return Lowered(needs=needs | others, numerator=_short(f"{now} - ({then})"), denominator=then)


@_lower.register
def _retention(measure: library.Retention) -> Lowered:
    return _keyed(
        measure,
        measure.key,
        "count(*) FILTER (WHERE now_n > 0 AND before_n > 0)",
        "count(*) FILTER (WHERE before_n > 0)",
    )


@_lower.register
def _repeat(measure: library.Repeat) -> Lowered:
    return _keyed(
        measure,
        measure.key,
        f"count(*) FILTER (WHERE now_n >= {measure.at_least})",
        "count(*) FILTER (WHERE now_n > 0)",
        event=_any(measure, measure.event),
    )


@_lower.register
def _banded(measure: library.Banded) -> Lowered:
    bands = sorted(measure.bands, key=lambda band: -band.start)
    cases = " ".join(f"WHEN now_n >= {band.start} THEN {band.weight}" for band in bands)
    lowered = _keyed(
        measure,
        measure.key,
        f"sum(CASE {cases} ELSE 0 END)",
        "count(*) FILTER (WHERE active_n > 0)",
        active_days=measure.active_days,
    )
    return Lowered(needs=lowered.needs, numerator="numerator", denominator="denominator * 100")


def _keyed(
    measure: Measured, key: str, numerator: str, denominator: str, *, event: str = "", active_days: int = 0
) -> Lowered:
    key, rows = _any(measure, key), _rows(measure)
    needs: dict[str, Need] = {
        name: Keyed(rows=rows, key=key, event=event, active_days=active_days, sql=sql)
        for name, sql in (("numerator", numerator), ("denominator", denominator))
    }
    return Lowered(needs=needs, numerator="numerator", denominator="denominator")


@_lower.register
def _formula(measure: library.Formula) -> Lowered:
    needs: dict[str, Need] = {}
    meaning: dict[str, str] = {}
    for text in (measure.numerator, measure.denominator):
        if text is not None:
            arithmetic(text, measure.parts)
    for name, part in measure.parts.items():
        own, formula = _aggregate(_rows(part, part.over), part.aggregate, name, f"{name}_")
        if own.keys() & needs.keys():
            raise refuse(f"“{name}”与另一项重名，请改名。", f"“{name}” collides with another part. Rename it.")
        needs |= own
        meaning[name] = formula if formula == name else f"({formula})"

    def spelt(formula: str) -> str:
        return _short(re.sub(r"[^\W\d]\w*", lambda found: meaning.get(found[0], found[0]), formula))

    return Lowered(
        needs=needs, numerator=spelt(measure.numerator), denominator=measure.denominator and spelt(measure.denominator)
    )


def _within(window: Window) -> str:
    whole_hours = window.start.minute == window.until.minute == 0
    hour, minute = "extract(hour FROM occurred_at)", "extract(minute FROM occurred_at)"
    moment = hour if whole_hours else f"({hour} * 60 + {minute})"
    start, until = (at.hour if whole_hours else at.hour * 60 + at.minute for at in (window.start, window.until))
    both = "AND" if start < until else "OR"
    return f"({moment} >= {start} {both} {moment} < {until})"
