"""The organisation: departments with who works there, posts, stores, shops, regions; and every change of them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls import queries as log
from fenming.controls.routes import Request, allow
from fenming.controls.scope import Scope
from fenming.library.text import Refusal
from fenming.modules.people.chart import drawn
from fenming.modules.people.forms import organisation as forms
from fenming.modules.people.forms.persons import Sent
from fenming.modules.people.models import Department
from fenming.modules.people.operations import organisation as operations
from fenming.modules.people.queries import custom
from fenming.modules.people.queries import organisation as queries
from fenming.modules.people.queries.timeline import told

private = cache_control(private=True, no_cache=True)
form_page = require_http_methods(["GET", "HEAD", "POST"])


class Tab(NamedTuple):
    """A kind of place: what its page and its button are called."""

    title: str | Promise
    new: str | Promise
    icon: str


TABS = {
    "departments": Tab(gettext_lazy("Departments"), gettext_lazy("New department"), icon="sitemap"),
    "posts": Tab(gettext_lazy("Posts"), gettext_lazy("New post"), icon="briefcase"),
    "stores": Tab(gettext_lazy("Stores"), gettext_lazy("New store"), icon="building-store"),
    "shops": Tab(gettext_lazy("Shops"), gettext_lazy("New shop"), icon="shopping-bag"),
    "regions": Tab(gettext_lazy("Regions"), gettext_lazy("New region"), icon="map-pin"),
}
HISTORY = 20


@allow("organisation.view")
@require_safe
@private
def organisation(request: Request, pk: int = 0) -> HttpResponse:
    """The department tree, and the chosen department beside it; the first one where none was chosen."""
    asked = forms.asked(request.GET, chosen=pk)
    people = _people(request)
    tree = queries.tree(request.scope, people, asked)
    found = queries.chosen(tree, people, pk or queries.open_first(tree), asked.day)
    if pk and found is None:
        raise Http404
    kept = _kept(request)
    _link(tree.nodes.values(), kept)
    context: dict[str, Any] = _shared(request, "departments", asked) | {
        "tree": tree, "nodes": queries.pruned(tree), "chosen": found, "is_asked": bool(pk), "kept": kept,
    }  # fmt: skip
    if found:
        context |= _department(request, found.department)
    return render(request, "people/organisation.html", context)


def _department(request: Request, department: Department) -> dict[str, Any]:
    own = custom.shown("department", department.custom, request.powers)
    found: dict[str, Any] = {"own": own, "history": []}
    if request.scope.everything:
        entries = log.operations(log.Wanted(object=operations.subject(department)), size=HISTORY).entries
        found["history"] = [told(one) for one in entries]
    return found


def _link(nodes: Iterable[queries.Node], kept: str) -> None:
    """Where each department leads; one out of reach leads nowhere."""
    start = reverse("organisation")
    for one in nodes:
        if one.count is not None:
            one.url = f"{start}departments/{one.row.id}/{kept}"
        if one.is_closed:
            one.note = _("closed")


def _kept(request: Request) -> str:
    """The day and the closed ones stay as they are while one goes from department to department."""
    found = {name: request.GET[name] for name in ("on", "closed") if request.GET.get(name)}
    return f"?{urlencode(found)}" if found else ""


def _people(request: Request) -> Scope:
    """Who is counted and named: only people whom the visitor may see."""
    return request.powers.scope("people.view")


def _shared(request: Request, kind: str, asked: queries.Asked | None = None) -> dict[str, Any]:
    return {
        "kind": kind,
        "tabs": [
            (name, one, reverse("organisation") if name == "departments" else reverse("places", args=[name]))
            for name, one in TABS.items()
        ],
        "asked": asked,
        "is_today": asked is None or asked.day == timezone.localdate(),
        "may_edit": request.powers.scope("organisation.edit").everything,
        "tab": TABS[kind],
    }


@allow("organisation.view")
@require_safe
@private
def chart(request: Request) -> HttpResponse:
    """The departments in reach as one drawing."""
    asked = forms.asked(request.GET)
    tree = queries.tree(request.scope, _people(request), asked)
    _link(tree.nodes.values(), _kept(request))
    context = _shared(request, "departments", asked) | {"chart": drawn(tree.roots), "tree": tree}
    return render(request, "people/organisation-chart.html", context)


@allow("organisation.view")
@require_safe
@private
def places(request: Request, kind: str) -> HttpResponse:
    """Posts, stores, shops or regions as a list."""
    asked = forms.asked(request.GET)
    rows = queries.listed(kind, request.scope, _people(request), asked)
    context = _shared(request, kind, asked) | {"rows": rows}
    return render(request, "people/organisation-places.html", context)


@allow("organisation.edit")
@form_page
@private
def new(request: Request, kind: str) -> HttpResponse:
    """A new one; its code is proposed while the name is typed."""
    _whole(request)
    made = queries.KINDS[kind]
    given = forms.initial(request.GET)
    if given.get("name_zh") and not given.get("code"):
        given["code"] = queries.free_code(made, given["name_zh"])
    form = forms.PlaceForm(request.POST or None, kind=kind, powers=request.powers, initial=given)
    if request.method == "POST" and form.is_valid():
        values = form.values()
        code = form.cleaned_data["code"] or queries.free_code(made, values["name_zh"])
        if kind == "departments":
            parent = values.get("parent")
            values.setdefault("position", queries.next_position(parent.pk if parent else None))
        try:
            place = operations.found(request.actor, made, code, values, anyway=form.cleaned_data["anyway"])
        except Refusal as refusal:
            _refused(form, refusal)
        else:
            messages.success(request, _("%(name)s is there.") % {"name": place.name})
            return redirect(_home(kind, place))
    return render(request, "people/organisation-place.html", _shared(request, kind) | {"form": form, "place": None})


@allow("organisation.edit")
@form_page
@private
def edit(request: Request, kind: str, pk: int) -> HttpResponse:
    """Change one."""
    place = _place(request, kind, pk)
    form = forms.PlaceForm(request.POST or None, kind=kind, powers=request.powers, place=place)
    context: dict[str, Any] = _shared(request, kind) | {"form": form, "place": place, "home": _home(kind, place)}
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            operations.change(
                request.actor, place, form.values(), version=given["version"], anyway=given["anyway"],
                seen=_people(request),
            )  # fmt: skip
        except Refusal as refusal:
            context |= _refused(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect(context["home"])
    return render(request, "people/organisation-place.html", context)


@allow("organisation.edit")
@form_page
@private
def close(request: Request, kind: str, pk: int) -> HttpResponse:
    """Close one from a day on."""
    place = _place(request, kind, pk)
    form = forms.CloseForm(request.POST or None, place=place)
    context: dict[str, Any] = _shared(request, kind) | {"form": form, "place": place, "home": _home(kind, place)}
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        try:
            operations.close(request.actor, place, form.wanted(), version=version, seen=_people(request))
        except Refusal as refusal:
            context |= _refused(form, refusal)
        else:
            messages.success(request, _("%(name)s is closed.") % {"name": place.name})
            return redirect(context["home"])
    return render(request, "people/organisation-close.html", context)


@allow("organisation.edit")
@require_POST
def reopen(request: Request, kind: str, pk: int) -> HttpResponse:
    """Take back the closing."""
    place = _place(request, kind, pk)
    try:
        operations.reopen(request.actor, place, version=_version(request))
    except Refusal as refusal:
        messages.error(request, _say(refusal))
    else:
        messages.success(request, _("%(name)s is open again.") % {"name": place.name})
    return redirect(_home(kind, place))


@allow("organisation.edit")
@require_POST
def drop(request: Request, kind: str, pk: int) -> HttpResponse:
    """Delete what nothing refers to."""
    place = _place(request, kind, pk)
    try:
        operations.drop(request.actor, place, version=_version(request), seen=_people(request))
    except Refusal as refusal:
        messages.error(request, _say(refusal))
        return redirect("place-edit", kind, pk)
    messages.success(request, _("Deleted."))
    return redirect("organisation") if kind == "departments" else redirect("places", kind)


def _whole(request: Request) -> None:
    """The organisation is the whole company's: who reaches a part of it only does not edit it."""
    if not request.scope.everything:
        raise PermissionDenied(_("Your role does not include this."))


def _place(request: Request, kind: str, pk: int) -> queries.Place:
    _whole(request)
    place = queries.place_at(kind, pk)
    if place is None:
        raise Http404
    return place


def _home(kind: str, place: queries.Place) -> str:
    """Where one is seen: a department in the tree, the others in their list."""
    if kind != "departments":
        return reverse("places", args=[kind])
    closed = "?closed=1" if place.closed_on else ""
    return reverse("department", args=[place.pk]) + closed


def _version(request: Request) -> int:
    form = forms.VersionForm(request.POST)
    return form.cleaned_data["version"] if form.is_valid() else -1


def _refused(form: Sent, refusal: Refusal) -> dict[str, Any]:
    """The form says why; what it said stays typed."""
    form.add_error(None, _say(refusal))
    if isinstance(refusal, operations.SameName) and isinstance(form, forms.PlaceForm):
        form.has_same_name = True
    if isinstance(refusal, operations.Stale):
        form.again(refusal.place.version)
        return {"others": [told(one) for one in refusal.entries]}
    return {"occupied": isinstance(refusal, operations.Occupied)}


def _say(refusal: Refusal) -> str:
    return refusal.words.say(get_language() or "zh")
