"""Questions and their answers, and thanks among colleagues."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.routes import Request, allow
from fenming.library.badges import badges
from fenming.library.text import Refusal
from fenming.modules.cycles.forms.words import AnswerForm, QuestionForm, ThanksForm
from fenming.modules.cycles.models import Question, Recognition
from fenming.modules.cycles.operations import words as operations
from fenming.modules.cycles.queries import words as queries
from fenming.modules.cycles.queries.appeals import window_of
from fenming.modules.cycles.views.whose import MANAGE, employee_of
from fenming.modules.indicators.queries.wording import speaking
from fenming.modules.people.queries.colleagues import colleague, colleagues

private = cache_control(private=True, no_cache=True)
GET_POST = require_http_methods(["GET", "HEAD", "POST"])
PAGE = 30


@allow("cycles.own")
@GET_POST
@private
def question_new(request: Request) -> HttpResponse:
    """Ask about a number, one of its records, or in general."""
    employee = employee_of(request)
    if employee is None:
        raise PermissionDenied(_("This account belongs to no employee."))
    about = queries.about(employee, *_asked(request))
    if about is None:
        raise Http404
    reviewer = about.participant.reviewer if about.participant else None
    name = reviewer.name if reviewer and reviewer.pk != employee else ""
    form = QuestionForm(request.POST if request.method == "POST" else None, reviewer=name)
    if request.method == "POST" and form.is_valid():
        asked = operations.Asked(text=form.cleaned_data["text"], to_hr=form.cleaned_data["to"] == "hr")
        question = operations.ask(request.actor, employee, about, asked)
        messages.success(request, _("Sent. You are told as soon as there is an answer."))
        return redirect("question", question.pk)
    person = about.participant
    may = about.indicator is not None and person is not None and window_of(person).is_open
    context = {"about": about, "form": form, "ready": _ready(about), "may_appeal": may}
    return render(request, "cycles/question-new.html", context, status=422 if form.errors else 200)


def _asked(request: Request) -> tuple[int | None, str, str]:
    card = request.GET.get("card", "")
    if card and not (card.isascii() and card.isdigit() and len(card) < 18):
        raise Http404
    return int(card) if card else None, _short(request, "indicator", 80), _short(request, "fact", 120)


def _short(request: Request, name: str, size: int) -> str:
    return request.GET.get(name, "").replace("\0", "")[:size]


def _ready(about: queries.About) -> list[str]:
    """What is usually asked, to be sent with a second tap."""
    if about.indicator is None:
        return []
    record = [_("This record is not mine.")] if about.fact else []
    return [
        *record,
        _("How did this number come about?"),
        _("Records of mine are missing here."),
        _("I think this is wrong."),
    ]


@allow("cycles.review", MANAGE)
@require_safe
@private
def questions(request: Request) -> HttpResponse:
    """What waits for an answer, the oldest first, and what was answered."""
    employee = employee_of(request)
    found = queries.asked_of(request.powers.scope(MANAGE), employee)
    page = Paginator(found, PAGE).get_page(request.GET.get("page", "1"))
    context = {"page": page, "names": queries.names_of(list(page))}
    return render(request, "cycles/questions.html", context)


@allow("cycles.own", "cycles.review", MANAGE)
@GET_POST
@private
def question(request: Request, pk: int) -> HttpResponse:
    """One question with all that was said about the same thing."""
    employee = employee_of(request)
    mine = queries.asked_by(employee).filter(pk=pk).first() if employee else None
    found = mine or queries.asked_of(request.powers.scope(MANAGE), employee).filter(pk=pk).first()
    if found is None:
        raise Http404
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if mine:
            messages.error(request, _("Whom you asked answers here."))
            return redirect("question", pk)
        if form.is_valid():
            _answer(request, found, form.cleaned_data["answer"])
            return redirect("question", pk)
    thread = queries.thread(found)
    person = found.participant if mine else None
    context: dict[str, Any] = {
        "question": found, "thread": thread, "names": queries.names_of([found]), "form": form,
        "window": window_of(person) if person else None,
    }  # fmt: skip
    template = "cycles/my-question.html" if mine else "cycles/question.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _answer(request: Request, found: Question, text: str) -> None:
    if operations.answer(request.actor, found, text):
        messages.success(request, _("Answered. The person has been told."))
    else:
        messages.warning(request, _("Somebody has answered this meanwhile; see below."))


# Thanks


@allow("cycles.own", MANAGE)
@require_safe
@private
def thanks(request: Request) -> HttpResponse:
    """The wall of one's department."""
    employee = employee_of(request)
    found = queries.wall(employee, request.powers.scope(MANAGE))
    if request.GET.get("whose") == "mine":
        found = found.filter(receiver=employee or 0)
    page = Paginator(found, PAGE).get_page(request.GET.get("page", "1"))
    context = {"page": page, "told": queries.told(list(page), employee), "may": employee is not None}
    return render(request, "cycles/thanks.html", context)


@allow("cycles.own")
@GET_POST
@private
def thanks_new(request: Request) -> HttpResponse:
    """Thank a colleague."""
    employee = employee_of(request)
    if employee is None:
        raise PermissionDenied(_("This account belongs to no employee."))
    given = request.GET.get("to", "")
    receiver = colleague(int(given)) if given.isascii() and given.isdigit() and len(given) < 10 else None
    form = ThanksForm(request.POST if request.method == "POST" else None, giver=employee, receiver=receiver)
    if request.method == "POST" and form.is_valid():
        try:
            operations.thank(request.actor, employee, **form.cleaned_data)
            messages.success(request, _("Your thanks are on the wall."))
            return redirect("thanks")
        except Refusal as refusal:
            form.add_error(None, refusal.words.say(speaking()))
    context = {"form": form, "badges": badges().values(), "near": colleagues("", near=employee, without=employee)}
    return render(request, "cycles/thanks-new.html", context, status=422 if form.errors else 200)


@allow("cycles.own")
@require_safe
@private
def thanks_find(request: Request) -> JsonResponse:
    """Colleagues by what is typed: name and department only."""
    employee = employee_of(request)
    found = colleagues(request.GET.get("q", "")[:40], near=employee, without=employee)
    return JsonResponse({"results": [{"value": one.id, "text": one.name, "note": one.department} for one in found]})


@allow("cycles.own")
@require_POST
def thanks_withdraw(request: Request, pk: int) -> HttpResponse:
    """Take back what one has given, within a day."""
    employee = employee_of(request)
    found = Recognition.objects.filter(pk=pk, giver=employee or 0).first()
    if found is None or employee is None:
        raise Http404
    if operations.withdraw(request.actor, found, employee):
        messages.success(request, _("Taken back."))
    else:
        messages.error(request, _("After a day thanks stay."))
    return redirect("thanks")
