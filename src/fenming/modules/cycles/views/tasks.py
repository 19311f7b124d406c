"""What is open in all cycles, as a list to be worked through."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from fenming.controls.routes import Request, allow
from fenming.modules.cycles.forms.steps import ReviewerForm
from fenming.modules.cycles.models import StepKind
from fenming.modules.cycles.queries import tasks as queries
from fenming.modules.cycles.queries.board import MARK
from fenming.modules.cycles.views.acts import act_on_tasks, back, name_reviewer, numbers

PAGE = 50


@allow("cycles.view")
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def tasks(request: Request) -> HttpResponse:
    """Who has what open, the longest overdue first; HR reminds, waives and hands over from here."""
    if request.method == "POST" and request.powers.may("cycles.manage"):
        return _act(request)
    wanted = asked(request)
    found = queries.open_tasks(request.scope, wanted)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    today = timezone.localdate()
    may_manage = request.powers.may("cycles.manage")
    context = {
        "page": page,
        "rows": [(one, queries.days_late(one, today), MARK[StepKind(one.step.kind)]) for one in page],
        "query": request.GET.urlencode(), "wanted": wanted, "kinds": StepKind.choices,
        "periods": queries.periods(request.scope),
        "cycles": queries.departments_at_work(request.scope), "may_manage": may_manage,
        "reviewer_form": ReviewerForm(url=reverse("people-find")) if may_manage else None,
    }  # fmt: skip
    return render(request, "cycles/tasks.html", context)


def asked(request: Request) -> queries.Wanted:
    """What the address asks for."""
    number = request.GET.get("cycle", "")
    kind = request.GET.get("kind", "")
    return queries.Wanted(
        label=request.GET.get("period", "")[:30].replace("\0", ""),
        cycle=int(number) if number.isascii() and number.isdigit() and len(number) < 16 else 0,
        kind=kind if kind in StepKind.values else "",
        late=request.GET.get("late") == "1",
        q=request.GET.get("q", "")[:80],
    )


def _act(request: Request) -> HttpResponse:
    scope = request.powers.scope("cycles.manage")
    act = request.POST.get("act", "")
    chosen = queries.chosen_tasks(scope, numbers(request))
    if request.POST.get("everything") == "1":
        chosen = list(queries.open_tasks(scope, asked(request)).order_by().values_list("id", flat=True))
    if not chosen:
        messages.warning(request, _("Choose some tasks first."))
    elif act == "reviewer":
        name_reviewer(request, queries.participants_of_tasks(scope, chosen))
    elif act in ("remind", "waive"):
        act_on_tasks(request, act, chosen)
    return redirect(back(request, reverse("cycle-tasks")))
