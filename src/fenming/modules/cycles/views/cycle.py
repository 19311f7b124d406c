"""One cycle: its course, its people, and everything that leads it on."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.routes import SIGNED_IN, Request, allow
from fenming.library.text import Refusal
from fenming.modules.cycles.forms.steps import DaysForm, ReasonForm, ReviewerForm
from fenming.modules.cycles.models import Cycle, Owner, Step, StepKind
from fenming.modules.cycles.operations import cancelling
from fenming.modules.cycles.operations import close as closing
from fenming.modules.cycles.operations import steps as operations
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.queries import cycle as queries
from fenming.modules.cycles.queries.appeals import open_appeals, rows
from fenming.modules.cycles.queries.board import Row
from fenming.modules.cycles.queries.data import completeness
from fenming.modules.cycles.queries.sheet import sheet
from fenming.modules.cycles.queries.tasks import Wanted, open_tasks, step_in_reach, tasks_of
from fenming.modules.cycles.views.acts import act_on_tasks, back, name_reviewer, numbers, say, sent

private = cache_control(private=True, no_cache=True)
form_page = require_http_methods(["GET", "HEAD", "POST"])
PAGE = 50
LATE = 8
"""How many late tasks stand beside a step."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def cycle_or_404(request: Request, pk: int, *, managed: bool = False) -> Cycle:
    """The cycle, if the visitor's reach sees it; to lead it, the reach must hold it whole."""
    found = queries.cycle_at(request.scope, pk)
    if found is None or (managed and not queries.manages(request.scope, found)):
        raise Http404
    return found


@allow("cycles.view")
@require_safe
@private
def cycle(request: Request, pk: int) -> HttpResponse:
    """Its steps, the chosen or present one closer, and its people."""
    found = cycle_or_404(request, pk)
    row = queries.course(request.scope, found)
    asked = queries.Asked(
        q=request.GET.get("q", "")[:80], state=_one_of(request, "state", queries.STATES),
        kind=_one_of(request, "at", StepKind.values),
    )  # fmt: skip
    page = Paginator(queries.people(request.scope, found, asked), PAGE).get_page(request.GET.get("page"))
    personal = [one.step for one in row.taken if one.step.owner in (Owner.EMPLOYEE, Owner.REVIEWER)]
    may_manage = request.powers.may("cycles.manage") and queries.manages(request.powers.scope("cycles.manage"), found)
    work = queries.closing_work(found) if found.state == Cycle.State.OPEN else None
    context = {
        "cycle": found, "row": row, "may_manage": may_manage, "work": work, "is_archiving": queries.is_archiving(work),
        "page": page, "lines": queries.lines(personal, list(page.object_list)), "personal": personal, "asked": asked,
        "kinds": [(one.kind, one.get_kind_display()) for one in personal], "states": _states(),
        "query": request.GET.urlencode(), **_closer(request, row),
        "reviewer_form": ReviewerForm(url=reverse("people-find")) if may_manage else None,
    }  # fmt: skip
    return render(request, "cycles/cycle.html", context)


def _closer(request: Request, row: Row) -> dict[str, Any]:
    """The step that is looked at closer: the chosen one, else the present one, else the last."""
    chosen = _one_of(request, "step", [one.kind for one in row.taken])
    last = next(reversed(row.taken), None)
    cell = next((one for one in row.taken if one.kind == chosen), row.now or last)
    if cell is None:
        return {"cell": None, "selected": ""}
    wanted = Wanted(cycle=row.cycle.pk, kind=cell.kind, late=True)
    return {
        "cell": cell,
        "selected": cell.kind,
        "late": open_tasks(request.scope, wanted)[:LATE] if cell.late else [],
        "reopens": queries.last_ended(row) == cell.step.pk,
    }


def _states() -> list[tuple[str, str]]:
    return [
        ("open", _("with something open")), ("late", _("late")), ("done", _("with nothing open")),
        ("none", _("without reviewer")), ("gone", _("no longer in the cycle")),
    ]  # fmt: skip


def _one_of(request: Request, name: str, known: Any) -> str:
    asked = request.GET.get(name, "")
    return asked if asked in known else ""


@allow("cycles.view")
@require_safe
def export(request: Request, pk: int) -> HttpResponse:
    """The state of everybody, as an Excel file."""
    found = cycle_or_404(request, pk)
    places = list(queries.people(request.scope, found, queries.Asked()))
    steps = list(found.steps.filter(owner__in=(Owner.EMPLOYEE, Owner.REVIEWER)).order_by("position"))
    name = f"{found.department.name} {found.label}.xlsx"
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or ""}
    return HttpResponse(sheet(found, queries.lines(steps, places)), content_type=XLSX, headers=headers)


