"""Writing reviews: of oneself on the phone, of one's people on a desk, alone or side by side."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.routes import Request, allow
from fenming.library.indicators import Indicator
from fenming.modules.cycles.forms.reviews import ReviewForm, SideBySideForm
from fenming.modules.cycles.models import Participant, Review, StepKind
from fenming.modules.cycles.operations import reviews as operations
from fenming.modules.cycles.operations.stale import Stale
from fenming.modules.cycles.queries import reviews as queries
from fenming.modules.cycles.queries.reviews import Kind, is_open, rated_items, reviews_of, steps_of
from fenming.modules.cycles.queries.standing import Standing, standing, totals
from fenming.modules.cycles.views.whose import MANAGE, employee_of, may_write, own, tell_reader, theirs
from fenming.modules.schemes.queries.terms import terms_of

private = cache_control(private=True, no_cache=True)
GET_POST = require_http_methods(["GET", "HEAD", "POST"])
PAGE = 50
AT_ONCE = 300


# Of oneself


@allow("cycles.own")
@GET_POST
@private
def self_review(request: Request, pk: int) -> HttpResponse:
    """One's own words about the period, beside one's figures."""
    person = own(request, pk)
    steps = steps_of(person.cycle)
    now = standing(person)
    review = reviews_of([person.pk]).get((person.pk, Kind.SELF))
    may = is_open(person.cycle, steps, StepKind.SELF_REVIEW)
    posted = request.method == "POST"
    if posted and not may:
        messages.error(request, _("The self review is not open now. What you wrote before is kept."))
        return redirect("self-review", pk)
    form, stale = ReviewForm(request.POST if posted else None, review=review, items=rated_items(now.terms)), None
    if posted and form.is_valid():
        try:
            operations.write(
                request.actor, person, Kind.SELF, form.written(_version(now)),
                hand_in=request.POST.get("act") == "hand_in",
            )  # fmt: skip
            if request.POST.get("act") == "hand_in":
                messages.success(request, _("Handed in. You can change it until the step ends."))
            return redirect("self-review", pk)
        except Stale as found:
            stale = found.now
            form = _again(request, stale, form.items)
    context = {
        "person": person,
        "step": steps.get(StepKind.SELF_REVIEW),
        "now": now,
        "review": review,
        "may": may,
        "form": form,
        "stale": stale,
        "draft_url": "" if review and review.submitted_at else reverse("self-review-draft", args=(pk,)),
    }
    return render(request, "cycles/self-review.html", context, status=409 if stale else 422 if form.errors else 200)


def _version(now: Standing) -> int | None:
    return now.terms.version if now.terms else None


def _again(request: Request, stale: Review, items: Sequence[Indicator]) -> ReviewForm:
    """What was typed, now upon the newest version: saving again is a decision."""
    given = {**request.POST.dict(), "version": str(stale.version)}
    return ReviewForm(given, review=stale, items=items)


@allow("cycles.own")
@require_POST
def self_review_draft(request: Request, pk: int) -> HttpResponse:
    """Keep what is being typed; the answer says when."""
    person = own(request, pk)
    return _draft(request, person, Kind.SELF, StepKind.SELF_REVIEW)


def _draft(request: Request, person: Participant, kind: str, step: str) -> HttpResponse:
    terms = terms_of([person.employee_id], person.cycle.start, person.cycle.end).get(person.employee_id)
    review = reviews_of([person.pk]).get((person.pk, kind))
    form = ReviewForm(request.POST, review=review, items=rated_items(terms))
    context: dict[str, Any] = {"form": form}
    if not is_open(person.cycle, steps_of(person.cycle), step) or (review and review.submitted_at):
        context["problem"] = _("Not saved: use the button below.")
    elif not form.is_valid():
        context["problem"] = _("Not saved yet: some of it is too long.")
    else:
        try:
            written = form.written(terms.version if terms else None)
            context["saved"] = operations.write(request.actor, person, kind, written, hand_in=False)
        except Stale:
            context["problem"] = _("Not saved: it was changed elsewhere. Reload the page to see it.")
    return render(request, "cycles/_draft.html", context)


# Of one's people


@allow("cycles.review", MANAGE)
@require_safe
@private
def reviews(request: Request) -> HttpResponse:
    """One's people and what is open with them, who is late first."""
    employee = employee_of(request)
    may_all = request.powers.may(MANAGE)
    everybody = may_all and (employee is None or request.GET.get("who") == "all")
    people = queries.my_people(
        employee, request.powers.scope(MANAGE) if everybody else request.scope, everybody=everybody
    )
    if q := request.GET.get("q", "").replace("\0", "").strip()[:80]:
        people = people.filter(employee__search__contains=q.lower())
    page = Paginator(people, PAGE).get_page(request.GET.get("page", "1"))
    rows = queries.rows(list(page))
    context = {
        "page": page,
        "rows": rows,
        "everybody": everybody,
        "may_all": may_all and employee is not None,
        "late": sum(one.late for one in rows),
        "drafts": [one for one in rows if one.review_state == "draft"],
        "cycles": list({one.person.cycle_id: one.person.cycle for one in rows}.values()),
    }
    return render(request, "cycles/reviews.html", context)


