"""People by Excel: a template, an export, and an import that is seen before it is written."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.operations import record
from fenming.controls.queries import work as work_of
from fenming.controls.routes import Request, allow
from fenming.library.text import Refusal
from fenming.modules.people import jobs
from fenming.modules.people.forms.importing import UploadForm
from fenming.modules.people.forms.persons import ListForm
from fenming.modules.people.importing.writing import title, write_people, write_refused, write_template
from fenming.modules.people.models import ImportRow, PeopleImport
from fenming.modules.people.operations import importing
from fenming.modules.people.queries.importing import (
    exported,
    fields_for,
    imports_of,
    places,
    refused_rows,
    rows_of,
    shown,
)
from fenming.modules.people.queries.persons import choices, listed

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE = 50
RECENT = 10
State = PeopleImport.State


def _chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


def _sheet(name: str, write: Callable[[Path], Any]) -> HttpResponseBase:
    """A workbook written on disk, which is gone once it is sent."""
    file = tempfile.NamedTemporaryFile(prefix="fenming-", suffix=".xlsx")  # noqa: SIM115 - the response closes it
    write(Path(file.name))
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or ""}
    return FileResponse(Path(file.name).open("rb"), content_type=XLSX, headers=headers)


@allow("people.import")
@require_safe
def template(request: Request) -> HttpResponseBase:
    """An empty file with the headings, hints and lists."""
    chinese = _chinese()
    found = places(request.scope)
    lists = {name: one.labels(chinese) for name, one in zip(("department", "post", "store"), found, strict=True)}
    fields = fields_for(request.powers)
    return _sheet(_("People template.xlsx"), lambda path: write_template(path, fields, lists, chinese=chinese))


@allow("people.export")
@require_safe
def export(request: Request) -> HttpResponseBase:
    """The people in reach as a file that can be imported again; what was exported is logged."""
    chinese, fields = _chinese(), fields_for(request.powers)
    wanted = ListForm(request.GET, choices(request.scope)).wanted()
    people = listed(request.scope, request.powers, wanted)
    rows = exported(request.scope, request.powers, fields, people, chinese=chinese)

    def write(path: Path) -> None:
        count = write_people(path, fields, rows, chinese=chinese)
        record(
            request.actor,
            "people.export",
            "people",
            after={"columns": list(fields), "people": count, "filter": request.GET.urlencode()[:500]},
        )

    return _sheet(f"{_('People')} {timezone.localdate()}.xlsx", write)


@allow("people.import")
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: Request) -> HttpResponseBase:
    """Give a file; and what one has given before."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            one = jobs.begin(request.actor, **form.given())
            return redirect("people-import-one", one.pk)
        except Refusal as refused:
            form.add_error(None, refused.words.say(get_language() or "zh"))
    recent = imports_of(request.actor.user)[:RECENT]
    return render(request, "people/import.html", {"form": form, "recent": recent}, status=422 if form.errors else 200)


def _mine(request: Request, pk: int) -> PeopleImport:
    found = imports_of(request.actor.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@allow("people.import")
@require_safe
def one(request: Request, pk: int) -> HttpResponse:
    """An import: being read, the preview, being written, or what has come of it."""
    return _page(request, _mine(request, pk))


def _page(request: Request, found: PeopleImport, error: str = "") -> HttpResponse:
    kind = request.GET.get("kind", "")
    kind = kind if kind in ImportRow.Kind.values else ""
    q = request.GET.get("q", "").replace("\0", "").strip()[:80]
    fields, chinese = fields_for(request.powers), _chinese()
    rows = rows_of(found, kind, q) if found.state != State.READING else ImportRow.objects.none()
    if not kind and not q:
        rows = rows.exclude(kind=ImportRow.Kind.UNCHANGED)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = _head(found) | {
        "page": page,
        "lines": [shown(row, fields, chinese=chinese) for row in page],
        "kind": kind,
        "error": error,
        "columns": [
            (name, text)
            for field, text in found.fields.items()
            if field in fields and (name := title(fields[field], chinese)) != text
        ],
    }
    return render(request, "people/import-one.html", context, status=409 if error else 200)


def _head(found: PeopleImport) -> dict[str, Any]:
    """Where the import stands, for the page and for its part that is asked for again and again."""
    work = work_of(found.work) if found.work else None
    busy = found.state in (State.READING, State.APPLYING, State.UNDOING)
    lost = busy and (work is None or work.state in ("dead", "cancelled"))
    kinds = [(kind, ImportRow.Kind(kind).label, found.counts.get(kind, 0)) for kind in ImportRow.Kind.values]
    writing = sum(found.counts.get(kind, 0) for kind in ImportRow.Kind.values if kind not in ("refused", "unchanged"))
    waiting = kept = 0
    if found.state in (State.STOPPED, State.UNDONE, State.APPLIED):
        waiting = found.rows.filter(state=ImportRow.State.WAITING).count()
        kept = found.rows.filter(state=ImportRow.State.KEPT).count()
    return {
        "one": found, "work": work, "busy": busy and not lost, "lost": lost,
        "kinds": [each for each in kinds if each[2]], "writing": writing, "waiting": waiting, "kept": kept,
        "missing": [(need, *need.partition(":")[::2]) for need in found.missing],
    }  # fmt: skip


@allow("people.import")
@require_safe
def progress(request: Request, pk: int) -> HttpResponse:
    """How far it is; once it has ended, the page is asked for anew."""
    context = _head(_mine(request, pk))
    answer = render(request, "people/_import-progress.html", context)
    if not context["busy"]:
        answer["HX-Refresh"] = "true"
    return answer


@allow("people.import")
@require_POST
def apply(request: Request, pk: int) -> HttpResponse:
    """Write what the preview showed, or go on after a stop."""
    return _after(request, pk, lambda found: jobs.go_on(request.actor, found, request.POST.getlist("create")))


@allow("people.import")
@require_POST
def stop(request: Request, pk: int) -> HttpResponse:
    return _after(request, pk, lambda found: importing.stop(request.actor, found))


@allow("people.import")
@require_POST
def undo(request: Request, pk: int) -> HttpResponse:
    return _after(request, pk, lambda found: jobs.take_back(request.actor, found))


def _after(request: Request, pk: int, act: Callable[[PeopleImport], None]) -> HttpResponse:
    found = _mine(request, pk)
    try:
        act(found)
    except Refusal as refused:
        return _page(request, _mine(request, pk), refused.words.say(get_language() or "zh"))
    return redirect("people-import-one", pk)


@allow("people.import")
@require_POST
def discard(request: Request, pk: int) -> HttpResponse:
    found = _mine(request, pk)
    try:
        importing.discard(request.actor, found)
    except Refusal as refused:
        return _page(request, found, refused.words.say(get_language() or "zh"))
    return redirect("people-import")


@allow("people.import")
@require_safe
def refused(request: Request, pk: int) -> HttpResponseBase:
    """The refused rows with their reasons, to be corrected and uploaded again."""
    found = _mine(request, pk)
    chinese, fields = _chinese(), fields_for(request.powers)
    rows = refused_rows(found, fields, chinese=chinese)
    heads = (_("Why it was refused"), _("What to do"))
    name = f"{_('Refused rows')} {Path(found.name).stem}.xlsx"
    return _sheet(name, lambda path: write_refused(path, found.headings, rows, heads))
