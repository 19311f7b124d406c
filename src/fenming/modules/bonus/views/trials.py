"""What-if: drafts of schemes on periods, before they are published."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.operations import record
from fenming.controls.queries import work as work_of
from fenming.controls.routes import Request, allow
from fenming.drawing.figures import fixed, thousands
from fenming.library.text import Refusal, Words
from fenming.modules.bonus import jobs, workbook
from fenming.modules.bonus.forms import TrialForm
from fenming.modules.bonus.models import Trial
from fenming.modules.bonus.operations import trying
from fenming.modules.bonus.operations.trying import Variant
from fenming.modules.bonus.queries import trials as queries
from fenming.modules.bonus.queries.trials import Comparison, Person
from fenming.modules.bonus.views.figures import Kpi
from fenming.modules.schemes.queries.drafts import visible_drafts

private = cache_control(private=True, no_cache=True)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE = 25
KINDS = ("gain", "lose", "same", "new", "gone")
ORDERS = ("change", "number", "before", "after", "money", "rank")
SEES = ("schemes.view", "schemes.edit", "schemes.approve")


@allow(*SEES)
@require_safe
@private
def trials(request: Request) -> HttpResponse:
    """All trials in reach, and the drafts that can be tried out."""
    page = Paginator(queries.visible_trials(request.scope), 20).get_page(request.GET.get("page"))
    drafts = visible_drafts(request.powers.scope("schemes.edit"))[:12] if request.powers.may("schemes.edit") else []
    rows = [(one, queries.variant_names(one)[1:]) for one in page]
    return render(request, "bonus/trials.html", {"page": page, "rows": rows, "drafts": drafts})


@allow("schemes.edit")
@require_http_methods(["GET", "HEAD", "POST"])
@private
def new(request: Request, pk: int) -> HttpResponse:
    """Choose the periods, and another draft to stand beside this one."""
    drafts = visible_drafts(request.scope)
    draft = drafts.filter(pk=pk).first() if pk < 2**63 else None
    if draft is None:
        raise Http404
    cycle = str(draft.definition.get("cycle", "month"))
    known = queries.periods_to_try(cycle, timezone.localdate(), draft.department_id)
    others = {one.pk: one for one in drafts.filter(department=draft.department_id).exclude(pk=pk)[:100]}
    form = TrialForm(
        request.POST if request.method == "POST" else None,
        [(span, _("%(period)s · scored") % {"period": span.label} if scored else span.label) for span, scored in known],
        [(one.pk, f"{one.identifier} · {_('draft')} {one.version}") for one in others.values()],
    )
    if request.method == "POST" and form.is_valid():
        spans = [span for span, _scored in reversed(known) if span.label in form.cleaned_data["periods"]]
        other = others.get(form.cleaned_data["against"] or 0)
        try:
            trial = jobs.begin(
                request.actor,
                draft.department_id,
                [_variant(one) for one in (draft, other) if one],
                spans,
                key=str(form.cleaned_data["key"]),
            )
            return redirect("trial", trial.pk)
        except Refusal as refusal:
            form.add_error(None, _say(refusal.words))
    status = 422 if form.errors else 200
    return render(request, "bonus/trial-new.html", {"form": form, "draft": draft, "periods": known}, status=status)


def _variant(draft: Any) -> Variant:
    return Variant(identifier=draft.identifier, definition=draft.definition, draft=draft.pk, version=draft.version)


@allow(*SEES)
@require_safe
@private
def trial(request: Request, pk: int) -> HttpResponse:
    """What a trial came to: one of its periods in full, the others beside it."""
    found = _visible(request, pk)
    results = list(found.results.all())
    pair = _pair(request.GET, found)
    by_money = request.GET.get("by", "money") == "money"
    sides = [queries.comparison(found, one, pair, request.powers, request.scope, by_money=by_money) for one in results]
    shown = next((one for one in sides if one.label == request.GET.get("period")), sides[-1] if sides else None)
    context = _head(request, found, pair) | {"comparison": shown, "periods": sides}
    if shown is not None:
        context |= _people(request.GET, shown) | {"kpis": _kpis(shown)}
    return render(request, "bonus/trial.html", context)


@allow(*SEES)
@require_safe
@private
def progress(request: Request, pk: int) -> HttpResponse:
    """How far it is; once it has ended, the page is asked for anew."""
    context = _head(request, _visible(request, pk), (0, 1))
    answer = render(request, "bonus/_trial-progress.html", context)
    if not context["busy"]:
        answer["HX-Refresh"] = "true"
    return answer


@allow("schemes.edit")
@require_POST
@private
def stop(request: Request, pk: int) -> HttpResponse:
    """Call a trial off."""
    found = _editable(request, pk)
    try:
        trying.stop(request.actor, found)
    except Refusal as refusal:
        messages.error(request, _say(refusal.words))
    return redirect("trial", pk)


@allow("schemes.edit")
@require_POST
@private
def forget(request: Request, pk: int) -> HttpResponse:
    """Delete a trial."""
    found = _editable(request, pk)
    try:
        trying.forget(request.actor, found)
    except Refusal as refusal:
        messages.error(request, _say(refusal.words))
        return redirect("trial", pk)
    messages.success(request, _("The trial is deleted."))
    return redirect("trials")


@allow(*SEES)
@require_safe
@private
def file(request: Request, pk: int) -> HttpResponse:
    """All periods of a trial as an Excel file, as far as one may see them; it is logged."""
    found = _visible(request, pk)
    pair = _pair(request.GET, found)
    names = queries.variant_names(found)
    sides = [queries.comparison(found, one, pair, request.powers, request.scope) for one in found.results.all()]
    if not sides:
        messages.error(request, _("There is nothing to export yet."))
        return redirect("trial", pk)
    content = workbook.table_file([sheet for one in sides for sheet in _sheets(one, names[pair[0]], names[pair[1]])])
    record(request.actor, "bonus.export_trial", found, after={"periods": [one.label for one in sides]})
    name = f"{_('What-if')} {names[pair[1]]}.xlsx"
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or ""}
    return HttpResponse(content, content_type=XLSX, headers=headers)


def _sheets(one: Comparison, before: str, after: str) -> Iterator[tuple[str, Sequence[str], list[list[Any]]]]:
    heads = [_("Number"), _("Name"), pgettext("people", "Post"), _("Team"), *(
        f"{name}: {side}" for side in (before, after) for name in (_("Total"), _("Grade"), _("Rank"))
    ), _("Points more or fewer"), _("What changed most")]  # fmt: skip
    money = [f"{_('Bonus')}: {before}", f"{_('Bonus')}: {after}", _("Yuan more or fewer")] if one.money else []
    yield one.label, [*heads, *money], [_row(one, person) for person in one.people]
    rows = [[each.name, each.weight_before, each.weight_after, each.change] for each in one.drivers]
    if rows:
        heads = [_("Indicator"), _("Weight before"), _("Weight after"), _("Mean points more or fewer")]
        yield f"{one.label} {_('Drivers')}", heads, rows


def _row(one: Comparison, person: Person) -> list[Any]:
    sides = [person.before, person.after]
    told = [value for side in sides for value in ((side.total, side.grade, side.rank) if side else (None, "", None))]
    money = [*(side.bonus if side else None for side in sides), person.money] if one.money else []
    driver = person.moved_by[0] if person.moved_by else ""
    return [person.number, person.name, person.post, person.team, *told, person.change, driver, *money]


def _visible(request: Request, pk: int) -> Trial:
    found = queries.visible_trials(request.scope).filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise Http404
    return found


def _editable(request: Request, pk: int) -> Trial:
    found = _visible(request, pk)
    if not queries.covers(request.scope, found.department_id):
        raise Http404
    return found


def _pair(given: QueryDict, found: Trial) -> tuple[int, int]:
    known = {f"{one}-{two}": (one, two) for one, two in queries.pairs(found)}
    return known.get(given.get("pair", ""), (0, 1))


def _head(request: Request, found: Trial, pair: tuple[int, int]) -> dict[str, Any]:
    work = work_of(found.work) if found.work else None
    busy = found.state in (Trial.State.WAITING, Trial.State.RUNNING)
    lost = busy and (work is None or work.state in ("dead", "cancelled"))
    names = queries.variant_names(found)
    return {
        "trial": found, "work": work, "busy": busy and not lost, "lost": lost, "names": names,
        "pair": f"{pair[0]}-{pair[1]}", "before_name": names[pair[0]], "after_name": names[pair[1]],
        "pairs": [(f"{one}-{two}", f"{names[one]} → {names[two]}") for one, two in queries.pairs(found)],
        "error": Words(**found.error).say(get_language() or "zh") if found.error else "",
        "editable": queries.covers(request.powers.scope("schemes.edit"), found.department_id),
        "spans": trying.spans(found),
        "by": "money" if request.GET.get("by", "money") == "money" else "points",
    }  # fmt: skip


def _people(given: QueryDict, one: Comparison) -> dict[str, Any]:
    q = given.get("q", "").replace("\0", "").strip()[:80].casefold()
    team, post, kind = (given.get(name, "") for name in ("team", "post", "kind"))
    people = [
        person
        for person in one.people
        if (not q or q in f"{person.number} {person.name}".casefold())
        and (not team or person.team == team)
        and (not post or person.post == post)
        and (kind not in KINDS or one.kind(person) == kind)
    ]
    drawn = one.drawn(people)
    return {
        "drawn": drawn,
        "page": Paginator(_ordered(people, given.get("order", ""), one), PAGE).get_page(given.get("page")),
        "teams": sorted({(person.team, person.team) for person in one.people if person.team}),
        "posts": sorted({(person.post, person.post) for person in one.people if person.post}),
        "kinds": [(name, text, one.kinds[name]) for name, text in _kinds() if one.kinds[name]],
        "hidden": len(people) - len(drawn),
        "shares": [(title, some) for title, some in ((_("Teams"), one.teams), (_("Posts"), one.posts)) if some],
    }


def _kinds() -> list[tuple[str, str]]:
    return [
        ("gain", _("gain")), ("lose", _("lose")), ("same", _("unchanged")),
        ("new", _("newly scored")), ("gone", _("no longer scored")),
    ]  # fmt: skip


def _ordered(people: list[Person], order: str, one: Comparison) -> list[Person]:
    """By a column; who has no value there stands last, either way round."""
    by = order.removeprefix("-")
    if by not in ORDERS:
        by, order = ("money", "-money") if one.by_money else ("change", "-change")
    keys = {
        "number": lambda person: person.number,
        "before": lambda person: person.before and person.before.total,
        "after": lambda person: person.after and person.after.total,
        "change": lambda person: person.change,
        "money": lambda person: person.money,
        "rank": lambda person: person.climbed,
    }
    key: Any = keys[by]
    known = [person for person in people if key(person) is not None]
    rest = [person for person in people if key(person) is None]
    return [*sorted(known, key=key, reverse=order.startswith("-")), *rest]


def _say(words: Words) -> str:
    return words.say(get_language() or "zh")


def _kpis(one: Comparison) -> list[Kpi]:
    count = len(one.people) or 1
    found: list[Kpi] = [
        Kpi(
            name=_("Gain"), icon="trending-up", tone="brand", value=str(one.gain), unit=_("people"),
            reached=one.gain / count * 100,
            note=_("%(count)s new grades") % {"count": one.regraded} if one.regraded else _("no grade changes"),
        ),
        Kpi(
            name=_("Lose"), icon="trending-down", tone="coral", value=str(one.lose), unit=_("people"),
            reached=one.lose / count * 100, note=_("%(count)s unchanged") % {"count": one.same},
        ),
        Kpi(
            name=_("Mean total"), icon="gauge", tone="blue", value=fixed(one.mean_after),
            unit=_("points"), note=_("%(before)s as before") % {"before": fixed(one.mean_before)},
        ),
    ]  # fmt: skip
    if not one.money:
        return found
    return [
        *found,
        Kpi(
            name=_("Moves between people"), icon="arrows-exchange", tone="violet",
            value=f"¥{thousands(one.moved)}", note=_("the pool stays the same"),
        ),
        Kpi(
            name=_("To leave nobody worse off"), icon="shield-check", tone="amber",
            value=f"¥{thousands(one.lost)}", note=_("on top of the pool"),
        ),
    ]  # fmt: skip
