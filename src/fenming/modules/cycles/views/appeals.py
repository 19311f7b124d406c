"""Appeals as the person and the rater see them: filed, followed, answered; made for the phone."""

from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.routes import Request, allow
from fenming.library.text import Refusal
from fenming.modules.cycles.forms import appeals as forms
from fenming.modules.cycles.models import Appeal, Participant
from fenming.modules.cycles.operations import appeals as operations
from fenming.modules.cycles.queries import appeals as queries
from fenming.modules.cycles.queries import evidence, outcomes
from fenming.modules.cycles.queries.evidence import Piece
from fenming.modules.cycles.queries.words import asked_by
from fenming.modules.indicators.queries.wording import speaking

OWN = "cycles.own"
private = cache_control(private=True, no_cache=True)


def employee_of(request: Request) -> int:
    """Whoever has no employee has no appeal either."""
    found: int | None = getattr(request.user, "employee_id", None)
    if found is None:
        raise Http404
    return found


@allow(OWN)
@require_safe
@private
def mine(request: Request) -> HttpResponse:
    """What I filed, and what I may still appeal against."""
    employee = getattr(request.user, "employee_id", None)
    place = queries.place_of(employee) if employee is not None else None
    context = {
        "appeals": [] if employee is None else list(queries.own_appeals(employee)[:50]),
        "window": queries.window_of(place) if place else None,
    }
    return render(request, "cycles/appeals-mine.html", context)


@allow(OWN)
@require_http_methods(["GET", "HEAD", "POST"])
@private
def new(request: Request) -> HttpResponse:
    """File an appeal against one's own result."""
    given = request.POST if request.method == "POST" else request.GET
    employee = getattr(request.user, "employee_id", None)
    place = _place(employee, given) if employee is not None else None
    if place is None:
        return render(request, "cycles/appeal-none.html", {"window": None})
    window = queries.window_of(place)
    if window.running is not None:
        if request.method == "POST":
            messages.info(request, _("This appeal has been received already."))
        return HttpResponseRedirect(reverse("my-appeal", args=[window.running.pk]))
    if not window.is_open and request.method != "POST":
        return render(request, "cycles/appeal-none.html", {"window": window})
    chosen = forms.pieces(given)
    if request.method != "POST":
        form = forms.AppealForm(initial={"reason": _question(place, given)})
        return _form(request, window, form, _asked(given, chosen), _opened_first(given))
    form = forms.AppealForm(request.POST)
    if "look" in request.POST:
        return _form(request, window, _as_typed(request.POST), chosen, forms.opened(request.POST))
    if form.is_valid():
        data = form.cleaned_data
        wanted = operations.Filing(
            reason=data["reason"], wish=data["wish"], had_interview=data["had_interview"], pieces=chosen
        )
        try:
            appeal = operations.file(request.actor, place, wanted)
        except Refusal as refusal:
            form.add_error(None, refusal.words.say(speaking()))
        else:
            messages.success(request, _("Your appeal has been received."))
            return HttpResponseRedirect(reverse("my-appeal", args=[appeal.pk]))
    return _form(request, window, form, chosen, forms.opened(request.POST), status=422)


def _place(employee: int, given: QueryDict) -> Participant | None:
    """The place in a cycle that is asked for; somebody else's is none."""
    for name in ("participant", "card"):
        if name in given:
            number = _number(given.get(name, ""))
            found = queries.place_of(employee, **{name: number}) if number else None
            if found is None:
                raise Http404
            return found
    return queries.place_of(employee)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _asked(given: QueryDict, chosen: list[Piece]) -> list[Piece]:
    """What the page that led here names: an indicator, and records of it."""
    if not (indicator := given.get("indicator", "")[:80].replace("\0", "")):
        return chosen
    span = min(_number(given.get("span", "")), 999)
    facts = [one for one in given.getlist("fact")[: evidence.MOST] if "\0" not in one]
    return [Piece(indicator=indicator, span=span, fact=one) for one in ["", *facts]]


def _question(place: Participant, given: QueryDict) -> str:
    """What the person asked before, where a question of theirs leads here."""
    found = asked_by(place.employee_id).filter(pk=_number(given.get("question", "")), participant=place).first()
    return found.text if found else ""


def _opened_first(given: QueryDict) -> dict[str, int]:
    return {f"{given['indicator'][:80]}:{min(_number(given.get('span', '')), 999)}": 1} if "indicator" in given else {}


def _as_typed(given: QueryDict) -> forms.AppealForm:
    """The same input without complaints: nothing has been sent off yet."""
    typed = {name: given.get(name, "") for name in ("reason", "wish")}
    return forms.AppealForm(initial=typed | {"had_interview": "had_interview" in given})


