"""What would gain most: the next mark of each indicator of a scorecard, scored anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from django.utils.translation import gettext as _

from fenming.library.indicators import Indicator
from fenming.modules.cycles.queries.score import Line
from fenming.modules.indicators.queries import wording
from fenming.rules import curves

HUNDRED = Decimal(100)
TIPS = 3
LEAST_GAIN = Decimal("0.05")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """What one indicator would gain at its next mark."""

    line: Line
    text: str
    note: str
    gain: Decimal


def present(lines: Sequence[Line]) -> list[Line]:
    """The lines of the present post: after a move those of the last stay."""
    last = max((line.span for line in lines), default=0)
    return [line for line in lines if line.span == last]


def tips(lines: Sequence[Line]) -> list[Tip]:
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
