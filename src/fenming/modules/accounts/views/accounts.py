"""Looking after accounts."""

from collections.abc import Callable
from typing import Any

import segno
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.routes import Request, allow
from fenming.library.text import Refusal
from fenming.modules.accounts import devices
from fenming.modules.accounts.forms.accounts import InviteManyForm, InviteOneForm, PolicyForm
from fenming.modules.accounts.jobs import send_invitations
from fenming.modules.accounts.models import Link, Session, User
from fenming.modules.accounts.operations import factors, invitations, letters, sessions, standing
from fenming.modules.accounts.operations.policy import change_policy
from fenming.modules.accounts.operations.sheet import sheet
from fenming.modules.accounts.queries import accounts as queries
from fenming.modules.accounts.queries.sessions import devices_of
from fenming.modules.people.queries.seats import present, searched

PER_PAGE = 30
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@allow("security.accounts")
@require_safe
def accounts(request: Request) -> HttpResponse:
    """The list."""
    role = request.GET.get("role", "")
    wanted = queries.Wanted(
        text=request.GET.get("q", "")[:80],
        state=request.GET.get("state", ""),
        role=int(role) if role.isascii() and role.isdigit() and len(role) < 10 else None,
        order=request.GET.get("order", "username"),
    )
    page = Paginator(queries.accounts(request.scope, wanted), PER_PAGE).get_page(request.GET.get("page"))
    counts = queries.counts(request.scope)
    context = {
        "page": page,
        "rows": queries.rows(list(page)),
        "states": [(code, name, counts[code]) for code, name in queries.STATES.items()],
        "roles": queries.role_options(),
        "total": sum(counts.values()),
        "without": queries.without_account(request.scope).count(),
    }
    return render(request, "accounts/accounts.html", context)


@allow("security.accounts")
@never_cache
@require_safe
def account(request: Request, pk: int) -> HttpResponse:
    """One account."""
    return render(request, "accounts/account.html", _shown(request, _account(request, pk)))


def _account(request: Request, pk: int) -> User:
    found = queries.account(request.scope, pk) if pk < 2**63 else None
    if found is None:
        raise Http404
    return found


def _shown(request: Request, user: User) -> dict[str, object]:
    row = queries.rows([user])[0]
    link = queries.last_link(user)
    return {
        "account": user,
        "row": row,
        "grants": queries.grants_of(user),
        "devices": devices_of(user.pk, key=request.session.session_key or ""),
        "attempts": [(one, devices.named(one.agent)) for one in queries.attempts_of(user)],
        "link": link,
        "mine": user.pk == request.actor.user,
        "may_manage": queries.may_manage(request.scope, user),
        "came": user.has_usable_password(),
    }


@allow("security.accounts")
@never_cache
@require_POST
def account_do(request: Request, pk: int) -> HttpResponse:
    """Do something with an account: the button's name says what."""
    user = _account(request, pk)
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        messages.error(request, _("There is no such button. Please try again."))
        return redirect("account", pk)
    _must_manage(request, user)
    try:
        return act(request, user) or redirect("account", pk)
    except Refusal as refusal:
        messages.error(request, refusal.words.say(get_language() or "zh"))
        return redirect("account", pk)


def _must_manage(request: Request, user: User) -> None:
    if not queries.may_manage(request.scope, user):
        raise PermissionDenied(_("This account can do more than those you look after."))


def _link(request: Request, user: User) -> HttpResponse:
    purpose = Link.Purpose.RESET if user.has_usable_password() else Link.Purpose.INVITE
    return _show_link(request, user, purpose)


def _show_link(request: Request, user: User, purpose: str) -> HttpResponse:
    """The link, which is seen only now."""
    made = invitations.make_links([user], purpose=purpose, actor=request.actor)
    if not made:
        messages.error(request, _("This account is suspended. Activate it first."))
        return redirect("account", user.pk)
    url = letters.url_of(made[0], letters.base_of(request))
    context = {
        "account": user, "url": url, "link": made[0].link,
        "qr": segno.make(url, error="m").svg_inline(border=0, omitsize=True),
    }  # fmt: skip
    return render(request, "accounts/account-link.html", context)


def _revoke(request: Request, user: User) -> None:
    invitations.revoke(user, actor=request.actor)
    messages.success(request, _("The link does not work any more."))


def _suspend(request: Request, user: User) -> None:
    standing.suspend(user, actor=request.actor)
    messages.success(request, _("The account is suspended and signed out everywhere."))


def _activate(request: Request, user: User) -> None:
    standing.activate(user, actor=request.actor)
    messages.success(request, _("The account is active again."))


def _unlock(request: Request, user: User) -> None:
    standing.unlock(user, actor=request.actor)
    messages.success(request, _("The account is unlocked."))


