"""Appeals as those see them who handle them: the list, the case, the dossier, the figures."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from fenming.controls.routes import Request, allow
from fenming.library.text import Refusal
from fenming.modules.cycles.forms import appeals as forms
from fenming.modules.cycles.models import Appeal
from fenming.modules.cycles.operations import appeals as operations
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.queries import appeals as queries
from fenming.modules.cycles.queries import evidence, outcomes, trials
from fenming.modules.cycles.queries.dossier import dossier, workbook
from fenming.modules.cycles.queries.figures import figures as figures_of
from fenming.modules.indicators.queries.wording import speaking

RULE = queries.PERMISSION
PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
private = cache_control(private=True, no_cache=True)


def _reached(request: Request) -> Any:
    return queries.visible_appeals(request.scope, getattr(request.user, "employee_id", None))


def _one(request: Request, pk: int, *beside: str) -> Appeal:
    """``beside`` is read along with it, and whether its amounts may be seen."""
    found: Appeal | None = (
        (_reached(request).select_related(*beside) if beside else _reached(request))
        .annotate(pays=outcomes.pays(request.powers.scope("bonus.view", "bonus.edit")))
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


def _pays(found: Any) -> bool:
    return bool(found.pays)


def _whole(request: Request, pk: int) -> Appeal:
    return _one(request, pk, "participant__letter", "participant__interview__author__employee")


@allow(RULE)
@require_safe
@private
def appeals(request: Request) -> HttpResponse:
    """Everything that was filed, with the days left; the late first."""
    given = request.GET
    kind = given.get("kind", "open")
    looked = queries.Looked(
        kind=kind if kind in queries.KINDS else "open", text=given.get("q", ""),
        department=given.get("department", ""), period=given.get("period", ""),
    )  # fmt: skip
    every = _reached(request)
    page = Paginator(queries.wanted(every, looked), PAGE).get_page(given.get("page", "1"))
    departments, periods = queries.places_in(every)
    context = {
        "page": page,
        "rows": queries.rows(page.object_list),
        "kind": looked.kind,
        "counts": queries.counts(every),
        "departments": departments,
        "periods": periods,
    }
    return render(request, "cycles/appeals.html", context)


@allow(RULE)
@require_safe
@private
def figures(request: Request) -> HttpResponse:
    """How appeals are dealt with, by department and period."""
    every = _reached(request)
    departments, periods = queries.places_in(every)
    looked = queries.Looked(
        kind="all", department=request.GET.get("department", ""), period=request.GET.get("period", "")
    )
    context = {
        "figures": figures_of(queries.wanted(every, looked)),
        "departments": departments,
        "periods": periods,
    }
    return render(request, "cycles/appeal-figures.html", context)


Bound = dict[str, Form]


@allow(RULE)
@require_http_methods(["GET", "HEAD", "POST"])
@private
def appeal(request: Request, pk: int) -> HttpResponse:
    """A case, and what is done about it."""
    found = _one(request, pk)
    if request.method != "POST":
        return _case(request, found, {})
    what = request.POST.get("do", "")
    if what == "again":
        return _again(request, found)
    if what not in FORMS:
        return HttpResponseRedirect(reverse("appeal", args=[pk]))
    form = _bound(request, found, what)
    if not form.is_valid():
        return _case(request, found, {what: form}, status=422)
    if what == "rule" and "try" in request.POST:
        return _tried(request, found, form)
    try:
        done = ACTS[what](request, found, form.cleaned_data)
    except Refusal as refusal:
        form.add_error(None, refusal.words.say(speaking()))
        return _case(request, found, {what: form}, status=422)
    except Stale:
        fresh = _one(request, pk)
        form.again(fresh.version)
        return _case(request, fresh, {what: form}, stale=True, status=409)
    messages.success(request, done)
    return HttpResponseRedirect(reverse("appeal", args=[pk]))


def _again(request: Request, found: Appeal) -> HttpResponse:
    """Let the effect of a decision be tried again."""
    work = outcomes.work_behind(found)
    if found.state == Appeal.State.DECIDED and found.answered_at is None and (work is None or work.finished_at):
        operations.answer_later(request.actor, found)
    return HttpResponseRedirect(reverse("appeal", args=[found.pk]))


FORMS: dict[str, type[forms.Versioned]] = {
    "assign": forms.AssignForm, "ask": forms.AskForm, "findings": forms.FindingsForm, "rater": forms.Versioned,
    "rule": forms.RulingForm, "archive": forms.Versioned,
}  # fmt: skip


def _bound(request: Request, found: Appeal, what: str) -> forms.Versioned:
    given: Any = request.POST
    if what == "assign":
        return forms.AssignForm(given, candidates=queries.candidates(found))
    if what == "rule":
        return forms.RulingForm(given, letters=trials.letters_of(found))
    return FORMS[what](given)


Act = Callable[[Request, Appeal, dict[str, Any]], str]


def _assign(request: Request, found: Appeal, data: dict[str, Any]) -> str:
    operations.assign(request.actor, found.pk, data["handler"], version=data["version"])
    return _("The handler has been told.")


def _ask(request: Request, found: Appeal, data: dict[str, Any]) -> str:
    operations.ask_more(request.actor, found.pk, data["text"], version=data["version"])
    return _("The employee has been asked.")


def _findings(request: Request, found: Appeal, data: dict[str, Any]) -> str:
    operations.note_findings(request.actor, found.pk, data["text"], version=data["version"])
    return _("Saved.")


def _rater(request: Request, found: Appeal, data: dict[str, Any]) -> str:
    operations.ask_rater(request.actor, found.pk, version=data["version"])
    return _("The rater has been asked.")


def _rule(request: Request, found: Appeal, data: dict[str, Any]) -> str:
    operations.decide(request.actor, found.pk, _ruling(data), version=data["version"])
    return _("Decided. The answer goes out as soon as the new result is there.")


def _ruling(data: dict[str, Any]) -> operations.Ruling:
    return operations.Ruling(decision=data["decision"], text=data["text"], points=data["points"], grade=data["grade"])


def _archive(request: Request, found: Appeal, data: dict[str, Any]) -> str:
    operations.archive(request.actor, found.pk, version=data["version"])
    return _("Archived.")


ACTS: dict[str, Act] = {
    "assign": _assign, "ask": _ask, "findings": _findings, "rater": _rater, "rule": _rule, "archive": _archive,
}  # fmt: skip


def _tried(request: Request, found: Appeal, form: forms.Versioned) -> HttpResponse:
    """What the decision would make of the result; nothing is stored."""
    data = form.cleaned_data
    try:
        operations.check_ruling(found, _ruling(data))
        trial = trials.trial(found, points=data["points"], grade=data["grade"])
    except Refusal as refusal:
        form.add_error(None, refusal.words.say(speaking()))
        return _case(request, found, {"rule": form}, status=422)
    return _case(request, found, {"rule": form}, trial=trial)


def _case(
    request: Request,
    found: Appeal,
    bound: Bound,
    *,
    trial: trials.Trial | None = None,
    stale: bool = False,
    status: int = 200,
) -> HttpResponse:
    is_open = found.state in queries.OPEN
    why_not = queries.concerned(found).get(request.user.pk or 0) if is_open else None
    mine = is_open and why_not is None and found.handler_id == request.user.pk
    gives = is_open and ("assign" in request.GET or "assign" in bound)
    candidates = queries.candidates(found) if gives else []
    context: dict[str, Any] = {
        "appeal": found,
        "row": queries.rows([found])[0],
        "period": queries.period_of(found.participant.cycle),
        "stages": queries.stages(found),
        "named": evidence.named(found),
        "card": queries.told(found),
        "handler": queries.name_of(found.handler),
        "candidates": candidates,
        "gives": gives,
        "why_not": why_not.say(speaking()) if why_not else "",
        "is_open": is_open,
        "mine": mine,
        "rater_changed": is_open and _rater_changed(found),
        "history": queries.history(found),
        "work": outcomes.work_behind(found),
        "trial": trial,
        "pays": _pays(found),
        "stale": stale,
        **_forms(found, bound, candidates, mine=mine),
    }
    return render(request, "cycles/appeal.html", context, status=status)


def _rater_changed(found: Appeal) -> bool:
    """Whether somebody else rates by now than the one who was asked."""
    return bool(found.rater_asked_at) and queries.rater_of(found.participant) not in {None, found.rater_id}


def _forms(found: Appeal, bound: Bound, candidates: list[queries.Candidate], *, mine: bool) -> dict[str, Form]:
    """The forms of this moment: those sent as they were typed, the others fresh."""
    version = found.version
    chosen = {"handler": found.handler_id}
    made: dict[str, Form] = {
        "assign": forms.AssignForm(version=version, candidates=candidates, initial=chosen),
        "archive": forms.Versioned(version=version),
    }
    if mine:
        made |= {
            "ask": forms.AskForm(version=version, initial={"text": found.more_asked}),
            "findings": forms.FindingsForm(version=version, initial={"text": found.findings}),
            "rater": forms.Versioned(version=version),
            "rule": forms.RulingForm(version=version, letters=trials.letters_of(found)),
        }
    return {f"{name}_form": form for name, form in (made | bound).items()}


@allow(RULE)
@require_safe
@private
def case(request: Request, pk: int) -> HttpResponse:
    """The whole case on paper."""
    found = _whole(request, pk)
    return render(request, "cycles/appeal-case.html", {"case": dossier(found, pays=_pays(found))})


@allow(RULE)
@require_safe
def export(request: Request, pk: int) -> HttpResponse:
    """The whole case as an Excel file."""
    found = _whole(request, pk)
    operations.note_export(request.actor, found)
    number = found.participant.employee.number
    name = f"{_('Appeal')} {found.pk} {number}.xlsx"
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or ""}
    return HttpResponse(workbook(dossier(found, pays=_pays(found))), content_type=XLSX, headers=headers)