@allow("cycles.review", MANAGE)
@GET_POST
@private
def review(request: Request, pk: int) -> HttpResponse:
    """One person: figures, the self review, levels and words."""
    person = theirs(request, pk)
    written = reviews_of([pk])
    mine = written.get((pk, Kind.MANAGER))
    steps, now = steps_of(person.cycle), standing(person, old_terms=mine.terms if mine else None)
    items = rated_items(now.terms)
    writes, is_now = may_write(request, person), is_open(person.cycle, steps, StepKind.MANAGER_REVIEW)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if request.method == "POST" and not (writes and is_now):
        if writes:
            messages.error(request, _("The manager review is not open now."))
        else:
            tell_reader(request, person)
        return redirect("review", pk)
    whole = act in ("hand_in", "next") or bool(mine and mine.submitted_at)
    form = ReviewForm(request.POST if act else None, review=mine, items=items, whole=whole)
    stale = None
    people = queries.my_people(
        employee_of(request), request.scope, everybody=person.reviewer_id != employee_of(request)
    )
    if act and form.is_valid():
        try:
            operations.write(request.actor, person, Kind.MANAGER, form.written(_version(now)), hand_in=whole)
            return (
                _onwards(request, person, queries.next_person(people, person))
                if act == "next"
                else redirect("review", pk)
            )
        except Stale as found:
            stale = found.now
            form = _again(request, stale, items)
    context = {
        "person": person,
        "now": now,
        "own": written.get((pk, Kind.SELF)),
        "own_levels": queries.levels_of(written.get((pk, Kind.SELF))),
        "review": mine,
        "form": form,
        "may": writes and is_now,
        "writes": writes,
        "step": steps.get(StepKind.MANAGER_REVIEW),
        "changes": queries.changed_since(now.old_terms, now.terms),
        "stale": stale,
        "draft_url": "" if mine and mine.submitted_at else reverse("review-draft", args=(pk,)),
    }
    return render(request, "cycles/review.html", context, status=409 if stale else 422 if form.errors else 200)


def _onwards(request: Request, person: Participant, following: Participant | None) -> HttpResponse:
    if following is not None:
        return redirect("review", following.pk)
    messages.success(
        request, _("Nobody of %(period)s waits for your review any more.") % {"period": person.cycle.label}
    )
    return redirect("reviews")


@allow("cycles.review", MANAGE)
@require_POST
def review_draft(request: Request, pk: int) -> HttpResponse:
    """Keep what the reviewer is typing."""
    person = theirs(request, pk)
    if not may_write(request, person):
        return render(request, "cycles/_draft.html", {"problem": _("Only the reviewer or HR writes here.")})
    return _draft(request, person, Kind.MANAGER, StepKind.MANAGER_REVIEW)


