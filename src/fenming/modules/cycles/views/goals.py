"""One's cycle, goals and notes; and the same of the people whom one reviews."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.routes import Request, allow
from fenming.library.indicators import indicators
from fenming.library.text import Refusal
from fenming.modules.cycles.forms.goals import GoalForm, ManyForm, NoteForm, ProgressForm
from fenming.modules.cycles.models import Goal, Participant, Review, StepKind
from fenming.modules.cycles.operations import goals as operations
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.queries import goals as queries
from fenming.modules.cycles.queries.path import path
from fenming.modules.cycles.queries.rated import known_indicators
from fenming.modules.cycles.queries.reach import own_participations
from fenming.modules.cycles.queries.reviews import is_open, my_people, reviews_of, steps_of
from fenming.modules.cycles.queries.standing import standing
from fenming.modules.cycles.queries.words import asked_by, names_of
from fenming.modules.cycles.views.whose import MANAGE, employee_of, may_write, own, tell_reader, theirs
from fenming.modules.indicators.queries.wording import speaking

private = cache_control(private=True, no_cache=True)
GET_POST = require_http_methods(["GET", "HEAD", "POST"])
AT_ONCE = 200


# One's own


@allow("cycles.own")
@require_safe
@private
def my_cycle(request: Request) -> HttpResponse:
    """Where one is in the cycle, and what is to do now."""
    employee = employee_of(request)
    mine = list(own_participations(employee)[:24]) if employee else []
    asked = request.GET.get("of", "")
    person = next((one for one in mine if str(one.pk) == asked), mine[0] if mine else None)
    if person is None:
        return render(request, "cycles/my-cycle-empty.html")
    steps = steps_of(person.cycle)
    stops = path(person, steps.values())
    goals = queries.goals_of(person)
    questions = list(asked_by(employee or 0)[:5])
    context = {
        "person": person,
        "mine": mine,
        "stops": stops,
        "to_do": [one for one in stops if one.to_do],
        "goals": goals,
        "acknowledge": person.goals_version > person.acknowledged_version,
        "reviews": {kind: one for (_person, kind), one in reviews_of([person.pk]).items()},
        "questions": questions,
        "names": names_of(questions),
        "last_note": person.check_ins.select_related("author").first(),
    }
    return render(request, "cycles/my-cycle.html", context)


@allow("cycles.own")
@GET_POST
@private
def my_goals(request: Request, pk: int) -> HttpResponse:
    """One's goals: what they serve, what has changed, and proposals of one's own."""
    person = own(request, pk)
    steps = steps_of(person.cycle)
    may = queries.may_change(person.cycle, steps)
    parents = queries.parents_for(person)
    form = GoalForm(request.POST if request.method == "POST" else None, parents=parents)
    if request.method == "POST":
        if not may:
            messages.error(request, _("The goals of this period can no longer change."))
            return redirect("my-goals", pk)
        if form.is_valid() and _added(request, form, [person], proposed=True):
            messages.success(request, _("Your proposal is with your reviewer."))
            return redirect("my-goals", pk)
    goals, below = queries.carried(person)
    context = {
        "person": person,
        "goals": queries.served(person, goals, known_indicators(person.cycle.start)),
        "changes": queries.differences(person),
        "acknowledge": person.goals_version > person.acknowledged_version,
        "may": may,
        "form": form,
        "carried": below,
        "states": Goal.State.choices,
    }
    return render(request, "cycles/my-goals.html", context, status=422 if form.errors else 200)


def _added(request: Request, form: GoalForm, people: Sequence[Participant], *, proposed: bool = False) -> bool:
    try:
        operations.add(request.actor, people, [form.aim()], proposed=proposed)
    except Refusal as refusal:
        form.add_error(None, refusal.words.say(speaking()))
        return False
    return True


@allow("cycles.own")
@require_POST
def my_goals_acknowledge(request: Request, pk: int) -> HttpResponse:
    """One tap: I have read them as they stand."""
    person = own(request, pk)
    given = request.POST.get("version", "")
    version = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    if operations.acknowledge(request.actor, person, version=version):
        messages.success(request, _("Acknowledged. Good luck!"))
    else:
        messages.warning(request, _("The goals have changed since you opened the page. Look again, then acknowledge."))
    return redirect("my-goals", pk)


def _own_goal(request: Request, pk: int) -> Goal:
    found = Goal.objects.filter(pk=pk, participant__employee=employee_of(request) or 0, participant__removed_at=None)
    goal = found.select_related("participant__cycle", "participant__employee", "author", "parent").first()
    if goal is None:
        raise Http404
    return goal


@allow("cycles.own")
@GET_POST
@private
def my_goal(request: Request, pk: int) -> HttpResponse:
    """Change or withdraw what one has proposed oneself."""
    goal = _own_goal(request, pk)
    person = goal.participant
    if not queries.is_proposal(goal, person) or not queries.may_change(person.cycle, steps_of(person.cycle)):
        messages.error(request, _("Your reviewer has set this goal. Write a note if it should change."))
        return redirect("my-goals", person.pk)
    return _edited(request, goal, back="my-goals", template="cycles/my-goal.html", proposed=True)


@allow("cycles.own")
@require_POST
def my_goal_progress(request: Request, pk: int) -> HttpResponse:
    """How far one is with a goal."""
    goal = _own_goal(request, pk)
    form = ProgressForm(request.POST)
    if goal.participant.cycle.state != "open":
        messages.error(request, _("This period is closed."))
    elif form.is_valid():
        try:
            operations.follow_up(request.actor, goal, **form.cleaned_data)
            messages.success(request, _("Progress noted."))
        except Stale:
            _tell_gone(request, goal)
    else:
        messages.error(request, _("Progress is a whole number from 0 to 100, with one of the states."))
    return redirect("my-goals", goal.participant_id)


@allow("cycles.own")
@GET_POST
@private
def my_notes(request: Request, pk: int) -> HttpResponse:
    """The notes on the way, with the figures of their days."""
    return _notes(request, own(request, pk), template="cycles/my-notes.html", back="my-notes", may=True)


# Of those whom one reviews


@allow("cycles.review", MANAGE)
@GET_POST
@private
def review_goals(request: Request, pk: int) -> HttpResponse:
    """Somebody's goals: from the scheme, from the last period, in words; and who carries one's own."""
    person = theirs(request, pk)
    may = queries.may_change(person.cycle, steps_of(person.cycle))
    writes = may_write(request, person)
    parents = queries.parents_for(person)
    form = GoalForm(parents=parents)
    if request.method == "POST":
        if not writes:
            tell_reader(request, person)
            return redirect("review-goals", pk)
        if not may:
            messages.error(request, _("The goals of this period can no longer change."))
            return redirect("review-goals", pk)
        form = GoalForm(request.POST if request.POST.get("act") == "add" else None, parents=parents)
        if _set(request, person, form):
            return redirect("review-goals", pk)
    goals, below = queries.carried(person)
    now = standing(person)
    known = {**indicators(), **(now.terms.scheme.indicators if now.terms else {})}
    context = {
        "person": person,
        "goals": queries.served(person, goals, known),
        "offers": queries.offers(now, goals),
        "before": queries.before(person) if may and writes else None,
        "carried": below,
        "may": may and writes,
        "form": form,
    }
    return render(request, "cycles/review-goals.html", context, status=422 if form.errors else 200)


def _set(request: Request, person: Participant, form: GoalForm) -> bool:
    """Carry out what the page asks for; False where the form has to be shown again."""
    act = request.POST.get("act", "")
    goals = queries.goals_of(person)
    if act == "add":
        return form.is_valid() and _added(request, form, [person])
    if act == "accept":
        operations.accept(request.actor, person, [one for one in goals if queries.is_proposal(one, person)])
        return True
    aims: list[operations.Aim] = []
    if act == "scheme":
        wanted = set(request.POST.getlist("indicator"))
        aims = [
            operations.Aim(title=one.name[:200], indicator=one.indicator.id, target=one.target)
            for one in queries.offers(standing(person), goals)
            if one.indicator.id in wanted
        ]
    elif act == "copy" and (before := queries.before(person)) is not None:
        aims = [
            operations.Aim(title=one.title, measure=one.measure, indicator=one.indicator, target=one.target)
            for one in queries.goals_of(before)
            if one.state != Goal.State.DROPPED
        ]
    try:
        made = operations.add(request.actor, [person], aims)
    except Refusal as refusal:
        messages.error(request, refusal.words.say(speaking()))
        return True
    messages.success(request, ngettext("%(made)s goal set.", "%(made)s goals set.", made) % {"made": made})
    return True


@allow("cycles.review", MANAGE)
@GET_POST
@private
def review_goal(request: Request, pk: int) -> HttpResponse:
    """Change one goal or take it away."""
    goal = Goal.objects.filter(pk=pk).select_related("participant", "author", "parent").first()
    if goal is None:
        raise Http404
    person = theirs(request, goal.participant_id)
    goal.participant = person
    if not may_write(request, person):
        tell_reader(request, person)
        return redirect("review-goals", person.pk)
    if not queries.may_change(person.cycle, steps_of(person.cycle)):
        messages.error(request, _("The goals of this period can no longer change."))
        return redirect("review-goals", person.pk)
    return _edited(request, goal, back="review-goals", template="cycles/review-goal.html", proposed=False)


def _edited(request: Request, goal: Goal, *, back: str, template: str, proposed: bool) -> HttpResponse:
    person = goal.participant
    about = known_indicators(person.cycle.start).get(goal.indicator) if goal.indicator else None
    parents = queries.parents_for(person)
    if request.method == "POST" and request.POST.get("act") == "remove":
        operations.remove(request.actor, goal, proposed=proposed)
        return redirect(back, person.pk)
    form = GoalForm(request.POST if request.method == "POST" else None, goal=goal, about=about, parents=parents)
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            version = form.cleaned_data["version"] or 0
            operations.change(request.actor, goal, form.aim(), version=version, proposed=proposed)
            return redirect(back, person.pk)
        except Refusal as refusal:
            form.add_error(None, refusal.words.say(speaking()))
        except Stale as found:
            stale = found.now
            if stale is None:
                _tell_gone(request, goal)
                return redirect(back, person.pk)
            form = GoalForm({**request.POST.dict(), "version": str(stale.version)}, about=about, parents=parents)
    context: dict[str, Any] = {"form": form, "goal": goal, "person": person, "stale": stale}
    return render(request, template, context, status=409 if stale else 422 if form.errors else 200)


def _tell_gone(request: Request, goal: Goal) -> None:
    told = _("Nothing was saved: somebody else has just taken the goal “%(title)s” away.")
    messages.error(request, told % {"title": goal.title})


@allow("cycles.review", MANAGE)
@GET_POST
@private
def goals_many(request: Request) -> HttpResponse:
    """The same goal for several people at once."""
    employee = employee_of(request)
    everybody = request.powers.scope(MANAGE) if employee is None else request.scope
    people = list(my_people(employee, everybody, everybody=employee is None)[:AT_ONCE])
    told = "{} <small>{} · {}</small>"
    names = [(one.pk, format_html(told, one.employee.name, one.employee.number, one.cycle.label)) for one in people]
    parents = queries.parents_for(people[0]) if people and employee else []
    form = ManyForm(request.POST if request.method == "POST" else None, people=names, parents=parents)
    if request.method == "POST" and form.is_valid():
        wanted = {int(one) for one in form.cleaned_data["people"]}
        chosen = [one for one in people if one.pk in wanted]
        steps = {one.cycle_id: steps_of(one.cycle) for one in {one.cycle_id: one for one in chosen}.values()}
        open_ones = [one for one in chosen if queries.may_change(one.cycle, steps[one.cycle_id])]
        if len(open_ones) < len(chosen):
            form.add_error("people", _("The goals of some of these can no longer change: their period is judged."))
        elif _added(request, form, open_ones):
            count = len(open_ones)
            told = ngettext("The goal is set for %(count)s person.", "The goal is set for %(count)s people.", count)
            messages.success(request, told % {"count": count})
            return redirect("reviews")
    status = 422 if form.errors else 200
    return render(request, "cycles/goals-many.html", {"form": form, "people": people}, status=status)


@allow("cycles.review", MANAGE)
@GET_POST
@private
def review_notes(request: Request, pk: int) -> HttpResponse:
    """The notes on the way of somebody whom one reviews; with one of them the tracking can be finished."""
    person = theirs(request, pk)
    writes = may_write(request, person)
    if request.method == "POST" and not writes:
        tell_reader(request, person)
        return redirect("review-notes", pk)
    if request.method == "POST" and request.POST.get("act") == "finish":
        if operations.finish_tracking(request.actor, person):
            messages.success(request, _("Tracking is finished for this person."))
        else:
            messages.error(request, _("Write at least one note first: tracking without one is none."))
        return redirect("review-notes", pk)
    return _notes(request, person, template="cycles/review-notes.html", back="review-notes", may=writes)


def _notes(request: Request, person: Participant, *, template: str, back: str, may: bool) -> HttpResponse:
    form = NoteForm(request.POST if request.method == "POST" else None)
    author = employee_of(request)
    if request.method == "POST" and form.is_valid():
        if author is None:
            form.add_error(None, _("This account belongs to no employee, so a note would have no author."))
        elif person.cycle.state != "open":
            form.add_error(None, _("This period is closed."))
        else:
            operations.check_in(request.actor, person, author, form.cleaned_data["text"])
            return redirect(back, person.pk)
    now = standing(person)
    steps = steps_of(person.cycle)
    context = {
        "person": person,
        "notes": queries.notes_of(person, now),
        "now": now,
        "form": form,
        "may": may and person.cycle.state == "open",
        "tracking": is_open(person.cycle, steps, StepKind.TRACKING),
        "kinds": Review.Kind,
    }
    return render(request, template, context, status=422 if form.errors else 200)
