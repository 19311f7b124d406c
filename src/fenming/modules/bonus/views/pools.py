"""Pools of a period: set, copied, by the head, from a file; and how they were shared out."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.routes import Request, allow
from fenming.drawing.figures import thousands
from fenming.library.text import Refusal, Words
from fenming.modules.bonus import workbook
from fenming.modules.bonus.forms import FileForm, HeadForm, PoolsForm
from fenming.modules.bonus.operations import setting as operations
from fenming.modules.bonus.queries import setting as queries
from fenming.modules.bonus.queries.adjustments import open_adjustments
from fenming.modules.bonus.views.figures import Kpi
from fenming.rules.periods import Period

private = cache_control(private=True, no_cache=True)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the page: the department, what its input holds, and what is wrong with it."""

    row: queries.Row
    text: str
    seen: str
    error: str = ""
    now: str = ""


@allow("bonus.view", "bonus.edit")
@require_safe
@private
def pools(request: Request) -> HttpResponse:
    """The pools of a period."""
    known = queries.periods(timezone.localdate())
    return _page(request, queries.chosen(request.GET.get("period", ""), known), known=known)


@allow("bonus.edit")
@require_POST
@private
def save(request: Request) -> HttpResponse:
    """Set the pools that were typed."""
    span = _span(request.POST)
    editable = [one.pk for one in queries.whole_departments(request.scope)]
    form = PoolsForm(request.POST, editable)
    if form.errors:
        return _page(request, span, form=form, status=422)
    try:
        count = operations.set_pools(request.actor, span, form.wanted, seen=form.seen)
    except operations.Stale as stale:
        return _page(request, span, form=form, now=stale.now, error=_say(stale.words), status=409)
    except Refusal as refusal:
        return _page(request, span, form=form, error=_say(refusal.words), status=422)
    return _done(request, span, count)


@allow("bonus.edit")
@require_POST
@private
def copy(request: Request) -> HttpResponse:
    """Give those without a pool what they had last time."""
    span = _span(request.POST)
    editable = [one.pk for one in queries.whole_departments(request.scope)]
    return _tried(request, span, lambda: operations.copy_pools(request.actor, span, editable))


@allow("bonus.edit")
@require_POST
@private
def by_head(request: Request) -> HttpResponse:
    """Give those without a pool so much for each person."""
    span = _span(request.POST)
    form = HeadForm(request.POST)
    if not form.is_valid():
        return _page(request, span, head=form, status=422)
    rows = queries.sheet(request.scope, request.scope, span).rows
    people = {row.department.pk: row.people for row in rows if row.editable}
    amount = form.cleaned_data["amount"]
    return _tried(request, span, lambda: operations.pools_by_head(request.actor, span, amount, people))


@allow("bonus.edit")
@require_http_methods(["GET", "HEAD", "POST"])
@private
def file(request: Request) -> HttpResponse:
    """The departments as a file to be filled in, and the file given back."""
    if request.method != "POST":
        return _template(request, _span(request.GET))
    span = _span(request.POST)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, span, upload=form, status=422)
    try:
        read = _read(form.cleaned_data["file"], _names(request))
    except Refusal as refusal:
        form.add_error("file", _say(refusal.words))
        return _page(request, span, upload=form, status=422)
    if read.problems:
        problems = [(one.row, one.value, _say(one.reason)) for one in read.problems]
        return _page(request, span, upload=form, problems=problems, status=422)
    return _tried(request, span, lambda: operations.set_pools(request.actor, span, read.amounts))


def _read(given: Any, names: Mapping[str, int]) -> workbook.Read:
    with tempfile.NamedTemporaryFile(prefix="fenming-", suffix=Path(given.name).suffix[:8]) as kept:
        for chunk in given.chunks():
            kept.write(chunk)
        kept.flush()
        return workbook.read_pools(Path(kept.name), names)


def _names(request: Request) -> dict[str, int]:
    """Codes and names of the departments in reach; a name that several have is none."""
    departments = queries.whole_departments(request.scope)
    found: dict[str, int] = {}
    twice: set[str] = set()
    for one in departments:
        for name in {one.name_zh.casefold(), one.name_en.casefold()} - {""}:
            twice |= {name} if name in found else set()
            found[name] = one.pk
    return {name: pk for name, pk in found.items() if name not in twice} | {
        one.code.casefold(): one.pk for one in departments
    }