def _form(
    request: Request,
    window: queries.Window,
    form: forms.AppealForm,
    chosen: Collection[Piece],
    opened: dict[str, int],
    *,
    status: int = 200,
) -> HttpResponse:
    card = queries.told_card(window.participant, window.letter)
    context = {
        "window": window,
        "form": form,
        "card": card,
        "choices": evidence.choices(card, chosen, opened) if card else [],
        "most_note": evidence.LONGEST_NOTE,
    }
    return render(request, "cycles/appeal-new.html", context, status=status)


@allow(OWN)
@require_safe
@private
def my(request: Request, pk: int) -> HttpResponse:
    """One's own appeal: where it stands, and the answer."""
    appeal = _own(request, pk)
    if appeal.answered_at and request.method == "GET":
        operations.read_answer(appeal.pk)
    return _my(request, appeal, forms.MoreForm())


def _own(request: Request, pk: int) -> Appeal:
    found = queries.own_appeals(employee_of(request)).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _my(request: Request, appeal: Appeal, form: forms.MoreForm, *, status: int = 200) -> HttpResponse:
    context = {
        "appeal": appeal,
        "period": queries.period_of(appeal.participant.cycle),
        "stages": queries.stages(appeal),
        "stage": queries.stage_of(appeal),
        "named": evidence.named(appeal),
        "handler": queries.name_of(appeal.handler),
        "form": form,
        "is_open": appeal.state in queries.OPEN,
        "supplement": outcomes.supplement(appeal, pays=True) if appeal.run_id else None,
    }
    return render(request, "cycles/appeal-mine.html", context, status=status)


@allow(OWN)
@require_POST
def more(request: Request, pk: int) -> HttpResponse:
    """Add what was asked for."""
    appeal = _own(request, pk)
    form = forms.MoreForm(request.POST)
    if form.is_valid():
        try:
            operations.add_more(request.actor, appeal.pk, form.cleaned_data["text"], forms.pieces(request.POST))
        except Refusal as refusal:
            form.add_error(None, refusal.words.say(speaking()))
        else:
            messages.success(request, _("Thank you. It has been added."))
            return HttpResponseRedirect(reverse("my-appeal", args=[pk]))
    return _my(request, appeal, form, status=422)


@allow(OWN)
@require_POST
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Take one's own appeal back."""
    appeal = _own(request, pk)
    try:
        operations.withdraw(request.actor, appeal.pk)
    except Refusal as refusal:
        messages.error(request, refusal.words.say(speaking()))
    else:
        messages.success(request, _("The appeal has been withdrawn."))
    return HttpResponseRedirect(reverse("my-appeal", args=[pk]))


@allow(OWN)
@require_safe
@private
def supplement(request: Request, pk: int) -> HttpResponse:
    """The supplement to one's result letter: what an upheld appeal made of the result."""
    appeal = _own(request, pk)
    found = outcomes.supplement(appeal, pays=True)
    if found is None:
        raise Http404
    return render(request, "cycles/appeal-supplement.html", {"appeal": appeal, "found": found})


@allow(OWN)
@require_safe
@private
def rules(request: Request, pk: int) -> HttpResponse:
    """The scheme by which one's own result came about, in words: the rules are public."""
    place = queries.place_of(employee_of(request), participant=pk)
    found = outcomes.rules_of(place) if place else None
    if found is None:
        raise Http404
    return render(request, "cycles/appeal-rules.html", {"rules": found, "place": place})


@allow(OWN)
@require_http_methods(["GET", "HEAD", "POST"])
@private
def view(request: Request, pk: int) -> HttpResponse:
    """The rater's view, of whoever was asked for it; nothing of the case but what concerns the rating."""
    employee = employee_of(request)
    appeal = queries.asked_of(employee).filter(pk=pk).first()
    if appeal is None:
        raise Http404
    form = forms.ViewForm(request.POST if request.method == "POST" else None, initial={"text": appeal.rater_words})
    if request.method == "POST" and form.is_valid():
        try:
            operations.rater_answers(request.actor, pk, employee, form.cleaned_data["text"])
        except Refusal as refusal:
            form.add_error(None, refusal.words.say(speaking()))
        else:
            messages.success(request, _("Thank you. Your view has been added to the case."))
            return HttpResponseRedirect(reverse("appeal-view", args=[pk]))
    context: dict[str, Any] = {
        "appeal": appeal,
        "period": queries.period_of(appeal.participant.cycle),
        "named": evidence.named(appeal),
        "form": form,
        "is_open": appeal.state in queries.OPEN,
        "ratings": outcomes.ratings_of(appeal, employee),
    }
    return render(request, "cycles/appeal-view.html", context, status=422 if form.errors else 200)
