"""Drafting a scheme: begin, edit, try out, and take it through its steps."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.routes import Request, allow
from fenming.library.indicators import Indicator
from fenming.library.text import Refusal
from fenming.modules.indicators.queries.wording import speaking
from fenming.modules.schemes.forms import editing
from fenming.modules.schemes.forms.beginning import BeginForm
from fenming.modules.schemes.forms.page import Behind, drawn, page_of
from fenming.modules.schemes.models import Draft
from fenming.modules.schemes.operations import drafts as operations
from fenming.modules.schemes.queries import drafts as queries
from fenming.modules.schemes.queries.differences import CYCLES, SUBJECTS, columns, differences, of_definition
from fenming.modules.schemes.queries.places import post_names, posts_of
from fenming.modules.schemes.queries.reading import entries_of, title_of
from fenming.modules.schemes.queries.readings import readings
from fenming.modules.schemes.queries.warnings import warnings

private = cache_control(private=True, no_cache=True)
MOST_FOUND = 20


@allow("schemes.edit")
@require_http_methods(["GET", "HEAD", "POST"])
@private
def new(request: Request) -> HttpResponse:
    """Begin a draft: from a shipped scheme, one in force, another post's, a file, or from nothing."""
    form = BeginForm(request.POST or None, request.FILES or None, scope=request.scope, initial=_asked(request.GET))
    if request.method == "POST" and form.is_valid():
        found = form.begun()
        draft = operations.begin(
            request.actor, found.department, found.definition, identifier=found.identifier, base=found.base,
            form=form.cleaned_data["form"],
        )  # fmt: skip
        return redirect("scheme-draft", draft.pk)
    return render(request, "schemes/new.html", {"form": form})


def _asked(given: QueryDict) -> dict[str, str]:
    return {
        name: given.get(name, "")[:80]
        for name in ("department", "source", "shipped", "version", "place")
        if given.get(name)
    }


@allow("schemes.edit", "schemes.approve")
@require_http_methods(["GET", "HEAD", "POST"])
@private
def draft(request: Request, pk: int) -> HttpResponse:
    """A draft: its editor while it is open to who may edit it, else what it changes and what can be done."""
    found = _draft(request, pk)
    may_edit = queries.covers(request.powers.scope("schemes.edit"), found.department_id)
    if request.method == "POST":
        if not may_edit:
            raise PermissionDenied(_("Your role does not include this."))
        return _saved(request, found)
    if not (may_edit and found.is_open):
        return _review(request, found)
    return _editor(request, found, found.definition, {"version": found.version, "form": uuid4().hex})


def _saved(request: Request, found: Draft) -> HttpResponse:
    post = request.POST
    button = post.get("do", "")[:60]
    known = queries.known_indicators()
    definition = editing.definition_from(post, found.definition, known)
    if button.startswith("draw:"):
        return _figure(request, found, definition, button.removeprefix("draw:"))
    once = button not in {"", "live", "save"}
    anchor = ""
    if once:
        change = editing.pressed(button, definition, post, known)
        definition, anchor = change.definition, change.anchor
    sent = operations.Saved(
        definition=definition,
        version=_number(post.get("version", "")),
        form=post.get("form", "")[:40],
        valid_from=editing.valid_from(post),
        note=post.get("note", "").replace("\0", "")[:500],
        once=once,
    )
    try:
        saved = operations.save(request.actor, found.pk, sent)
    except operations.Stale as stale:
        version = sent.version if button == "live" else stale.draft.version
        state = {"version": version, "form": sent.form, "others": stale.entries, "refused": _say(stale)}
        found.valid_from, found.note = sent.valid_from, sent.note
        return _editor(request, found, definition, state)
    except Refusal as refusal:
        state = {"version": sent.version, "form": sent.form, "refused": _say(refusal)}
        return _editor(request, found, definition, state)
    if button == "live":
        found.valid_from, found.note, found.version = saved.valid_from, saved.note, saved.version
        return _editor(request, found, saved.definition, {"version": saved.version, "form": sent.form, "live": True})
    if button == "save":
        messages.success(request, _("Saved."))
    url = reverse("scheme-draft", args=[found.pk])
    return redirect(f"{url}#{anchor}" if anchor else url)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _figure(request: Request, found: Draft, definition: Mapping[str, Any], place: str) -> HttpResponse:
    """One curve anew, while it is dragged or typed; nothing is saved."""
    items = definition["items"]
    index = _number(place)
    if not 0 <= index < len(items):
        raise Http404
    item = items[index]
    past = readings(found.department_id, definition["posts"], [item["indicator"]])
    one = queries.known_indicators().get(item["indicator"])
    figure = drawn(item["curve"], one, past.last(item["indicator"]), request.POST)
    return render(request, "schemes/_figure.html", {"drawn": figure, "past": past, "index": index})


def _editor(request: Request, found: Draft, definition: Mapping[str, Any], state: Mapping[str, Any]) -> HttpResponse:
    posts = posts_of(found.department_id)
    past = readings(found.department_id, _listed(definition.get("posts")))
    checked = queries.checked(definition, found.department_id, code=found.department.code)
    year = (found.valid_from or timezone.localdate()).year
    behind = Behind(
        known=queries.known_indicators(), past=past, problems=checked.problems, posts=posts, year=year,
    )  # fmt: skip
    context = {
        "draft": found,
        "page": page_of(definition, behind),
        "past": past,
        "problems": checked.problems,
        "warnings": warnings(checked.scheme, past) if checked.scheme else [],
        "changes": _changes(found, definition, behind.known),
        "state": state,
        "subjects": list(SUBJECTS.items()),
        "cycles": list(CYCLES.items()),
        "in_period": _in_period(found.valid_from),
    }
    return render(request, "schemes/draft.html", context)


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []


def _changes(found: Draft, definition: Mapping[str, Any], known: Mapping[str, Indicator]) -> list[str]:
    if found.base is None:
        return []
    posts = post_names()
    told = differences(of_definition(found.base.definition, known, posts), of_definition(definition, known, posts))
    return [one.sentence for one in told]


def _in_period(day: date | None) -> str:
    """What beginning within a month means: two schemes, pro rata by days."""
    if day is None or day.day == 1:
        return ""
    following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    before, after = day.day - 1, (following - day).days
    return _(
        "It begins within a month. Days scored by the scheme before: %(before)s, by this one: %(after)s; "
        "the two totals count pro rata by days."
    ) % {"before": before, "after": after}


# Reviewing


def _review(request: Request, found: Draft) -> HttpResponse:
    """What a draft changes, and the steps that are open to this visitor."""
    before = found.base.definition if found.base else {}
    known = queries.known_indicators()
    posts = post_names()
    told = of_definition(before, known, posts), of_definition(found.definition, known, posts)
    checked = queries.checked(found.definition, found.department_id, code=found.department.code)
    past = readings(found.department_id, _listed(found.definition.get("posts")))
    context = {
        "draft": found,
        "title": title_of(found),
        "entries": entries_of(found),
        "problems": checked.problems,
        "differences": differences(*told),
        "columns": columns(*told),
        "warnings": warnings(checked.scheme, past) if checked.scheme else [],
        "own": request.user.pk in queries.authors_of(found),
        "may_approve": queries.covers(request.powers.scope("schemes.approve"), found.department_id),
        "may_edit": queries.covers(request.powers.scope("schemes.edit"), found.department_id),
        "closed_until": queries.closed_until(found.department_id),
        "in_period": _in_period(found.valid_from),
        "today": timezone.localdate(),
    }
    return render(request, "schemes/review.html", context)


@allow("schemes.edit", "schemes.approve")
@require_POST
def act(request: Request, pk: int, step: str) -> HttpResponse:
    """Submit, approve, give back, publish or withdraw a draft."""
    found = _draft(request, pk)
    needs = "schemes.edit" if step in {"submit", "withdraw"} else "schemes.approve"
    if not queries.covers(request.powers.scope(needs), found.department_id):
        raise PermissionDenied(_("Your role does not include this."))
    try:
        said = STEPS[step](request, found)
    except Refusal as refusal:
        messages.error(request, _say(refusal))
    else:
        messages.success(request, said)
    return redirect("scheme-draft", pk)


def _submit(request: Request, found: Draft) -> str:
    asked = operations.submit(request.actor, found)
    if not asked:
        return _("Submitted. Nobody else may approve schemes here; a reason lets you approve it yourself.")
    return ngettext(
        "Submitted: %(count)s person was asked to approve it.",
        "Submitted: %(count)s people were asked to approve it.",
        asked,
    ) % {"count": asked}


def _typed(request: Request, name: str) -> str:
    return request.POST.get(name, "").replace("\0", "")[:500]


def _approve(request: Request, found: Draft) -> str:
    seen = _number(request.POST["version"]) if "version" in request.POST else None
    operations.approve(request.actor, found, reason=_typed(request, "reason"), seen=seen)
    return _("Approved. Publish it to put it into force.")


def _return(request: Request, found: Draft) -> str:
    operations.give_back(request.actor, found, answer=_typed(request, "answer"))
    return _("Returned to its author.")


def _publish(request: Request, found: Draft) -> str:
    day = editing.valid_from(request.POST)
    if day is None:
        raise operations.no_day()
    version = operations.publish_draft(request.actor, found, valid_from=day)
    return _("Published: it holds from %(day)s.") % {"day": version.valid_from}


def _withdraw(request: Request, found: Draft) -> str:
    operations.withdraw_draft(request.actor, found)
    return _("The draft was withdrawn.")


STEPS: Mapping[str, Callable[[Request, Draft], str]] = {
    "submit": _submit, "approve": _approve, "return": _return, "publish": _publish, "withdraw": _withdraw,
}  # fmt: skip


@allow("schemes.edit")
@require_safe
@private
def find_indicators(request: Request) -> HttpResponse:
    """Indicators by their names, for the search of the editor."""
    q = request.GET.get("q", "").replace("\0", "").strip().lower()[:80]
    language = speaking()
    found = [
        {"value": name, "text": one.name.say(language), "note": one.about.say(language)[:80]}
        for name, one in queries.known_indicators().items()
        if q in f"{name} {one.name.zh} {one.name.en} {one.about.zh} {one.about.en}".lower()
    ]
    return JsonResponse({"results": sorted(found, key=lambda one: one["text"])[:MOST_FOUND]})


def _draft(request: Request, pk: int) -> Draft:
    found = queries.visible_drafts(request.scope).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _say(refusal: Refusal) -> str:
    return refusal.words.say(speaking())