def _reset_factor(request: Request, user: User) -> None:
    if factors.take_away(user, actor=request.actor, by_admin=True):
        messages.success(request, _("The second factor is reset, and the account signed out everywhere."))
    else:
        messages.info(request, _("There is no second factor to reset."))


def _end_sessions(request: Request, user: User) -> None:
    which = request.POST.get("session", "")
    found = [one.session.pk for one in devices_of(user.pk)]
    chosen = [one for one in found if not which or str(one) == which]
    count = sessions.end(user, chosen, reason=Session.End.BY_ADMIN, actor=request.actor)
    text = ngettext("%(count)d session was ended.", "%(count)d sessions were ended.", count) % {"count": count}
    messages.success(request, text)


ACTS: dict[str, Callable[[Request, User], HttpResponse | None]] = {
    "link": _link,
    "revoke": _revoke,
    "suspend": _suspend,
    "activate": _activate,
    "unlock": _unlock,
    "reset-factor": _reset_factor,
    "end-sessions": _end_sessions,
}


@allow("security.accounts")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: Request) -> HttpResponse:
    """Invite one person, or everybody without an account."""
    way = request.POST.get("way", "")
    one = InviteOneForm(request.POST if way == "one" else None, scope=request.scope)
    can_send = letters.can_send()
    many = InviteManyForm(request.POST if way == "many" else None, scope=request.scope, can_send=can_send)
    try:
        if way == "one" and one.is_valid():
            return _invite_one(request, one)
        if way == "many" and many.is_valid():
            return _invite_many(request, many)
    except Refusal as refusal:
        (one if way == "one" else many).add_error(None, refusal.words.say(get_language() or "zh"))
    without = queries.without_account(request.scope).count()
    context = {"one": one, "many": many, "without": without, "can_send": can_send}
    return render(request, "accounts/invite.html", context)


def _invite_one(request: Request, form: InviteOneForm) -> HttpResponse:
    person = form.cleaned_data["person"]
    user = invitations.open_for([(person.pk, person.number, person.email)], actor=request.actor)[0]
    if user.has_usable_password() or not user.is_active:
        messages.info(request, _("There is an account already; here it is."))
        return redirect("account", user.pk)
    _must_manage(request, user)
    return _show_link(request, user, Link.Purpose.INVITE)


def _invite_many(request: Request, form: InviteManyForm) -> HttpResponse:
    people = form.people()
    if not people:
        messages.info(request, _("Everybody there has an account already."))
        return redirect("invite")
    users = queries.manageable(request.scope, invitations.open_for(people, actor=request.actor))
    base = letters.base_of(request)
    if form.cleaned_data["send"] == "mail":
        return _mail(request, users, base)
    made = invitations.make_links(users, purpose=Link.Purpose.INVITE, actor=request.actor)
    name = f"{_('Invitations')} {timezone.localdate():%Y-%m-%d}.xlsx"
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or ""}
    return HttpResponse(sheet(made, base), content_type=XLSX, headers=headers)


def _mail(request: Request, users: list[User], base: str) -> HttpResponse:
    able = [one.pk for one in users if letters.address_of(one)]
    if able:
        send_invitations.later(users=able, base=base, sender=request.actor.user, sender_name=request.actor.name)
    text = ngettext("%(count)d letter goes out now.", "%(count)d letters go out now.", len(able)) % {"count": len(able)}
    messages.success(request, text)
    if missing := len(users) - len(able):
        messages.warning(
            request,
            ngettext(
                "%(count)d person has no e-mail address: use the Excel file, or the link on the account's page.",
                "%(count)d people have no e-mail address: use the Excel file, or the links on the accounts' pages.",
                missing,
            )
            % {"count": missing},
        )
    return redirect("accounts")


@allow("security.accounts")
@require_safe
def people_to_invite(request: Request) -> JsonResponse:
    """People by name, pinyin or number."""
    text = request.GET.get("q", "")[:80]
    found = searched(present(request.scope), text).select_related("user").order_by("number")[:12]
    results = [{"value": one.number, "text": one.name, "note": _note(one)} for one in found]
    return JsonResponse({"results": results})


def _note(person: Any) -> str:
    has_account = hasattr(person, "user")
    return _("%(number)s, has an account") % {"number": person.number} if has_account else person.number


@allow("security.policy")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_policy(request: Request) -> HttpResponse:
    """What passwords and sessions are held to."""
    form = PolicyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        changed = change_policy(form.settings(), form.cleaned_data["roles"], actor=request.actor)
        messages.success(request, _("Saved.") if changed else _("Nothing was different."))
        return redirect("sign-in-policy")
    return render(request, "accounts/policy.html", {"form": form})