# Steps


ACTS: dict[str, Callable[[Request, Step, str], None]] = {
    "advance": lambda request, step, reason: operations.advance(request.actor, step, force_reason=reason),
    "skip": lambda request, step, reason: operations.skip(request.actor, step, reason=reason),
    "reopen": lambda request, step, reason: operations.reopen(request.actor, step, reason=reason),
}


@allow("cycles.manage")
@form_page
@private
def step(request: Request, pk: int, what: str) -> HttpResponse:
    """Lead a step on, skip it or take it up again: first what that means, then the deed."""
    found = step_in_reach(request.scope, pk)
    if found is None or what not in ACTS:
        raise Http404
    parent = cycle_or_404(request, found.cycle_id, managed=True)
    brings = queries.consequence(request.scope, parent, found)
    needed = what != "advance" or bool(brings.open_tasks)
    form = ReasonForm(sent(request), needed=needed)
    context = {
        "step": found, "cycle": parent, "what": what, "brings": brings, "form": form, "needed": needed,
        "appeals": rows(open_appeals(parent)) if ends_cycle(found, what) else [],
    }  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            ACTS[what](request, found, form.cleaned_data["reason"])
        except Refusal as refusal:
            form.add_error(None, say(refusal))
        else:
            messages.success(request, _told(found, what))
            return redirect("cycle", parent.pk)
    return render(request, "cycles/step.html", context)


def ends_cycle(step: Step, what: str) -> bool:
    return what == "advance" and step.kind == StepKind.ARCHIVE


def _told(step: Step, what: str) -> str:
    name = {"name": StepKind(step.kind).label}
    if ends_cycle(step, what):
        return _("Archiving has begun; it goes on in the background.")
    return {
        "advance": _("“%(name)s” is done.") % name,
        "skip": _("“%(name)s” is skipped.") % name,
        "reopen": _("“%(name)s” is open again.") % name,
    }[what]


PAGES = {
    (StepKind.GOALS, Owner.EMPLOYEE): "my-cycle",
    (StepKind.GOALS, Owner.REVIEWER): "reviews",
    (StepKind.TRACKING, Owner.EMPLOYEE): "my-cycle",
    (StepKind.TRACKING, Owner.REVIEWER): "reviews",
    (StepKind.SELF_REVIEW, Owner.EMPLOYEE): "my-cycle",
    (StepKind.MANAGER_REVIEW, Owner.REVIEWER): "reviews",
    (StepKind.CALIBRATION, Owner.HEAD): "calibration",
    (StepKind.CALIBRATION, Owner.HR): "calibration",
    (StepKind.LETTER, Owner.HEAD): "letters",
    (StepKind.LETTER, Owner.HR): "letters",
    (StepKind.INTERVIEW, Owner.REVIEWER): "interviews",
    (StepKind.CONFIRM, Owner.EMPLOYEE): "my-letter",
    (StepKind.IMPROVEMENT, Owner.EMPLOYEE): "my-improvements",
    (StepKind.IMPROVEMENT, Owner.REVIEWER): "improvements",
}
"""Where a to-do leads, by the step and whose it is."""
OF_CYCLE = {"my-letter", "my-improvements", "interviews", "improvements", "letters"}
"""Those of them that show one cycle at a time."""


@allow(SIGNED_IN)
@require_safe
@private
def do(request: Request, pk: int) -> HttpResponse:
    """From a to-do to the page where it is done; whoever leads cycles comes to the cycle."""
    found = Step.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    employee = getattr(request.user, "employee_id", None)
    if employee and tasks_of(employee, found):
        try:
            page = PAGES[StepKind(found.kind), Owner(found.owner)]
            return redirect(f"{reverse(page)}?cycle={found.cycle_id}" if page in OF_CYCLE else page)
        except (KeyError, NoReverseMatch):
            pass
    for permission in ("cycles.manage", "cycles.view"):
        scope = request.powers.scope(permission)
        if request.powers.may("cycles.view") and queries.cycle_at(scope, found.cycle_id):
            if found.kind == StepKind.DATA:
                return redirect("cycle-data", found.cycle_id)
            return redirect("cycle", found.cycle_id)
    return redirect("inbox")


