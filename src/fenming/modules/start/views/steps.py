"""The steps of the first start. Each keeps what was typed, and says so when somebody else is at it."""

import base64
from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from fenming.controls.queries import work as work_of
from fenming.controls.routes import Request, allow
from fenming.library.text import Refusal
from fenming.modules.accounts.operations import letters
from fenming.modules.accounts.operations.sheet import sheet
from fenming.modules.accounts.queries.entry import waiting_officers
from fenming.modules.people.operations.calendar import describe_company
from fenming.modules.people.queries.records import company as the_company
from fenming.modules.people.queries.size import last_import, places_with_posts, size
from fenming.modules.start.forms import CompanyForm, InvitationsForm, RecordsForm, SchemesForm
from fenming.modules.start.models import Setup
from fenming.modules.start.operations import inviting
from fenming.modules.start.operations import records as first_records
from fenming.modules.start.operations.schemes import publish_chosen
from fenming.modules.start.operations.setup import dismiss, finish, finish_step, hold
from fenming.modules.start.queries.calendars import shipped_years
from fenming.modules.start.queries.checklist import checklist
from fenming.modules.start.queries.invitations import candidates
from fenming.modules.start.queries.setup import STEPS, is_elsewhere, next_step, rail, setup

View = Callable[[Request, Setup], HttpResponse]


def step(name: str) -> Callable[[View], Callable[..., HttpResponse]]:
    """A page of the first start: open while it runs, in its order, to one person at a time; it can be skipped."""

    def declare(view: View) -> Callable[..., HttpResponse]:
        @allow("system.company")
        @never_cache
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def wrapped(request: Request) -> HttpResponse:
            row = setup()
            if row.finished_at or not row.done:
                return redirect("start-done" if row.finished_at else "home")
            order = [one.id for one in STEPS]
            if order.index(name) > order.index(next_step(row).id):
                return redirect(next_step(row).page)
            take_over = request.method == "POST" and "take-over" in request.POST
            row = hold(request.actor.user, take_over=take_over)
            if take_over:
                return redirect(f"start-{name}")
            if request.method == "POST" and "skip" in request.POST and STEPS[order.index(name)].can_skip:
                return _done(request, name, skipped=True)
            return view(request, row)

        return wrapped

    return declare


def page(request: Request, row: Setup, name: str, template: str = "", **context: Any) -> HttpResponse:
    """A step's page with the rail; 409 where what was sent is somebody else's to send."""
    at = [one.id for one in STEPS].index(name)
    elsewhere = is_elsewhere(row, request.actor.user)
    context |= {
        "rail": rail(row, name), "step": STEPS[at], "elsewhere": row.holder if elsewhere else None, "setup": row,
        "back": STEPS[at - 1].page if at > 1 else "",
    }  # fmt: skip
    status = 409 if elsewhere and request.method == "POST" else 200
    return render(request, f"start/{template or name}.html", context, status=status)


def _done(request: Request, name: str, chosen: dict[str, Any] | None = None, *, skipped: bool = False) -> HttpResponse:
    try:
        finish_step(request.actor, name, chosen, skipped=skipped)
    except Refusal as refusal:
        messages.error(request, say(refusal))
        return redirect(f"start-{name}")
    return redirect(next_step(setup()).page)


def say(refusal: Refusal) -> str:
    """A refusal in the language of the page."""
    return refusal.words.say(get_language() or "zh")


@step("company")
def company(request: Request, row: Setup) -> HttpResponse:
    """What the company is called, where it is, and when it works."""
    form = CompanyForm(request.POST if request.method == "POST" else None, initial=_company_now())
    if request.method == "POST" and form.is_valid() and not is_elsewhere(row, request.actor.user):
        given = form.cleaned_data
        describe_company(
            request.actor, name=form.name, time_zone=given["time_zone"], language=given["language"],
            calendar=given["calendar"],
        )  # fmt: skip
        return _done(request, "company")
    return page(request, row, "company", form=form, years=shipped_years("cn"))


@step("people")
def people(request: Request, row: Setup) -> HttpResponse:
    """Departments and people, by the import of people; its pages lead back here."""
    found = size()
    if request.method == "POST" and found.people:
        return _done(request, "people", {"people": found.people})
    return page(
        request, row, "people", size=found, last=last_import(request.actor.user), today=timezone.localdate(),
        may_import=request.powers.may("people.import"),
    )  # fmt: skip


@step("schemes")
def schemes(request: Request, row: Setup) -> HttpResponse:
    """What is measured in each department; a GET with choices shows what these would measure."""
    places = places_with_posts()
    kept = row.chosen.get("schemes", {}).get("form", {})
    given = request.POST if request.method == "POST" else None
    form = SchemesForm(places, _first_days(), given, initial=kept | request.GET.dict())
    if given is not None and form.is_valid() and not is_elsewhere(row, request.actor.user):
        try:
            count = publish_chosen(request.actor, form.chosen(), date.fromisoformat(form.cleaned_data["start"]))
        except Refusal as refusal:
            form.add_error(None, say(refusal))
        else:
            return _done(request, "schemes", {"form": form.cleaned_data, "schemes": count})
    return page(request, row, "schemes", form=form)


