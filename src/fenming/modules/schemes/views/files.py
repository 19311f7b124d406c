"""Schemes as files, and personal targets from one."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from fenming.controls.routes import Request, allow
from fenming.library.text import Refusal
from fenming.modules.indicators.queries.wording import speaking
from fenming.modules.schemes.forms.targets import Targets, read_targets, targets_sheet
from fenming.modules.schemes.models import Draft
from fenming.modules.schemes.operations import drafts as operations
from fenming.modules.schemes.queries import drafts as queries
from fenming.modules.schemes.queries.files import as_sheet, as_yaml
from fenming.modules.schemes.queries.places import people_of_department
from fenming.modules.schemes.queries.telling import words

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
private = cache_control(private=True, no_cache=True)


@allow("schemes.view")
@require_safe
@private
def export(request: Request, pk: int, kind: str) -> HttpResponse:
    """A version as YAML or Excel."""
    version = next(iter(queries.seen(queries.visible_versions(request.scope).filter(pk=pk), request.scope)), None)
    if version is None:
        raise Http404
    title = words(version.definition.get("name")) or version.identifier
    note = f"{version.department.name} · {version.valid_from}"
    return _file(version.definition, kind, name=f"{version.identifier}-{version.valid_from}", title=title, note=note)


@allow("schemes.edit", "schemes.approve")
@require_safe
@private
def export_draft(request: Request, pk: int, kind: str) -> HttpResponse:
    """A draft as YAML or Excel."""
    draft = _draft(request, pk)
    title = words(draft.definition.get("name")) or draft.identifier
    note = f"{draft.department.name} · {draft.get_state_display()}"
    return _file(draft.definition, kind, name=f"{draft.identifier}-draft", title=title, note=note)


def _file(definition: Any, kind: str, *, name: str, title: str, note: str) -> HttpResponse:
    if kind == "yaml":
        answer = HttpResponse(as_yaml(definition), content_type="application/yaml; charset=utf-8")
    else:
        answer = HttpResponse(as_sheet(definition, title=title, note=note), content_type=XLSX)
    answer["Content-Disposition"] = content_disposition_header(True, f"{name}.{kind}")
    return answer


@allow("schemes.edit")
@require_http_methods(["GET", "HEAD", "POST"])
@private
def targets(request: Request, pk: int, index: int) -> HttpResponse:
    """Personal targets of one indicator of a draft, from a sheet; ``?sheet`` gives the sheet to fill in."""
    draft = _draft(request, pk)
    items = draft.definition.get("items") or []
    if index >= len(items):
        raise Http404
    if not draft.is_open:
        raise PermissionDenied(_("This draft has been submitted and cannot be changed."))
    item = items[index]
    one = queries.known_indicators().get(str(item.get("indicator")))
    people = people_of_department(draft.department_id)
    rule = item.get("targets") or {}
    now = rule.get("people", {}) if rule.get("kind") == "person" else {}
    if "sheet" in request.GET:
        answer = HttpResponse(targets_sheet(one, people, now), content_type=XLSX)
        answer["Content-Disposition"] = content_disposition_header(True, f"targets-{item.get('indicator')}.xlsx")
        return answer
    found = Targets()
    if request.method == "POST":
        found = read_targets(request.FILES.get("file"), one, {number for number, _name in people})
        if found.people and not found.wrong:
            return _taken(request, draft, index, found)
    name = one.name.say(speaking()) if one else item.get("indicator")
    context = {"draft": draft, "index": index, "name": name, "found": found, "count": len(now), "form": uuid4().hex}
    return render(request, "schemes/targets.html", context)


def _taken(request: Request, draft: Draft, index: int, found: Targets) -> HttpResponse:
    items = [dict(item) for item in draft.definition["items"]]
    items[index]["targets"] = {"kind": "person", "people": dict(found.people)}
    version = request.POST.get("version", "")
    sent = operations.Saved(
        definition={**draft.definition, "items": items},
        version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else -1,
        form=request.POST.get("form", "")[:40],
        valid_from=draft.valid_from,
        note=draft.note,
        once=True,
    )
    try:
        operations.save(request.actor, draft.pk, sent)
    except Refusal as refusal:
        messages.error(request, refusal.words.say(speaking()))
        return redirect("scheme-targets", draft.pk, index)
    count = len(found.people)
    text = ngettext("%(count)s target was taken in.", "%(count)s targets were taken in.", count)
    messages.success(request, text % {"count": count})
    return redirect(f"{reverse('scheme-draft', args=[draft.pk])}#items-{index}")


def _draft(request: Request, pk: int) -> Draft:
    found = queries.visible_drafts(request.scope).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
