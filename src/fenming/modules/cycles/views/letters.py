"""Result letters: HR issues them, everybody reads one's own."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from fenming.controls.routes import Request, allow
from fenming.modules.cycles.models import Cycle, Letter
from fenming.modules.cycles.operations import letters as operations
from fenming.modules.cycles.queries import letters as queries
from fenming.modules.cycles.queries.corrected import Corrected, corrected_later
from fenming.modules.cycles.queries.reach import visible_participants
from fenming.modules.cycles.queries.sheets import letters_sheet
from fenming.modules.cycles.views.calibration import XLSX
from fenming.modules.cycles.views.seats import Seat, cycles_of, employee_of, seat

OUTCOME = ("cycles.own", "cycles.review", "cycles.view", "cycles.manage")
private = cache_control(private=True, no_cache=True)


@allow("cycles.manage")
@require_http_methods(["GET", "HEAD", "POST"])
@private
def letters(request: Request) -> HttpResponse:
    """The letters of a cycle: looked at before, issued at once, and who has read them."""
    cycle, known = _chosen(request)
    if cycle is None:
        return render(request, "cycles/letters.html", {"cycle": None})
    if request.method == "POST":
        _do(request, cycle)
        return HttpResponseRedirect(f"{reverse('letters')}?cycle={cycle.pk}")
    found = queries.letters(request.scope, cycle)
    state = request.GET.get("state", "")
    rows = [one for one in found.rows if not state or one.state == state]
    return render(
        request,
        "cycles/letters.html",
        {
            "cycle": cycle, "cycles": known, "letters": found, "rows": rows, "state": state,
            "until": queries.last_day_to_appeal(cycle, timezone.localdate()),
            "states": [(key, name, found.count(key)) for key, name in _states() if found.count(key)],
        },
    )  # fmt: skip


def _states() -> list[tuple[str, str]]:
    return [
        ("none", _("not issued")),
        ("unopened", _("not opened")),
        ("opened", _("opened")),
        ("confirmed", _("confirmed")),
        ("appealed", _("appealed")),
    ]


def _chosen(request: Request) -> tuple[Cycle | None, list[Cycle]]:
    return cycles_of(request, visible_participants(request.scope))


def _do(request: Request, cycle: Cycle) -> None:
    try:
        if request.POST.get("do") == "issue":
            count = operations.issue(request.actor, cycle, scope=request.scope)
            if count:
                told = ngettext("%(count)s letter was issued.", "%(count)s letters were issued.", count)
                messages.success(request, told % {"count": count})
            else:
                messages.info(request, _("Everybody who has a result has a letter already."))
        elif request.POST.get("do") == "remind":
            count = operations.remind(request.actor, cycle, scope=request.scope)
            told = ngettext("%(count)s person was reminded.", "%(count)s people were reminded.", count)
            messages.success(request, told % {"count": count})
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))


@allow("cycles.manage")
@require_safe
def export(request: Request) -> HttpResponse:
    """The figures of the letters as an Excel file."""
    cycle, _known = _chosen(request)
    if cycle is None:
        return render(request, "cycles/letters.html", {"cycle": None})
    name = f"{_('Result letters')} {cycle.department.name} {cycle.label}.xlsx"
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or ""}
    return HttpResponse(letters_sheet(queries.letters(request.scope, cycle)), content_type=XLSX, headers=headers)


@allow(*OUTCOME)
@require_http_methods(["GET", "HEAD", "POST"])
@private
def letter(request: Request, pk: int) -> HttpResponse:
    """One letter: the person reads and confirms it, the reviewer and HR see it as it was told."""
    at = seat(request, pk)
    found: Letter | None = getattr(at.participant, "letter", None)
    if request.method == "POST":
        return _confirm(request, at)
    if at.mine and found is not None:
        operations.open_letter(request.actor, found)
    bonus_shown = at.mine or _sees_pay(request, at)
    context = {
        "seat": at,
        "letter": found,
        "said": queries.said(found) if found else _draft(at),
        "bonus_shown": bonus_shown,
        "appeal_url": _appeal_url(at, found),
        "corrected": _corrected(at) if found is not None and bonus_shown else [],
        "today": timezone.localdate(),
    }
    return render(request, "cycles/my-letter.html" if at.mine else "cycles/letter.html", context)


def _corrected(at: Seat) -> list[Corrected]:
    run = at.participant.cycle.run
    return corrected_later(at.participant.employee_id, run) if run is not None else []


def _sees_pay(request: Request, at: Seat) -> bool:
    reached = visible_participants(request.powers.scope("bonus.view", "bonus.edit"))
    return reached.filter(pk=at.participant.pk).exists()


def _confirm(request: Request, at: Seat) -> HttpResponse:
    if not at.mine:
        messages.error(request, _("Only the person can confirm the own letter."))
    else:
        try:
            operations.confirm(request.actor, at.participant)
            messages.success(request, _("Thank you. It is noted that you have read it."))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
    return HttpResponseRedirect(reverse("letter", args=[at.participant.pk]))


def _draft(at: Seat) -> queries.Contents:
    """What HR would issue now; nobody else sees a result before it is told."""
    if not at.manages:
        return {}
    cycle = at.participant.cycle
    until = queries.last_day_to_appeal(cycle, timezone.localdate())
    found = queries.drafts(cycle, [at.participant], until=until).get(at.participant.pk, {})
    told: queries.Contents = found.get("zh" if (get_language() or "zh").startswith("zh") else "en", {})
    return told


def _appeal_url(at: Seat, found: Letter | None) -> str:
    if not at.mine or found is None or found.appeal_until < timezone.localdate():
        return ""
    try:
        return f"{reverse('appeal-new')}?participant={at.participant.pk}"
    except NoReverseMatch:
        return ""


@allow("cycles.own")
@require_safe
@private
def my_letter(request: Request) -> HttpResponse:
    """One's own results, period by period; a to-do leads straight to the letter of its cycle."""
    employee = employee_of(request)
    results = queries.my_results(employee) if employee else []
    asked = request.GET.get("cycle", "")
    for one in results:
        if str(one.participant.cycle_id) == asked and one.letter is not None:
            return HttpResponseRedirect(reverse("letter", args=[one.participant.pk]))
    return render(request, "cycles/my-results.html", {"results": results})
