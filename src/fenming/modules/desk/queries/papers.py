"""What is seen, on paper: each board as a description that is set as PDF or PNG."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fenming.drawing.figures import fixed, thousands
from fenming.drawing.paper import Cell, Chart, Curve, Figure, Head, Piece, Sheet, thinned
from fenming.modules.desk.queries.board import Kpi, Ranking, board
from fenming.modules.desk.queries.company import Company
from fenming.modules.desk.queries.pivot import Pivot
from fenming.modules.indicators.queries import wording


def ranking_sheet(found: Ranking, *, pays: bool = False) -> Sheet:
    """A department's board with the ranking that is seen."""
    run = found.group.run
    shown = board(found)
    heads = [Head(text=_("Rank"), end=True), Head(text=_("Employee")), Head(text=_("Team"))]
    heads += [Head(text=f"{one.name} {one.unit}".strip(), end=True) for one in found.heads]
    heads += [Head(text=_("Total"), wide=True), Head(text=_("Grade"))]
    rows = [
        [
            Cell(text=str(row.card.rank or "—")),
            Cell(text=f"{row.card.employee.name} {row.card.employee.number}"),
            Cell(text=row.card.team),
            *(Cell(text=cell.text) for cell in row.cells),
            Cell(text=fixed(row.card.total), bar=_length(row.card.total), strong=True),
            Cell(text=row.card.grade),
        ]
        for row in found.rows
    ]
    return Sheet(
        title=_("%(department)s board") % {"department": found.group.seat.department.name},
        lead=f"{wording.period_name(run)} · {found.scheme.name.say(wording.speaking())}",
        foot=_foot(_("Run #%(run)s") % {"run": run.pk}),
        language=wording.speaking(),
        figures=_figures(shown.kpis, pays=pays),
        chart=_chart(shown.trend),
        heads=heads,
        rows=rows,
    )


def company_sheet(found: Company, *, pays: bool = False) -> Sheet:
    """All departments side by side."""
    heads = [
        Head(text=pgettext("column", "Department")),
        Head(text=_("Mean total"), wide=True),
        Head(text=pgettext("difference", "Change"), end=True),
        Head(text=_("Grades"), wide=True),
        Head(text=_("People"), end=True),
        Head(text=_("Missing data"), end=True),
        *([Head(text=_("Bonus cost"), end=True)] if pays else []),
    ]
    rows = [
        [
            Cell(text=one.department.name, strong=True),
            Cell(text=fixed(one.now.mean), bar=_length(one.now.mean)),
            Cell(text=("↑" if one.up else "↓") + one.change_text if one.change_text else "—"),
            Cell(pieces=[Piece(width=piece.width, tone=piece.tone) for piece in one.grades]),
            Cell(text=str(one.now.people)),
            Cell(text=str(one.now.missing)),
            *([Cell(text=f"¥{thousands(one.now.bonus)}")] if pays else []),
        ]
        for one in found.lines
    ]
    return Sheet(
        title=pgettext("board", "All departments"),
        lead=dict(found.periods).get(found.label, found.label),
        foot=_foot(),
        language=wording.speaking(),
        figures=_figures(found.kpis, pays=pays),
        heads=heads,
        rows=rows,
        notes=[" · ".join(letter for letter, _tone in found.legend), _("only people whom you may see are counted")],
    )


def pivot_paper(found: Pivot) -> Sheet:
    """An indicator by a dimension: the groups or the comparison, whichever is seen."""
    heads, rows = _comparison(found) if found.compared else _groups(found)
    only = "".join(f" · {one.name}: {one.value}" for one in found.filters)
    arrow = ("↑" if found.up else "↓") + found.change if found.change else "—"
    return Sheet(
        title=f"{found.name} · {found.by_name}",
        lead=f"{found.by_time}{only}",
        foot=_foot(),
        language=wording.speaking(),
        figures=[
            Figure(name=_("All together"), value=found.total),
            Figure(name=pgettext("difference", "Change"), value=arrow, note=_before(found)),
        ],
        chart=_chart(found.trend),
        heads=heads,
        rows=rows,
        notes=[found.asked.one.formula.say(wording.speaking())],
    )


def _before(found: Pivot) -> str:
    before = found.asked.before
    return f"{before.start} – {before.end - timedelta(days=1)}: {found.total_before}"


def _groups(found: Pivot) -> tuple[list[Head], list[list[Cell]]]:
    heads = [
        Head(text=found.by_name),
        Head(text=found.name, wide=True),
        Head(text=pgettext("difference", "Share"), end=True),
        Head(text=pgettext("difference", "Before"), end=True),
        Head(text=pgettext("difference", "Change"), end=True),
    ]
    rows = [
        [
            Cell(text=one.name),
            Cell(text=one.text, bar=float(one.width), strong=True),
            Cell(text="—" if one.share is None else f"{fixed(one.share)}%"),
            Cell(text=one.before),
            Cell(text=("↑" if one.change and one.change > 0 else "↓") + one.change_text if one.change_text else "—"),
        ]
        for one in found.groups
    ]
    return heads, rows


def _comparison(found: Pivot) -> tuple[list[Head], list[list[Cell]]]:
    first, last = found.heads
    heads = [
        Head(text=found.by_name if found.asked.view == "periods" else found.split_name),
        Head(text=first, end=True),
        Head(text=last, end=True),
        Head(text=_("Difference"), end=True),
        Head(text=_("Part of the difference"), wide=True),
    ]
    rows = [
        [
            Cell(text=one.name),
            Cell(text=one.before),
            Cell(text=one.after),
            Cell(text=("↑" if one.up else "↓") + one.change if one.change else "—"),
            Cell(
                text="—" if one.share is None else f"{fixed(one.share, 0)}%",
                bar=float(one.width),
                tone="coral" if (one.share or 0) < 0 else "brand",
            ),
        ]
        for one in found.compared
    ]
    return heads, rows


def _figures(kpis: Sequence[Kpi], *, pays: bool) -> list[Figure]:
    return [
        Figure(
            name=one.name,
            value=one.value,
            unit=one.unit,
            note=" ".join([("↑" if one.up else "↓") + one.delta] * bool(one.delta) + [one.note] * bool(one.note)),
        )
        for one in kpis
        if pays or not one.is_pay
    ]


def _chart(trend: Mapping[str, Any]) -> Chart | None:
    """The chart of the page, with its axis from the values where the page leaves that to the browser."""
    values = [one for line in trend.get("series", []) for one in line["values"] if one is not None]
    if len(trend.get("labels", [])) < 2 or not values:
        return None
    low, high = float(trend.get("min", min(values))), float(trend.get("max", max(values)))
    high = high if high > low else low + 1
    digits = 0 if high - low > 20 else trend.get("digits", 1)
    return Chart(
        labels=thinned(trend["labels"]),
        marks=[thousands(at, digits) + trend.get("unit", "") for at in (low, (low + high) / 2, high)],
        low=low,
        high=high,
        series=[
            Curve(name=one["name"], tone=one["color"].removeprefix("--"), values=one["values"])
            for one in trend["series"]
        ],
    )


def _length(total: Decimal | None) -> float:
    return float(total or 0)


def _foot(*parts: str) -> str:
    made = timezone.localtime().strftime("%Y-%m-%d %H:%M")
    return " · ".join([_("Fenming"), *parts, _("made %(moment)s") % {"moment": made}])
