"""The company's own fields."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.routes import Request, allow
from fenming.library.text import Refusal
from fenming.modules.people.forms.fields import FieldForm
from fenming.modules.people.forms.persons import Sent
from fenming.modules.people.jobs import search_in_step
from fenming.modules.people.models import CustomField
from fenming.modules.people.operations import custom as operations
from fenming.modules.people.queries import custom as queries
from fenming.modules.people.queries.timeline import told

private = cache_control(private=True, no_cache=True)
form_page = require_http_methods(["GET", "HEAD", "POST"])


@allow("fields.edit")
@require_safe
@private
def fields(request: Request) -> HttpResponse:
    """The fields on people, departments or posts."""
    on = request.GET.get("on", "")
    on = on if on in CustomField.On.values else CustomField.On.EMPLOYEE
    counts = queries.counted(on)
    rows = [(one, counts[one.code]) for one in queries.all_fields(on)]
    return render(request, "people/fields.html", {"on": on, "targets": CustomField.On.choices, "rows": rows})


@allow("fields.edit")
@form_page
@private
def new(request: Request) -> HttpResponse:
    """A new field; its code is proposed while the name is typed."""
    _whole(request)
    given = {name: request.GET[name][:80] for name in ("name_zh", "on") if request.GET.get(name)}
    if given.get("name_zh"):
        given["code"] = queries.free_code(given["name_zh"])
    form = FieldForm(request.POST or None, initial=given)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            code = typed["code"] or queries.free_code(typed["name_zh"])
            with search_in_step(request.actor):
                made = operations.add(request.actor, typed["on"], code, form.wanted())
        except Refusal as refusal:
            _refused(form, refusal)
        else:
            messages.success(request, _("The field %(name)s is there.") % {"name": made.name})
            return redirect(_home(made.on))
    return render(request, "people/field.html", {"form": form, "field": None, "home": _home(given.get("on", ""))})


@allow("fields.edit")
@form_page
@private
def edit(request: Request, code: str) -> HttpResponse:
    """Change a field."""
    found = _field(request, code)
    form = FieldForm(request.POST or None, field=found)
    context: dict[str, Any] = {"form": form, "field": found, "home": _home(found.on)}
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            with search_in_step(request.actor):
                operations.change(request.actor, found, form.wanted(), version=given["version"], sure=given["sure"])
        except Refusal as refusal:
            context |= _refused(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect(context["home"])
    return render(request, "people/field.html", context)


@allow("fields.edit")
@require_POST
def retire(request: Request, code: str) -> HttpResponse:
    """No longer use a field, or use it again."""
    found = _field(request, code)
    form = Sent(request.POST)
    version = form.cleaned_data["version"] if form.is_valid() else -1
    switch = operations.bring_back if found.retired else operations.retire
    try:
        with search_in_step(request.actor):
            switch(request.actor, found, version=version)
    except Refusal as refusal:
        messages.error(request, _say(refusal))
    else:
        messages.success(request, _("Saved."))
    return redirect(_home(found.on))


def _whole(request: Request) -> None:
    """The fields are the whole company's: who reaches a part of it only does not edit them."""
    if not request.scope.everything:
        raise PermissionDenied(_("Your role does not include this."))


def _field(request: Request, code: str) -> CustomField:
    _whole(request)
    found = queries.field_at(code)
    if found is None:
        raise Http404
    return found


def _home(on: str) -> str:
    return reverse("fields") + (f"?on={on}" if on in CustomField.On.values else "")


def _refused(form: FieldForm, refusal: Refusal) -> dict[str, Any]:
    form.add_error(None, _say(refusal))
    form.converts = isinstance(refusal, operations.Converts)
    if isinstance(refusal, operations.Stale):
        form.again(refusal.field.version)
        return {"others": [told(one) for one in refusal.entries]}
    return {}


def _say(refusal: Refusal) -> str:
    return refusal.words.say(get_language() or "zh")
