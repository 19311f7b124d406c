"""Roles and grants."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.permissions import GROUPS, PERMISSIONS
from fenming.controls.routes import Request, allow
from fenming.library.text import Refusal
from fenming.modules.accounts.forms.roles import EndForm, GrantForm, RoleForm, say, usual_reach
from fenming.modules.accounts.models import Grant, Role, User
from fenming.modules.accounts.operations import roles as operations
from fenming.modules.accounts.queries import roles as queries
from fenming.modules.people.queries.choices import names_of


@allow("security.roles")
@require_safe
def roles(request: Request) -> HttpResponse:
    """All roles, what each may do, and how many hold it."""
    found = [(role, _in_words(role)) for role in queries.roles_with_holders()]
    return render(request, "accounts/roles.html", {"roles": found, "combining": queries.combining()})


@allow("security.roles")
@require_http_methods(["GET", "HEAD", "POST"])
def new_role(request: Request) -> HttpResponse:
    """Compose a role of the company's own."""
    form = RoleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            role = operations.make_role(request.actor, form.cleaned_data["code"], form.wanted())
        except Refusal as refusal:
            form.add_error(None, _say(refusal))
        else:
            messages.success(request, _("The role %(name)s is there.") % {"name": role.name})
            return redirect("roles")
    return render(request, "accounts/role.html", {"form": form, "role": None})


@allow("security.roles")
@require_http_methods(["GET", "HEAD", "POST"])
def role(request: Request, code: str) -> HttpResponse:
    """Change a role."""
    found = _role(code)
    form = RoleForm(request.POST or None, role=found)
    if request.method == "POST" and form.is_valid():
        try:
            operations.change_role(request.actor, found, form.wanted(), version=form.cleaned_data["version"] or 0)
        except Refusal as refusal:
            form.add_error(None, _say(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("roles")
    return render(request, "accounts/role.html", {"form": form, "role": found})


@allow("security.roles")
@require_POST
def drop_role(request: Request, code: str) -> HttpResponse:
    """Remove a role that nobody ever held."""
    try:
        operations.drop_role(request.actor, _role(code))
    except Refusal as refusal:
        messages.error(request, _say(refusal))
    else:
        messages.success(request, _("Removed."))
    return redirect("roles")


@allow("security.roles")
@require_http_methods(["GET", "HEAD", "POST"])
def grants(request: Request, pk: int) -> HttpResponse:
    """The roles of one account, and the form for another; ``?reach=`` shows the form's choices for it."""
    user = _account(pk)
    form = GrantForm(request.POST) if request.method == "POST" else GrantForm(initial=_initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            operations.give(request.actor, user, form.wanted(), signed=form.cleaned_data["signed"])
        except Refusal as refusal:
            form.combines = isinstance(refusal, operations.Combination)
            form.add_error(None, _say(refusal))
        else:
            messages.success(request, _("The role is given."))
            return redirect("account-grants", pk)
    context = {"account": user, "form": form, "grants": _grants(user), "mine": request.actor.user == user.pk}
    return render(request, "accounts/grants.html", context)


@allow("security.roles")
@require_http_methods(["GET", "HEAD", "POST"])
def end_grant(request: Request, pk: int, grant: int) -> HttpResponse:
    """End a grant on a day."""
    user = _account(pk)
    found = queries.grants_of(user.pk).filter(pk=grant).first()
    if found is None:
        raise Http404
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.end(request.actor, found, form.wanted())
        except Refusal as refusal:
            form.add_error(None, _say(refusal))
        else:
            messages.success(request, _("The grant is ended."))
            return redirect("account-grants", pk)
    return render(request, "accounts/end-grant.html", {"account": user, "grant": found, "form": form})


def _role(code: str) -> Role:
    found = queries.role_at(code)
    if found is None:
        raise Http404
    return found


def _account(pk: int) -> User:
    found = queries.account_at(pk) if pk < 2**63 else None
    if found is None:
        raise Http404
    return found


def _say(refusal: Refusal) -> str:
    return refusal.words.say(get_language() or "zh")


def _initial(request: Request) -> dict[str, object]:
    """The form as it was typed so far, when only the reach or the role was chosen anew."""
    given = request.GET
    role = given.get("role", "")
    reach = given.get("reach") or (usual_reach(role) if role else Grant.Reach.TREE.value)
    kept = {name: given[name] for name in ("end", "reason", "people") if given.get(name)}
    return {"start": given.get("start") or timezone.localdate(), "reach": reach, "role": role or None, **kept}


def _in_words(role: Role) -> list[tuple[str, list[str]]]:
    return [
        (say(name), [say(PERMISSIONS[one].name) for one in role.permissions if PERMISSIONS[one].group == group])
        for group, name in GROUPS.items()
        if any(PERMISSIONS[one].group == group for one in role.permissions)
    ]


def _grants(user: User) -> list[dict[str, object]]:
    today = timezone.localdate()
    return [
        {
            "grant": one,
            "whom": names_of(one.listed) if one.listed else [],
            "state": "past" if one.valid_to and one.valid_to <= today else "next" if one.valid_from > today else "now",
            "end_url": reverse("end-grant", args=[user.pk, one.pk]),
        }
        for one in queries.grants_of(user.pk)
    ]