@allow("cycles.manage")
@form_page
@private
def days(request: Request, pk: int) -> HttpResponse:
    """Other days for the steps to come: what would change, then saved."""
    found = cycle_or_404(request, pk, managed=True)
    row = queries.course(request.scope, found)
    cells = [one for one in row.taken if not one.is_over]
    form = DaysForm(sent(request), steps=[one.step for one in cells], initial={"version": found.version})
    context: dict[str, Any] = {"cycle": found, "form": form, "stale": False}
    if request.method == "POST" and form.is_valid():
        left = {one.step.pk: one.left for one in cells}
        context["changes"] = [(one, opens, due, left[one.pk]) for one, opens, due in form.changes()]
        if "save" in request.POST:
            try:
                operations.reschedule(request.actor, found, form.days(), version=form.cleaned_data["version"])
            except Stale:
                context["stale"] = True
                form.data = {**request.POST.dict(), "version": str(found.version)}
            except Refusal as refusal:
                form.add_error(None, say(refusal))
            else:
                messages.success(request, _("Saved."))
                return redirect("cycle", pk)
    return render(request, "cycles/days.html", context)


@allow("cycles.manage")
@form_page
@private
def cancel(request: Request, pk: int) -> HttpResponse:
    """Call a cycle off."""
    found = cycle_or_404(request, pk, managed=True)
    form = ReasonForm(sent(request), needed=True)
    if request.method == "POST" and form.is_valid():
        try:
            cancelling.cancel(request.actor, found, reason=form.cleaned_data["reason"])
        except Refusal as refusal:
            form.add_error(None, say(refusal))
        else:
            messages.success(request, _("The cycle is called off."))
            return redirect("cycles")
    people = found.participants.filter(removed_at=None).count()
    context = {"cycle": found, "form": form, "people": people, "appeals": rows(open_appeals(found))}
    return render(request, "cycles/cancel.html", context)


# People


@allow("cycles.manage")
@require_POST
def people(request: Request, pk: int) -> HttpResponse:
    """Name a reviewer for those chosen, remind them, or waive what they have open at a step."""
    found = cycle_or_404(request, pk, managed=True)
    chosen = numbers(request)
    places = queries.people(request.scope, found, queries.Asked()).filter(pk__in=chosen)
    ids = list(places.values_list("id", flat=True))
    act = request.POST.get("act", "")
    if not ids:
        messages.warning(request, _("Choose some people first."))
    elif act == "reviewer":
        name_reviewer(request, ids)
    elif act in ("remind", "waive"):
        tasks = open_tasks(request.scope, Wanted(cycle=pk)).filter(participant__in=ids)
        act_on_tasks(request, act, list(tasks.order_by().values_list("id", flat=True)))
    return redirect(back(request, reverse("cycle", args=[pk])))


# Data and closing


@allow("cycles.view")
@require_safe
@private
def data(request: Request, pk: int) -> HttpResponse:
    """Whether the records of the period are complete."""
    found = cycle_or_404(request, pk)
    step = found.steps.filter(kind=StepKind.DATA).first()
    managed = request.powers.may("cycles.manage") and queries.manages(request.powers.scope("cycles.manage"), found)
    context = {
        "cycle": found, "found": completeness(found), "step": step,
        "may_confirm": managed and step is not None and step.state == Step.State.OPEN, "may_manage": managed,
    }  # fmt: skip
    return render(request, "cycles/data.html", context)


@allow("cycles.manage")
@require_POST
def score(request: Request, pk: int) -> HttpResponse:
    """Score the department anew, in the background."""
    found = cycle_or_404(request, pk, managed=True)
    if found.state == Cycle.State.OPEN:
        operations.score_later(request.actor, found)
        messages.success(request, _("The department is being scored; it takes a moment."))
    return redirect("cycle-data", pk)


@allow("cycles.manage")
@require_safe
@private
def archiving(request: Request, pk: int) -> HttpResponse:
    """How far the archiving is, as a fragment that asks again."""
    found = cycle_or_404(request, pk, managed=True)
    work = queries.closing_work(found)
    going = queries.is_archiving(work)
    context = {"cycle": found, "work": work, "is_archiving": going, "may_manage": True}
    answer = render(request, "cycles/_archiving.html", context)
    if not going:
        answer["HX-Refresh"] = "true"
    return answer


@allow("cycles.manage")
@require_POST
def stop(request: Request, pk: int) -> HttpResponse:
    """Stop the archiving; begun again, it goes on."""
    found = cycle_or_404(request, pk, managed=True)
    if closing.stop_close(request.actor, found):
        messages.success(request, _("Archiving is stopped. What is written is taken up when it is begun again."))
    return redirect("cycle", pk)
