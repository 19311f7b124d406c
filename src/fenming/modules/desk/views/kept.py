"""What a person keeps of the boards: alerts, walls, reports by mail. Everything here is one's own."""

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.routes import EVERYONE, Request, allow
from fenming.library.text import Refusal
from fenming.modules.desk.forms import AlertForm, ReportForm, WallForm
from fenming.modules.desk.operations import alerts as alert_operations
from fenming.modules.desk.operations import reports as report_operations
from fenming.modules.desk.operations import walls as wall_operations
from fenming.modules.desk.queries import alerts, reports, walls
from fenming.modules.desk.queries.pivot import pivot

CHANGES = frozenset({"on", "off", "snooze", "drop"})
MOST_QUERY = 1000


def _me(request: Request) -> int:
    return request.user.pk or 0


def _said(refusal: Refusal) -> str:
    return refusal.words.say(get_language() or "zh-hans")


@allow("board.view")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def alert_list(request: Request) -> HttpResponse:
    """One's alerts, and a form for one more."""
    only = request.GET.get("f", "").partition(":")
    first = {"indicator": request.GET.get("indicator", ""), "dimension": only[0], "value": only[2], "days": 3}
    form = AlertForm(request.POST or None, scope=request.scope, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            alert_operations.set_alert(request.actor, form.wanted())
        except Refusal as refusal:
            form.add_error(None, _said(refusal))
        else:
            messages.success(request, _("The alert is set. It is judged every morning, for the day before."))
            return redirect("alerts")
    return render(request, "desk/alerts.html", {"form": form, "alerts": alerts.own_alerts(_me(request))})


@allow("board.view")
@require_safe
@never_cache
def ringing(request: Request) -> HttpResponse:
    """The alerts that ring, as the piece that each board asks for."""
    return render(request, "desk/_ringing.html", {"ringing": alerts.ringing(_me(request))})


@allow("board.view")
@require_POST
def alert_change(request: Request, pk: int) -> HttpResponse:
    """Switch, put off or drop one."""
    found, what = alerts.own_alert(_me(request), pk), request.POST.get("what", "")
    if found is None:
        raise Http404
    if what in CHANGES:
        alert_operations.change_alert(request.actor, found, what)
    return redirect("alerts")


@allow("board.export")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def wall_list(request: Request) -> HttpResponse:
    """One's walls, and a form for one more; the link of a new one is shown once."""
    query = request.GET.get("pivot", "")[:MOST_QUERY]
    also = []
    if query and (found := pivot(request.scope, QueryDict(query))) is not None:
        also = [(f"pivot?{query}", f"{found.name} · {found.by_name}")]
    form = WallForm(request.POST or None, scope=request.scope, also=also)
    link = ""
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            _wall, token = wall_operations.hang(request.actor, given["name"], form.chosen(), seconds=given["seconds"])
        except Refusal as refusal:
            form.add_error(None, _said(refusal))
        else:
            link = request.build_absolute_uri(reverse("wall", args=[token]))
            form = WallForm(scope=request.scope, also=also)
    shown = {"form": form, "walls": walls.own_walls(_me(request)), "link": link, "today": timezone.localdate()}
    return render(request, "desk/walls.html", shown)


@allow("board.export")
@require_POST
def wall_revoke(request: Request, pk: int) -> HttpResponse:
    """The link opens nothing any more."""
    found = walls.own_wall(_me(request), pk)
    if found is None:
        raise Http404
    wall_operations.take_down(request.actor, found)
    return redirect("walls")


@allow(EVERYONE)
@require_safe
@never_cache
def wall(request: Request, token: str) -> HttpResponse:
    """One board of a wall, in large letters; the next one follows by itself."""
    found = walls.wall_at(token)
    if found is None:
        raise Http404
    number = request.GET.get("n", "")
    place = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0
    screen = walls.screen(found, place)
    wall_operations.note_seen(found)
    following = screen.next if screen else (place + 1) % max(1, len(found.boards))
    answer = render(request, "desk/wall.html", {"wall": found, "screen": screen, "next": following})
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@allow("board.export")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def report_list(request: Request) -> HttpResponse:
    """One's reports by mail, and a form for the board one comes from."""
    first = {name: request.GET.get(name, "")[:MOST_QUERY] for name in ("kind", "query", "title")}
    first["kind"] = first["kind"] or "company"
    first["title"] = first["title"][:120] or _("All departments")
    form = ReportForm(request.POST or None, initial={**first, "rhythm": "week", "day": 1})
    if request.method == "POST" and form.is_valid():
        try:
            report_operations.subscribe(request.actor, form.wanted())
        except Refusal as refusal:
            form.add_error(None, _said(refusal))
        else:
            messages.success(request, _("It will come by mail, as Excel and PDF."))
            return redirect("reports")
    today = timezone.localdate()
    rows = [(one, reports.next_day(one, today)) for one in reports.own_reports(_me(request))]
    address = getattr(request.user, "email", "")
    return render(request, "desk/reports.html", {"form": form, "reports": rows, "address": address})


@allow("board.export")
@require_POST
def report_change(request: Request, pk: int) -> HttpResponse:
    """Pause one, take it up again, or drop it."""
    found, what = reports.own_report(_me(request), pk), request.POST.get("what", "")
    if found is None:
        raise Http404
    if what in CHANGES - {"snooze"}:
        report_operations.change_report(request.actor, found, what)
    return redirect("reports")
