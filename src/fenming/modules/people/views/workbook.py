"""The organisation as one Excel workbook, out and in."""

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.operations import record
from fenming.controls.routes import Request, allow
from fenming.library.text import Refusal, Words
from fenming.modules.people import workbook
from fenming.modules.people.forms.workbook import ApplyForm, WorkbookForm
from fenming.modules.people.operations import workbook as operations
from fenming.modules.people.queries import workbook as queries

private = cache_control(private=True, no_cache=True)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SALT = "fenming.organisation.workbook"
HOUR = 3600
SHOWN = 200


@allow("organisation.edit")
@require_http_methods(["GET", "HEAD", "POST"])
@private
def upload(request: Request) -> HttpResponse:
    """Give a file; what it would change is shown before anything is."""
    _whole(request)
    form = WorkbookForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        fields = queries.own_fields(request.powers)
        try:
            lines = _read(form.cleaned_data["file"], fields)
        except Refusal as refusal:
            form.add_error("file", _say(refusal.words))
        else:
            context |= _preview(lines, queries.plan(lines, fields))
    return render(request, "people/organisation-file.html", context)


@allow("organisation.edit")
@require_POST
def apply(request: Request) -> HttpResponse:
    """Bring in what the preview showed."""
    _whole(request)
    typed = ApplyForm(request.POST).typed()
    try:
        told = signing.loads(typed.get("lines", ""), salt=SALT, max_age=HOUR)
    except signing.BadSignature:
        messages.error(request, _("The preview is too old. Give the file again."))
        return redirect("organisation-file")
    lines = [workbook.Line(kind, row, cells) for kind, row, cells in told]
    try:
        done = operations.apply(request.actor, lines, queries.own_fields(request.powers), digest=typed["digest"])
    except operations.Moved as moved:
        messages.warning(request, _("Somebody has changed the organisation meanwhile. Look at the preview again."))
        context = _preview(lines, moved.plan) | {"form": WorkbookForm()}
        return render(request, "people/organisation-file.html", context)
    except Refusal as refusal:
        messages.error(request, _say(refusal.words))
        return redirect("organisation-file")
    counts = {"new": len(done.of("new")), "changed": len(done.of("changed"))}
    messages.success(request, _("Brought in: %(new)s new, %(changed)s changed.") % counts)
    return redirect("organisation")


@allow("organisation.edit")
@require_safe
@private
def export(request: Request) -> HttpResponse:
    """The whole organisation as a file that can be brought in again; ``?empty=1`` has the headings only."""
    _whole(request)
    fields = queries.own_fields(request.powers)
    is_template = bool(request.GET.get("empty"))
    rows = {} if is_template else {kind: some.values() for kind, some in queries.state(fields).items()}
    with tempfile.NamedTemporaryFile(prefix="fenming-", suffix=".xlsx") as file:
        workbook.write(Path(file.name), rows, fields, get_language() or "zh")
        content = Path(file.name).read_bytes()
    if not is_template:
        record(request.actor, "organisation.export", "organisation", after={one: len(rows[one]) for one in rows})
    name = f"{_('Organisation template') if is_template else _('Organisation')} {timezone.localdate()}.xlsx"
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or ""}
    return HttpResponse(content, content_type=XLSX, headers=headers)


def _read(file: Any, fields: workbook.Fields) -> list[workbook.Line]:
    with tempfile.NamedTemporaryFile(prefix="fenming-", suffix=".xlsx") as kept:
        for chunk in file.chunks():
            kept.write(chunk)
        kept.flush()
        return workbook.read(Path(kept.name), fields)


def _preview(lines: list[workbook.Line], plan: queries.Plan) -> dict[str, Any]:
    told = [(one.kind, one.row, dict(one.cells)) for one in lines]
    counts = {name: len(plan.of(name)) for name in ("new", "changed", "unchanged", "refused")}
    rows = [*plan.of("refused"), *plan.of("new"), *plan.of("changed")]
    may = not counts["refused"] and bool(counts["new"] or counts["changed"])
    return {
        "counts": counts,
        "rows": [_shown(one) for one in rows[:SHOWN]],
        "more": max(0, len(rows) - SHOWN),
        "apply": ApplyForm(initial={"lines": signing.dumps(told, salt=SALT, compress=True), "digest": plan.digest})
        if may
        else None,
    }


def _shown(one: queries.Planned) -> dict[str, Any]:
    heads = workbook.HEADS
    name = {column: _say(words) for column, words in heads.items()}
    return {
        "sheet": _say(workbook.SHEETS[one.line.kind]),
        "row": one.line.row,
        "code": one.code,
        "result": one.result,
        "column": name.get(one.column, one.column.removeprefix(workbook.OWN)),
        "problem": _say(one.problem) if one.problem else "",
        "differences": [
            {"name": name.get(column, column.removeprefix(workbook.OWN)), "before": was, "after": now}
            for column, was, now in one.changes
        ],
    }


def _whole(request: Request) -> None:
    if not request.scope.everything:
        raise PermissionDenied(_("Your role does not include this."))


def _say(words: Words) -> str:
    return words.say(get_language() or "zh")
