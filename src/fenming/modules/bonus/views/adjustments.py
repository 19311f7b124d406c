"""What corrections of closed periods make good, and what later facts would change."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.models import Run
from fenming.controls.queries import work as work_of
from fenming.controls.routes import Request, allow
from fenming.library.text import Refusal
from fenming.modules.bonus.forms import LateForm
from fenming.modules.bonus.jobs import look_for_late
from fenming.modules.bonus.models import LateCheck
from fenming.modules.bonus.operations.adjusting import make_good, pay_apart, undo
from fenming.modules.bonus.queries import adjustments as queries
from fenming.modules.bonus.queries.late import Late, late_facts

private = cache_control(private=True, no_cache=True)
PAGE = 50


@allow("bonus.view", "bonus.edit")
@require_safe
@private
def adjustments(request: Request) -> HttpResponse:
    """Open and paid adjustments, and the closed periods whose facts may have changed."""
    state = request.GET.get("state", "")
    q = request.GET.get("q", "").replace("\0", "").strip()[:80]
    page = Paginator(queries.listed(request.scope, state, q), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "state": state if state in queries.STATES else "",
        "q": q,
        "open": queries.open_adjustments(request.scope),
        "closed": queries.closed_runs(request.powers.scope("bonus.edit")),
    }
    return render(request, "bonus/adjustments.html", context)


ENDS = {"apart": pay_apart, "undo": undo}


@allow("bonus.edit")
@require_POST
def end(request: Request, pk: int) -> HttpResponse:
    """Note that one is paid apart, or take it back."""
    found = queries.adjustments(request.scope).filter(pk=pk).first()
    if found is None:
        raise Http404
    if (act := ENDS.get(request.POST.get("do", ""))) is not None:
        try:
            act(request.actor, found, reason=request.POST.get("reason", "").replace("\0", "")[:300])
        except Refusal as refusal:
            messages.error(request, refusal.words.say(get_language() or "zh"))
        else:
            messages.success(request, _("Noted, with the reason."))
    return redirect("adjustments")


@allow("bonus.edit")
@require_http_methods(["GET", "HEAD", "POST"])
@private
def late(request: Request, pk: int) -> HttpResponse:
    """What facts that arrived since a close would change; HR chooses what is made good."""
    run = queries.closed_run(request.scope, pk) if pk < 2**63 else None
    if run is None:
        raise Http404
    if request.method == "POST" and request.POST.get("do") == "look":
        look_for_late(request.actor, run)
        return redirect("late-facts", pk)
    try:
        found = late_facts(run, request.scope)
    except Refusal as refusal:
        error = refusal.words.say(get_language() or "zh")
        return render(request, "bonus/late.html", {"run": run, "error": error}, status=409)
    if found is None:
        return _unknown(request, run)
    if request.method != "POST":
        return _late(request, run, found)
    form = LateForm(request.POST, [row.number for row in found.open])
    if form.is_valid() and form.cleaned_data["source"] != found.source:
        return _late(request, run, found, form=form, stale=True, status=409)
    if not form.is_valid():
        return _late(request, run, found, form=form, status=422)
    return _make_good(request, run, found, form)


def _unknown(request: Request, run: Run) -> HttpResponse:
    """It is being found out, or has to be."""
    check = LateCheck.objects.filter(run=run).first()
    work = work_of(check.work) if check and check.work else None
    busy = work is not None and work.finished_at is None
    context = {
        "run": run,
        "unknown": True,
        "busy": busy,
        "work": work,
        "failed": work is not None and work.state == "dead",
    }
    return render(request, "bonus/late.html", context, status=409 if request.method == "POST" else 200)


def _make_good(request: Request, run: Run, found: Late, form: LateForm) -> HttpResponse:
    numbers = form.cleaned_data["people"]
    try:
        make_good(request.actor, run, numbers, found.facts, reason=form.cleaned_data["reason"])
    except Refusal as refusal:
        form.add_error(None, refusal.words.say(get_language() or "zh"))
        return _late(request, run, found, form=form, status=422)
    look_for_late(request.actor, run)
    told = ngettext("%(count)s adjustment was noted.", "%(count)s adjustments were noted.", len(numbers))
    messages.success(request, told % {"count": len(numbers)})
    return redirect("adjustments")


def _late(
    request: Request, run: Run, found: Late, *, form: LateForm | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    numbers = [row.number for row in found.open]
    form = form or LateForm(None, numbers, initial={"source": found.source})
    chosen = form["people"].value() or ([] if form.is_bound else [row.number for row in found.open if row.due > 0])
    context = {"run": run, "late": found, "form": form, "chosen": set(chosen)}
    return render(request, "bonus/late.html", context | more, status=status)
