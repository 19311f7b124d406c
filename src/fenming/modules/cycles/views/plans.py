"""The plans: how the cycles of the company and of departments run."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.routes import Request, allow
from fenming.library.text import Refusal
from fenming.modules.cycles.forms.plans import PlanForm
from fenming.modules.cycles.models import Owner, Rhythm, StepKind
from fenming.modules.cycles.operations.plans import drop_plan, save_plan
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.queries.board import MARK
from fenming.modules.cycles.queries.plans import Planned, dates, own_or_inherited, period_at, plans
from fenming.modules.cycles.views.acts import say, sent
from fenming.modules.people.queries.calendar import working_days_around
from fenming.modules.people.queries.line import departments_in_order, parents_of_departments
from fenming.modules.people.queries.seats import named, present

private = cache_control(private=True, no_cache=True)


@allow("cycles.manage")
@require_safe
@private
def overview(request: Request) -> HttpResponse:
    """The company's plan, and which departments go their own way."""
    known, parents = plans(), parents_of_departments()
    rows: list[dict[str, Any]] = [
        {"id": one, "name": name, "depth": depth, "plan": plan, "own": plan.department == one}
        for one, name, depth in departments_in_order(request.scope)
        for plan in [own_or_inherited(one, known, parents)]
    ]
    people = named({row["plan"].head for row in rows if row["plan"].head})
    names = {row["id"]: row["name"] for row in rows}
    for row in rows:
        row["head"] = people.get(row["plan"].head)
        row["rhythm"] = Rhythm(row["plan"].rhythm).label
        row["above"] = names.get(row["plan"].department)
    company = known[None]
    steps = [
        {"name": StepKind(kind).label, "icon": MARK[StepKind(kind)], "owner": Owner(owner).label, "opens": opens,
         "due": due}
        for kind, opens, due, owner in _calendar(company)
    ]  # fmt: skip
    context = {
        "company": company, "rhythm": Rhythm(company.rhythm).label, "steps": steps, "rows": rows,
        "whole": request.scope.everything,
    }  # fmt: skip
    return render(request, "cycles/plans.html", context)


@allow("cycles.manage")
@require_http_methods(["GET", "HEAD", "POST"])
@private
def plan(request: Request, department: int) -> HttpResponse:
    """One plan; 0 is the company's."""
    name = _name(request, department)
    known, parents = plans(), parents_of_departments()
    key = department or None
    now = known.get(key) or _fresh(own_or_inherited(department, known, parents), department)
    head = named({now.head}).get(now.head) if now.head else None
    form = PlanForm(
        sent(request), plan=now, head=head.number if head else "", url=reverse("people-find"),
        head_name=f"{head.name} {head.number}" if head else "",
    )  # fmt: skip
    context: dict[str, Any] = {
        "form": form, "department": department, "name": name, "plan": now, "own": key in known and now.version > 0,

    }  # fmt: skip
    if request.method == "POST" and form.is_valid() and _save(request, form, context):
        messages.success(request, _("Saved. Cycles opened from now on follow it."))
        return redirect("cycle-plans")
    context["rows"] = _rows(form, now)
    return render(request, "cycles/plan.html", context)


def _name(request: Request, department: int) -> str:
    if not department:
        if not request.scope.everything:
            raise Http404
        return _("The whole company")
    names = {one: name for one, name, _ in departments_in_order(request.scope)}
    if department not in names:
        raise Http404
    return names[department]


def _fresh(above: Planned, department: int) -> Planned:
    """The plan above as the beginning of a department's own."""
    return Planned(
        department=department, rhythm=above.rhythm, appeal_days=above.appeal_days, shows_rank=above.shows_rank,
        steps=above.steps,
    )  # fmt: skip


def _save(request: Request, form: PlanForm, context: dict[str, Any]) -> bool:
    number = form.cleaned_data["head"].replace("\0", "").strip()
    head = present(request.powers.scope("people.view")).filter(number=number).first() if number else None
    if number and head is None:
        form.add_error("head", _("Nobody with this number works here."))
        return False
    try:
        save_plan(request.actor, form.wanted(head.pk if head else None))
    except Stale:
        context["stale"] = plans().get(context["department"] or None)
        form.data = {**request.POST.dict(), "version": str(context["stale"].version if context["stale"] else 0)}
    except Refusal as refusal:
        form.add_error(None, say(refusal))
    else:
        return True
    return False


def _calendar(plan: Planned) -> list[tuple[str, Any, Any, str]]:
    """The steps of a plan with their days in the period of today."""
    period = period_at(plan.rhythm, timezone.localdate())
    days = working_days_around(period.start, period.end)
    return [(one.kind, opens, due, one.owner) for one, opens, due in dates(plan.taken(), period, days)]


def _rows(form: PlanForm, plan: Planned) -> list[dict[str, Any]]:
    found = {kind: (opens, due) for kind, opens, due, _ in _calendar(plan)}
    return [
        row | {"icon": MARK[row["kind"]], "dates": found.get(row["kind"]), "errors": form.errors_of(row["kind"])}
        for row in form.rows()
    ]


@allow("cycles.manage")
@require_POST
def drop(request: Request, department: int) -> HttpResponse:
    """Let a department follow the plan above it again."""
    _name(request, department)
    if not department:
        raise Http404
    drop_plan(request.actor, department)
    messages.success(request, _("The department follows the plan above it again."))
    return redirect("cycle-plans")
