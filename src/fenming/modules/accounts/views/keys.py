"""API keys: the list, a new one, a new secret, the end."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.permissions import PERMISSIONS
from fenming.controls.routes import Request, allow
from fenming.library.text import Refusal
from fenming.modules.accounts.forms.keys import KeyForm, RotateForm
from fenming.modules.accounts.forms.roles import say
from fenming.modules.accounts.models import ApiKey
from fenming.modules.accounts.operations import keys as operations
from fenming.modules.accounts.queries import keys as queries

PAGE = 50


@allow("security.keys")
@require_safe
def keys(request: Request) -> HttpResponse:
    """All keys, and when each was used last."""
    page = Paginator(queries.keys(), PAGE).get_page(request.GET.get("page"))
    rows = [(one, [say(PERMISSIONS[name].name) for name in one.permissions if name in PERMISSIONS]) for one in page]
    return render(request, "accounts/keys.html", {"page": page, "rows": rows})


@allow("security.keys")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new_key(request: Request) -> HttpResponse:
    """Make a key; its token is on the answer and nowhere else."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            key, token = operations.make_key(request.actor, form.wanted())
        except Refusal as refusal:
            form.add_error(None, _say(refusal))
        else:
            return render(request, "accounts/key-shown.html", {"key": key, "token": token})
    return render(request, "accounts/key-new.html", {"form": form}, status=422 if form.errors else 200)


@allow("security.keys")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def rotate_key(request: Request, pk: int) -> HttpResponse:
    """A new secret; the old one works on for a while."""
    key = _key(pk)
    form = RotateForm(request.POST or None, key=key)
    if request.method == "POST" and form.is_valid():
        try:
            token = operations.rotate_key(
                request.actor, key, overlap=form.overlap_wanted(), expires_at=form.cleaned_data["expires"]
            )
        except Refusal as refusal:
            form.add_error(None, _say(refusal))
        else:
            return render(request, "accounts/key-shown.html", {"key": _key(pk), "token": token})
    status = 422 if form.errors else 200
    return render(request, "accounts/key-rotate.html", {"form": form, "key": key}, status=status)


@allow("security.keys")
@require_POST
def revoke_key(request: Request, pk: int) -> HttpResponse:
    """Let a key work no more."""
    try:
        operations.revoke_key(request.actor, _key(pk))
    except Refusal as refusal:
        messages.error(request, _say(refusal))
    else:
        messages.success(request, _("The key is revoked and works no more."))
    return redirect("keys")


def _key(pk: int) -> ApiKey:
    found = queries.key_at(pk)
    if found is None:
        raise Http404
    return found


def _say(refusal: Refusal) -> str:
    return refusal.words.say(get_language() or "zh")