def _first_days() -> list[date]:
    """From when a scheme may measure: this month, the last one, the year's begin."""
    this = timezone.localdate().replace(day=1)
    last = (this - timedelta(days=1)).replace(day=1)
    return list(dict.fromkeys([this, last, this.replace(month=1)]))


@step("records")
def records(request: Request, row: Setup) -> HttpResponse:
    """The first file: given, read, looked at, taken in, scored."""
    kept = row.chosen.get("records", {})
    form = RecordsForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and not is_elsewhere(row, request.actor.user):
        answer = _records_act(request, kept, form)
        if answer is not None:
            return answer
    return page(
        request, row, "records", form=form if request.FILES or request.POST else RecordsForm(), **_records(kept)
    )


def _records_act(request: Request, kept: dict[str, Any], form: RecordsForm) -> HttpResponse | None:
    way = request.POST.get("way", "")
    try:
        if way == "take" and kept.get("token"):
            first_records.let_take(request.actor, kept["token"], kept["read"], kept.get("taken"))
        elif way == "discard" and kept.get("token"):
            first_records.discard(request.actor, kept["token"])
        elif way == "go-on":
            return _done(request, "records")
        elif form.is_valid():
            file = form.cleaned_data["file"]
            first_records.receive(request.actor, file.name or "", file.chunks())
        else:
            return None
    except Refusal as refusal:
        messages.error(request, say(refusal))
    return redirect("start-records")


def _records(kept: dict[str, Any]) -> dict[str, Any]:
    """Where the file is: the work that reads it, what it read, the work that takes it in."""
    reading = work_of(kept["read"]) if kept.get("read") else None
    taking = work_of(kept["taken"]) if kept.get("taken") else None
    busy = [one for one in (reading, taking) if one and one.state in ("queued", "running")]
    found = reading.result if reading and reading.state == "done" else None
    month = (found or {}).get("month")
    return {
        "file": kept.get("file"), "reading": reading, "taking": taking, "found": found,
        "busy": busy[-1] if busy else None,
        "result": taking.result if taking and taking.state == "done" else None,
        "covered": bool(month and first_records.covers(month)),
    }  # fmt: skip


@allow("system.company")
@never_cache
@require_safe
def records_progress(request: Request) -> HttpResponse:
    """How far the file is; once it has ended, the page is asked for anew."""
    context = _records(setup().chosen.get("records", {}))
    answer = render(request, "start/_records-progress.html", context)
    if not context["busy"]:
        answer["HX-Refresh"] = "true"
    return answer


@step("invitations")
def invitations(request: Request, row: Setup) -> HttpResponse:
    """Accounts, roles and links; the links are seen once, in the answer."""
    form = InvitationsForm(candidates(), request.POST if request.method == "POST" else None)
    if request.method == "POST" and not is_elsewhere(row, request.actor.user):
        if request.POST.get("way") == "go-on":
            return _done(request, "invitations")
        if form.is_valid():
            try:
                return _invite(request, row, form)
            except Refusal as refusal:
                form.add_error(None, say(refusal))
    return page(
        request, row, "invitations", form=form, officers=waiting_officers(), can_send=letters.can_send(),
    )  # fmt: skip


def _invite(request: Request, row: Setup, form: InvitationsForm) -> HttpResponse:
    base = settings.SITE_URL or request.build_absolute_uri("/")
    if form.cleaned_data["send"] == "mail" and letters.can_send():
        sent, without = inviting.invite_by_mail(request.actor, form.guests(), base)
        text = ngettext("%(n)d letter goes out now.", "%(n)d letters go out now.", sent) % {"n": sent}
        messages.success(request, text)
        if without:
            text = ngettext(
                "%(n)d person has no e-mail address: make a link instead.",
                "%(n)d people have no e-mail address: make links instead.",
                without,
            )
            messages.warning(request, text % {"n": without})
        return redirect("start-invitations")
    made = inviting.invite(request.actor, form.guests())
    links = [
        {"name": one.user.get_full_name(), "number": one.user.username, "url": letters.url_of(one, base)}
        for one in made
    ]
    book = base64.b64encode(sheet(made, base)).decode() if made else ""
    return page(
        request, row, "invitations", "links", links=links, book=book, until=made[0].link.expires_at if made else None
    )


def _company_now() -> dict[str, str]:
    there = the_company()
    if there is None:
        return {"time_zone": "Asia/Shanghai", "calendar": "cn", "language": get_language() or "zh-hans"}
    return {name: getattr(there, name) for name in ("name_zh", "name_en", "time_zone", "language", "calendar")}


@allow("system.company")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def done(request: Request) -> HttpResponse:
    """What comes next; a POST puts the list away."""
    row = setup()
    if not row.done:
        return redirect("home")
    if not row.finished_at:
        if next_step(row).id != "done":
            return redirect(next_step(row).page)
        try:
            finish(request.actor)
        except Refusal as refusal:
            messages.error(request, say(refusal))
            return redirect("start-invitations")
    if request.method == "POST":
        dismiss(request.actor)
        messages.success(request, _("The list is put away."))
        return redirect("home")
    return render(request, "start/done.html", {"rail": rail(setup(), "done"), "todos": checklist()})
