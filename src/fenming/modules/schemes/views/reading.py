"""Schemes for reading: the list, one scheme, two versions beside each other, what waits for approval."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from fenming.controls.routes import Request, allow
from fenming.controls.scope import Scope
from fenming.library.text import Refusal
from fenming.modules.indicators.queries.wording import speaking
from fenming.modules.schemes.models import SchemeVersion
from fenming.modules.schemes.operations import withdraw as take_back
from fenming.modules.schemes.queries import drafts as queries
from fenming.modules.schemes.queries import reading
from fenming.modules.schemes.queries.differences import columns, differences, of_definition
from fenming.modules.schemes.queries.places import post_names
from fenming.modules.schemes.queries.telling import words

private = cache_control(private=True, no_cache=True)


@allow("schemes.view")
@require_safe
@private
def schemes(request: Request) -> HttpResponse:
    """Every scheme in reach by department, with its state."""
    drafting = request.powers.scope("schemes.edit", "schemes.approve")
    q = request.GET.get("q", "").replace("\0", "").strip().lower()[:80]
    places = reading.listed(request.scope, drafting, post_names(), q=q)
    context = {
        "places": places,
        "q": q,
        "waiting": len(reading.waiting(request.powers.scope("schemes.approve")))
        if "schemes.approve" in request.powers.scopes
        else 0,
        "drafts": sum(len(one.drafts) for place in places for one in place.schemes),
    }
    return render(request, "schemes/list.html", context)


@allow("schemes.view", "score.own")
@require_safe
@private
def scheme(request: Request, identifier: str) -> HttpResponse:
    """One scheme: for who looks after schemes with its history, for whom it holds on the phone."""
    versions = reading.versions_of(identifier)
    version = _asked(request, versions)
    if version is None:
        raise Http404
    employee = getattr(request.user, "employee_id", None)
    seen = _seen(request.powers.scope("schemes.view"), versions)
    if version in seen:
        return _for_keepers(request, seen, version)
    mine = {one.pk for one in reading.own_versions(employee, timezone.localdate())} if employee else set()
    if version.pk not in mine:
        raise Http404
    context = {"read": reading.read(version, post_names(), employee=employee)}
    return render(request, "schemes/scheme-own.html", context)


@allow("score.own")
@require_safe
@private
def own(request: Request) -> HttpResponse:
    """The scheme that holds for the visitor: the rules are public to whom they concern."""
    employee = getattr(request.user, "employee_id", None)
    found = reading.own_versions(employee, timezone.localdate()) if employee else []
    chosen = _number(request.GET.get("version", ""))
    version = next((one for one in found if one.pk == chosen), found[0] if found else None)
    shown = reading.read(version, post_names(), employee=employee) if version else None
    others = [(one, words(one.definition.get("name"))) for one in found if version and one.pk != version.pk]
    return render(request, "schemes/scheme-own.html", {"read": shown, "others": others})


def _for_keepers(request: Request, versions: list[SchemeVersion], version: SchemeVersion) -> HttpResponse:
    edits = queries.covers(request.powers.scope("schemes.edit"), version.department_id)
    approves = queries.covers(request.powers.scope("schemes.approve"), version.department_id)
    posts = post_names()
    context: dict[str, Any] = {
        "read": reading.read(version, posts),
        "moments": reading.timeline(versions, posts),
        "may_edit": edits,
        "form": uuid4().hex if edits else "",
        "drafts": reading.under_way(request.powers.scope("schemes.edit", "schemes.approve")).filter(
            identifier=version.identifier
        ),
        "may_withdraw": approves and not reading.is_used(version),
        "today": timezone.localdate(),
    }
    return render(request, "schemes/scheme.html", context)


def _seen(scope: Scope, versions: list[SchemeVersion]) -> list[SchemeVersion]:
    """Those of the versions that the scope reaches, as it may read them."""
    reached = set(
        queries.visible_versions(scope).filter(pk__in=[one.pk for one in versions]).values_list("pk", flat=True)
    )
    return queries.seen([one for one in versions if one.pk in reached], scope)


def _asked(request: Request, versions: list[SchemeVersion]) -> SchemeVersion | None:
    """The version that the address names, else the one in force, else the newest."""
    number = request.GET.get("version", "")
    if number:
        return next((one for one in versions if str(one.pk) == number), None)
    today = timezone.localdate()
    return next((one for one in versions if one.valid_from <= today), versions[0] if versions else None)


@allow("schemes.approve")
@require_POST
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Take back a version by which nothing was scored."""
    version = queries.visible_versions(request.scope).filter(pk=pk).first()
    if version is None or not queries.covers(request.scope, version.department_id):
        raise Http404
    try:
        take_back(request.actor, version)
    except Refusal as refusal:
        messages.error(request, refusal.words.say(speaking()))
        return redirect("scheme", version.identifier)
    messages.success(request, _("The version was taken back."))
    return redirect("schemes")


@allow("schemes.view")
@require_safe
@private
def difference(request: Request) -> HttpResponse:
    """Any two versions or drafts: what differs in sentences, and both side by side."""
    if not request.GET.get("before") and not request.GET.get("after"):
        return redirect("schemes")
    before, after = (_side(request, request.GET.get(name, "")) for name in ("before", "after"))
    known, posts = queries.known_indicators(), post_names()
    told = of_definition(before["definition"], known, posts), of_definition(after["definition"], known, posts)
    context = {"before": before, "after": after, "differences": differences(*told), "columns": columns(*told)}
    return render(request, "schemes/difference.html", context)


def _side(request: Request, asked: str) -> dict[str, Any]:
    """One side: v12 is a version, d3 a draft."""
    kind, number = asked[:1], _number(asked[1:])
    if kind == "v":
        found = queries.visible_versions(request.scope).filter(pk=number)
        for version in queries.seen(found, request.scope):
            return {
                "definition": version.definition,
                "title": words(version.definition.get("name")) or version.identifier,
                "note": _("version from %(day)s") % {"day": version.valid_from},
            }
    if kind == "d":
        draft = (
            queries.visible_drafts(request.powers.scope("schemes.edit", "schemes.approve")).filter(pk=number).first()
        )
        if draft is not None:
            title = words(draft.definition.get("name")) or draft.identifier
            return {"definition": draft.definition, "title": title, "note": _("draft")}
    raise Http404


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


@allow("schemes.approve")
@require_safe
@private
def approvals(request: Request) -> HttpResponse:
    """What waits for approval, and what is approved and waits to be published."""
    context = {"waiting": reading.waiting(request.scope), "approved": reading.approved(request.scope)}
    return render(request, "schemes/approvals.html", context)