def _template(request: Request, span: Period) -> HttpResponse:
    rows = queries.sheet(request.scope, request.scope, span).rows
    content = workbook.pools_file(
        [(row.department.code, row.department.name, row.people, row.pool) for row in rows if row.editable], span.label
    )
    name = content_disposition_header(as_attachment=True, filename=f"{_('Bonus pools')} {span.label}.xlsx") or ""
    return HttpResponse(content, content_type=XLSX, headers={"Content-Disposition": name})


def _span(given: QueryDict) -> Period:
    return queries.chosen(given.get("period", ""), queries.periods(timezone.localdate()))


def _tried(request: Request, span: Period, act: Callable[[], int]) -> HttpResponse:
    try:
        count = act()
    except Refusal as refusal:
        return _page(request, span, error=_say(refusal.words), status=422)
    return _done(request, span, count)


def _done(request: Request, span: Period, count: int) -> HttpResponse:
    told = ngettext("%(count)s pool was set.", "%(count)s pools were set.", count) % {"count": count}
    messages.success(request, told if count else _("Nothing has changed."))
    return redirect(f"{reverse('pools')}?{urlencode({'period': span.label})}")


def _page(
    request: Request,
    span: Period,
    *,
    form: PoolsForm | None = None,
    now: Mapping[int, Decimal | None] | None = None,
    known: Sequence[Period] = (),
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    sheet = queries.sheet(request.scope, request.powers.scope("bonus.edit"), span)
    context = {
        "sheet": sheet,
        "kpis": _kpis(sheet),
        "lines": [_line(row, form, now or {}) for row in sheet.rows],
        "periods": [one.label for one in known or queries.periods(timezone.localdate())],
        "span": span,
        "head": HeadForm(),
        "upload": FileForm(),
        "open": open_adjustments(request.scope),
    }
    return render(request, "bonus/pools.html", context | more, status=status)


def _line(row: queries.Row, form: PoolsForm | None, now: Mapping[int, Decimal | None]) -> Line:
    one = row.department.pk
    held = _text(row.pool)
    return Line(
        row=row,
        text=form.typed.get(one, held) if form else held,
        seen=held,
        error=form.errors.get(one, "") if form else "",
        now=(_text(now[one]) or _("none")) if one in now else "",
    )


def _text(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:.2f}"


def _say(words: Words) -> str:
    return words.say(get_language() or "zh")


def _kpis(sheet: queries.Sheet) -> list[Kpi]:
    change = sheet.total - sheet.before if sheet.before else None
    per_head = sheet.total / sheet.people if sheet.people else None
    whole = sum((one.pool for one in sheet.shared), Decimal(0))
    rest = [_("team fund ¥%(amount)s") % {"amount": thousands(sheet.fund, 2)}] if sheet.fund else []
    rest += (
        [_("undistributed ¥%(amount)s") % {"amount": thousands(sheet.undistributed, 2)}] if sheet.undistributed else []
    )
    return [
        Kpi(
            name=_("All pools"), icon="cash", tone="brand", value=f"¥{thousands(sheet.total)}",
            delta=f"¥{thousands(abs(change))}" if change else "", up=bool(change and change > 0), good=True,
            note="" if sheet.before else _("no pools in the period before"),
        ),
        Kpi(
            name=_("For each person"), icon="user", tone="blue",
            value="—" if per_head is None else f"¥{thousands(per_head)}",
            note=ngettext("%(count)s person", "%(count)s people", sheet.people) % {"count": sheet.people},
        ),
        Kpi(
            name=_("Shared out to people"), icon="users-group", tone="violet",
            value=f"¥{thousands(sheet.given)}" if sheet.shared else "—",
            note=" · ".join(rest) if rest else _("nothing left over") if sheet.shared else _("not scored yet"),
            reached=sheet.given / whole * 100 if whole else None,
        ),
        Kpi(
            name=_("Without a pool"), icon="alert-circle", tone="coral" if sheet.without else "slate",
            value=str(sheet.without), unit=_("departments"),
            note=_("scored, and nothing to receive") if sheet.without else _("every department has one"),
        ),
    ]  # fmt: skip
