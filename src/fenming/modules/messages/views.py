"""One's own messages, and the ways out for administrators."""

from typing import Any

from django.contrib import messages as notices
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from fenming.controls.routes import SIGNED_IN, Request, allow
from fenming.modules.messages import operations, queries
from fenming.modules.messages.forms import ChannelForm, PreferenceForm
from fenming.modules.messages.models import Channel, Delivery
from fenming.modules.messages.sending import mail

form_page = require_http_methods(["GET", "HEAD", "POST"])


@allow(SIGNED_IN)
@require_safe
@vary_on_headers("HX-Request")
@cache_control(private=True, no_cache=True)
def inbox(request: Request) -> HttpResponse:
    """What the visitor has to do and to know."""
    return _inbox(request)


def _inbox(request: Request) -> HttpResponse:
    found = queries.inbox(_me(request), shown=request.GET.get("show", "all"), page=_number(request, "page"))
    if getattr(request, "htmx", False):
        template = "messages/_inbox.html"
    else:
        template = "messages/inbox-desk.html" if _at_a_desk(request) else "messages/inbox.html"
    asked = {
        name: value for name, value in (("show", found.shown), ("page", found.page.number)) if value not in ("all", 1)
    }
    return render(request, template, {"inbox": found, "asked": f"?{urlencode(asked)}" if asked else ""})


@allow(SIGNED_IN)
@require_safe
def open_message(request: Request, pk: int) -> HttpResponse:
    """Go where a message leads; it is read by that."""
    found = queries.own_message(_me(request), pk)
    if found is None:
        raise Http404
    operations.mark_read(_me(request), pk)
    return redirect(found.url if operations.is_inside(found.url) else reverse("inbox"))


@allow(SIGNED_IN)
@require_POST
def read(request: Request, pk: int) -> HttpResponse:
    if queries.own_message(_me(request), pk) is None:
        raise Http404
    operations.mark_read(_me(request), pk)
    return _after(request)


@allow(SIGNED_IN)
@require_POST
def read_all(request: Request) -> HttpResponse:
    operations.mark_read(_me(request))
    return _after(request)


@allow(SIGNED_IN)
@require_POST
def done(request: Request, pk: int) -> HttpResponse:
    if not operations.mark_done(_me(request), pk, actor=request.actor):
        raise Http404
    return _after(request)


def _after(request: Request) -> HttpResponse:
    """The list as it is now; without scripts the page again."""
    if getattr(request, "htmx", False):
        return _inbox(request)
    asked = {name: request.GET[name] for name in ("show", "page") if name in request.GET}
    return redirect(f"{reverse('inbox')}?{urlencode(asked)}" if asked else reverse("inbox"))


@allow(SIGNED_IN)
@form_page
@cache_control(private=True, no_cache=True)
def settings(request: Request) -> HttpResponse:
    """How the visitor wants to be written to."""
    form = PreferenceForm(request.POST or None, instance=queries.preference(_me(request)))
    if request.method == "POST" and form.is_valid():
        operations.set_preference(_me(request), form.wish(), actor=request.actor)
        notices.success(request, _("Your settings are saved."))
        return redirect("inbox-settings")
    template = "messages/settings-desk.html" if _at_a_desk(request) else "messages/settings.html"
    context = {
        "form": form,
        "mail_on": mail.is_on(),
        "address": _address(request),
        "zone": operations.zone_of(request.user).key,
    }
    return render(request, template, context)


@allow("system.channels")
@require_safe
@cache_control(private=True, no_cache=True)
def channels(request: Request) -> HttpResponse:
    """All ways out."""
    return render(request, "messages/channels.html", {"channels": queries.channels(), "mail_on": mail.is_on()})


@allow("system.channels")
@form_page
@cache_control(private=True, no_store=True)
def new_channel(request: Request) -> HttpResponse:
    return _channel_page(request, None)


@allow("system.channels")
@form_page
@cache_control(private=True, no_store=True)
def edit_channel(request: Request, pk: int) -> HttpResponse:
    return _channel_page(request, _channel(pk))


def _channel_page(request: Request, found: Channel | None) -> HttpResponse:
    form = ChannelForm(request.POST or None, channel=found)
    if request.method == "POST" and form.is_valid():
        made = operations.set_channel(form.way(), channel=found.pk if found else None, actor=request.actor)
        notices.success(
            request, _("%(channel)s is saved. Try it now: that shows whether it works.") % {"channel": made}
        )
        return redirect("channels")
    context = {"form": form, "channel": found, "topics": queries.topics()}
    return render(request, "messages/channel.html", context)


@allow("system.channels")
@require_POST
def try_channel(request: Request, pk: int) -> HttpResponse:
    """Send a message for trial now, and show what the other side says."""
    found, to = _channel(pk), _address(request)
    if not found.is_robot and not (mail.is_on() and to):
        notices.error(request, _("For a trial the site needs a mail server, and your account an e-mail address."))
        return redirect("channels")
    outcome = operations.try_channel(found, to=to, language=get_language() or "", actor=request.actor)
    if outcome.is_sent:
        notices.success(request, _("%(channel)s took the message. Look whether it has arrived.") % {"channel": found})
    else:
        notices.error(request, _("%(channel)s refused: %(why)s") % {"channel": found, "why": outcome.error})
    return redirect("channels")


@allow("system.channels")
@require_POST
def switch_channel(request: Request, pk: int) -> HttpResponse:
    operations.switch_channel(_channel(pk), on=request.POST.get("on") == "1", actor=request.actor)
    return redirect("channels")


@allow("system.channels")
@require_safe
@cache_control(private=True, no_cache=True)
def deliveries(request: Request) -> HttpResponse:
    """What became of every message."""
    state = request.GET.get("state", "")
    counts = queries.counts()
    context = {
        "page": queries.deliveries(state=state, channel=_number(request, "channel", 0), page=_number(request, "page")),
        "state": state,
        "states": [(one.value, one.label, counts[one.value]) for one in Delivery.State],
        "all": sum(counts.values()),
        "now_failing": (Delivery.State.FAILED, Delivery.State.DEAD),
    }
    return render(request, "messages/deliveries.html", context)


@allow("system.channels")
@require_POST
def retry(request: Request, pk: int) -> HttpResponse:
    if not operations.retry(pk, actor=request.actor):
        raise Http404
    notices.success(request, _("It will be tried again within a minute."))
    return redirect(f"{reverse('deliveries')}?{urlencode({'state': request.POST.get('state', '')[:10]})}")


def _channel(pk: int) -> Channel:
    found = queries.channel(pk)
    if found is None:
        raise Http404
    return found


def _me(request: Request) -> int:
    return int(request.user.pk or 0)


def _address(request: Request) -> str:
    return str(getattr(request.user, "email", ""))


def _at_a_desk(request: Request) -> bool:
    """Who leads or administers works in the desk's frame; who sees only the own things has the phone's."""
    return bool(set(request.powers.scopes) - {"score.own", "people.own"})


def _number(request: Request, name: str, otherwise: int = 1) -> int:
    text: Any = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else otherwise
