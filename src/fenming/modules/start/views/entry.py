"""The first page of an empty installation, and the demo company that it can found."""

import re

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from fenming.controls.models import Work
from fenming.controls.queries import work
from fenming.controls.routes import EVERYONE, Request, allow
from fenming.library.text import Refusal
from fenming.modules.accounts.operations import sessions
from fenming.modules.start.forms import AccountForm
from fenming.modules.start.models import Setup
from fenming.modules.start.operations import keys
from fenming.modules.start.operations.demo_people import demo_accounts
from fenming.modules.start.operations.setup import begin_demo, open_account
from fenming.modules.start.queries.setup import is_empty, next_step, rail, setup

KEY = "start_key"
"""In a session: the digest of the key that was given."""
DEMO = "start_demo"
KEY_AT_MOST = 500
IN_LINK = re.compile(r"[?&]key=([\w-]+)")


@allow(EVERYONE)
@never_cache
@sensitive_post_parameters("password", "key")
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: Request) -> HttpResponse:
    """The key, then the first account; once there are accounts, where the first start goes on."""
    row = setup()
    if DEMO in request.session and "demo" in row.chosen:
        if request.method == "POST":
            return _found_demo(request)
        return render(request, "start/demo.html", _demo(row))
    if not is_empty():
        return _go_on(request, row)
    given = request.POST.get("key") or request.GET.get("key")
    if given:
        return _check(request, row, given)
    if not keys.fits(row, request.session.get(KEY, "")):
        return render(request, "start/key.html", {"made": bool(row.key_digest)})
    if request.POST.get("way") == "demo":
        return _found_demo(request)
    return _account(request, row)


def _go_on(request: Request, row: Setup) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect("sign-in")
    if not request.powers.may("system.company"):
        raise PermissionDenied(_("Only system administrators run the first start."))
    return redirect(next_step(row).page if row.done else "home")


def _check(request: Request, row: Setup, given: str) -> HttpResponse:
    """A key, or the whole link with it, as people paste it."""
    given = given.strip()[:KEY_AT_MOST]
    mark = keys.digest(found[1] if (found := IN_LINK.search(given)) else given)
    if keys.fits(row, mark):
        request.session[KEY] = mark
        return redirect("start")
    if keys.note_wrong(request.actor):
        problem = _("Too many wrong keys. Wait ten minutes, or print a new link with “fenming start-link”.")
        return render(request, "start/key.html", {"problem": problem, "made": True}, status=429)
    problem = _("This key does not open it. Only the newest one does: look in the console again.")
    return render(request, "start/key.html", {"problem": problem, "made": True}, status=403)


def _account(request: Request, row: Setup) -> HttpResponse:
    form = AccountForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user = open_account(form.founder(get_language() or ""), form.colleagues(), address=request.actor.address)
        except Refusal as refusal:
            if not is_empty():
                return redirect("sign-in")
            form.add_error(None, refusal.words.say(get_language() or "zh"))
        else:
            sessions.begin(request, user, method="password")
            return redirect("start-company")
    return render(request, "start/account.html", {"form": form, "rail": rail(row, "account")})


def _found_demo(request: Request) -> HttpResponse:
    begin_demo(timezone.localdate())
    request.session[DEMO] = True
    return redirect("start")


@allow(EVERYONE)
@never_cache
@require_safe
def progress(request: Request) -> HttpResponse:
    """How far the demo company is; for the browser that asked for it."""
    row = setup()
    if DEMO not in request.session or "demo" not in row.chosen:
        raise PermissionDenied
    return render(request, "start/_demo.html", _demo(row))


def _demo(row: Setup) -> dict[str, object]:
    found = work(row.chosen["demo"])
    ready = found is not None and found.state == Work.State.DONE
    return {"work": found, "ready": ready, "accounts": demo_accounts() if ready else []}