@allow("cycles.review", MANAGE)
@require_POST
def reviews_hand_in(request: Request) -> HttpResponse:
    """Hand in what is written about several people; what is missing with the others is told."""
    wanted = {
        int(one)
        for one in request.POST.getlist("person")[:AT_ONCE]
        if one.isascii() and one.isdigit() and len(one) < 10
    }
    people = _open_for_writing(request, wanted)
    terms = _terms(people)
    items = {one.pk: rated_items(terms.get(one.pk)) for one in people}
    done, lacking = operations.hand_in(request.actor, [one.pk for one in people], items)
    names = {one.pk: one.employee.name for one in people}
    if done:
        told = ngettext("%(count)s review handed in.", "%(count)s reviews handed in.", len(done))
        messages.success(request, told % {"count": len(done)})
    for number, problems in list(lacking.items())[:10]:
        messages.warning(request, f"{names[number]}: {' '.join(problems)}")
    if not done and not lacking:
        messages.warning(request, _("Nothing to hand in: choose people with a draft, while the step is open."))
    return redirect("reviews")


def _open_for_writing(request: Request, wanted: set[int]) -> list[Participant]:
    """Those of the people whose manager review is open and to be written by the visitor."""
    employee = employee_of(request)
    found = queries.writable(employee, request.powers.scope(MANAGE)).filter(pk__in=wanted)
    return list(found[:AT_ONCE])


def _terms(people: Sequence[Participant]) -> dict[int, Any]:
    """Participant → terms, a few queries for each cycle."""
    found: dict[int, Any] = {}
    cycles = {one.cycle_id: one.cycle for one in people}
    for number, cycle in cycles.items():
        some = [one for one in people if one.cycle_id == number]
        terms = terms_of([one.employee_id for one in some], cycle.start, cycle.end)
        found |= {one.pk: terms[one.employee_id] for one in some if one.employee_id in terms}
    return found


@allow("cycles.review", MANAGE)
@GET_POST
@private
def reviews_table(request: Request) -> HttpResponse:
    """Everybody on one item, side by side."""
    employee = employee_of(request)
    people = list(queries.writable(employee, request.powers.scope(MANAGE))[:AT_ONCE])
    cycles = {one.cycle_id: one.cycle for one in people}
    cycle = cycles.get(_number(request.GET.get("cycle", ""))) or next(iter(cycles.values()), None)
    people = [one for one in people if cycle is not None and one.cycle_id == cycle.pk]
    terms = _terms(people)
    items = {one.id: one for person in people for one in rated_items(terms.get(person.pk))}
    item = items.get(request.GET.get("item", "")) or next(iter(items.values()), None)
    context: dict[str, Any] = {"cycles": cycles.values(), "cycle": cycle, "items": items.values(), "item": item}
    if cycle is None or item is None:
        return render(request, "cycles/reviews-table.html", context | {"rows": []})
    rated = [one for one in people if item in rated_items(terms.get(one.pk))]
    written = reviews_of([one.pk for one in rated])
    mine = {one.pk: written.get((one.pk, Kind.MANAGER)) for one in rated}
    form = SideBySideForm(request.POST if request.method == "POST" else None, item=item, people=mine)
    if request.method == "POST" and form.is_valid():
        versions = {number: one.version for number, one in terms.items()}
        stale = operations.rate(request.actor, item.id, form.rated(), versions)
        _tell_rated(request, [one.employee.name for one in rated if one.pk in stale])
        return redirect(f"{reverse('reviews-table')}?cycle={cycle.pk}&item={item.id}")
    cards = totals(rated)
    rows = [
        {"person": one, "card": cards.get(one.pk), "review": mine[one.pk], "cells": form.cells(one.pk)} for one in rated
    ]
    versions_seen = sum(one.version for one in mine.values() if one)
    context |= {"form": form, "rows": rows, "cards": queries.cards(item), "versions": versions_seen}
    return render(request, "cycles/reviews-table.html", context, status=422 if form.errors else 200)


def _tell_rated(request: Request, stale: Sequence[str]) -> None:
    if stale:
        told = _("Not saved for %(names)s: somebody has changed these reviews meanwhile. Look again.")
        messages.warning(request, told % {"names": ", ".join(stale)})
    else:
        messages.success(request, _("Saved. Hand the reviews in when all items are rated."))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
