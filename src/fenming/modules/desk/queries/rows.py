"""From a number to its records: how it came about, and each row that counted or did not."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fenming.controls.models import Run
from fenming.controls.scope import Scope
from fenming.library.indicators import Indicator
from fenming.library.schemes import Scheme
from fenming.modules.cycles.queries import records
from fenming.modules.cycles.queries.score import Line, lines_of
from fenming.modules.indicators.queries import wording
from fenming.modules.schemes.queries import pinned, scorecard_visible
from fenming.pipeline.inputs import Inputs
from fenming.rules.trace import plain

PAGE = 50
Card = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The whole page. ``line`` is none for an indicator that only gives points beside the scorecard."""

    card: Card
    run: Run
    period: str
    scheme: Scheme
    indicator: Indicator
    line: Line | None
    division: str
    because: list[str]
    tables: list[records.Table]
    counted: int
    excluded: list[tuple[str, int]]
    page: int
    pages: int
    subject: str

    @property
    def total(self) -> int:
        return self.counted + sum(number for _words, number in self.excluded)

    @property
    def left_out(self) -> int:
        return sum(number for _words, number in self.excluded)

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.page * PAGE, self.total)

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
    def pitfalls(self) -> str:
        return self.indicator.pitfalls.say(wording.speaking())

    @property
    def basis(self) -> str:
        return self.line.item.basis.say(wording.speaking()) if self.line else ""


def rows_of(scope: Scope, number: int, indicator: str, *, span: int, page: int) -> Rows | None:
    """The records behind an indicator of a scorecard that the scope reaches; None when there is no such thing."""
    card = scorecard_visible(scope, number)
    if card is None:
        return None
    inputs = pinned.inputs_of(card.run)
    scheme = pinned.scheme_of(inputs, card.scheme)
    lines = [line for line in lines_of(card, inputs) if line.indicator.id == indicator]
    line = next((one for one in lines if one.span == span), lines[0] if lines else None)
    if line is None and indicator not in scheme.used():
        return None
    one = inputs.definitions()[indicator]
    return _rows(card, inputs, scheme, one, line, max(1, page))


def _rows(card: Card, inputs: Inputs, scheme: Scheme, one: Indicator, line: Line | None, page: int) -> Rows:
    run = card.run
    person = pinned.person_of(inputs, card.employee.number)
    found = records.behind(card, inputs, one, line, limit=PAGE, offset=(page - 1) * PAGE)
    pages = max(1, -(-found.total // PAGE))
    if page > pages:
        return _rows(card, inputs, scheme, one, line, pages)
    stored = _stored(card, one, line)
    return Rows(
        card=card,
        run=run,
        period=wording.period_name(run),
        scheme=scheme,
        indicator=one,
        line=line,
        division=_division(one, stored) if stored is not None else "",
        because=_because(card, scheme, one, line, inputs),
        tables=records.tables(found.rows),
        counted=found.counted,
        excluded=[(words.say(wording.speaking()), number) for words, number in found.excluded],
        page=page,
        pages=pages,
        subject=person.subject,
    )


def _stored(card: Card, one: Indicator, line: Line | None) -> Any:
    if line is None:
        return None
    return next((row for row in card.lines.all() if row.indicator == one.id and row.span == line.span), None)


def _division(one: Indicator, stored: Any) -> str:
    """812,000 ÷ 24 × 0.001 = 33.83 秒; a plain sum only says what it is."""
    if stored.value is None or stored.numerator is None:
        return ""
    value = wording.quantity(one, stored.value)
    numerator = _grouped(stored.numerator)
    scale = "" if one.scale == 1 else f" × {plain(one.scale)}"
    if stored.denominator is None or stored.denominator == 1:
        return f"{numerator}{scale} = {value}" if scale else value
    return f"{numerator} ÷ {_grouped(stored.denominator)}{scale} = {value}"


def _grouped(value: Decimal) -> str:
    """Thousands apart, and only the decimals there are."""
    return f"{value.normalize():,f}"


def _because(card: Card, scheme: Scheme, one: Indicator, line: Line | None, inputs: Inputs) -> list[str]:
    definitions = inputs.definitions()
    if line is not None:
        steps = [step for step in line.because if not str(step[0]).startswith("reading.") or line.value is None]
        return wording.told(steps, definitions, one)
    rules = {rule.id for rule in scheme.adjustments if rule.indicator == one.id}
    extras = [extra for extra in card.adjustments.all() if extra.identifier in rules]
    return [text for extra in extras for text in wording.told(extra.because, definitions, one)]
