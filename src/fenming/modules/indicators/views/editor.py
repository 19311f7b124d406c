"""Make an indicator or change one by choosing, with what it would give beside it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST

from fenming.controls.routes import Request, allow
from fenming.lake import telling
from fenming.library.indicators import Indicator, indicators
from fenming.library.text import Refusal, Words
from fenming.modules.indicators import queries
from fenming.modules.indicators.forms.editor import EditorForm, begun, first_day
from fenming.modules.indicators.forms.reading import Reading, sample, settle
from fenming.modules.indicators.forms.typed import Typed
from fenming.modules.indicators.forms.writing import copy_of, typed_of
from fenming.modules.indicators.models import OwnIndicator
from fenming.modules.indicators.operations import publishing
from fenming.modules.indicators.queries.preview import check_measurable, try_out
from fenming.modules.indicators.queries.telling import Difference, differences
from fenming.modules.indicators.queries.wording import speaking

private = cache_control(private=True, no_cache=True)
form_page = require_http_methods(["GET", "HEAD", "POST"])


@allow("indicators.edit")
@form_page
@private
def new(request: Request) -> HttpResponse:
    """A new indicator; ``?from=`` begins with a copy of another."""
    if request.method == "POST":
        return _posted(request, None, None)
    base = _current(request.GET["from"])[0] if request.GET.get("from") else None
    typed = begun()
    if base:
        typed.values |= copy_of(base).values
    for name in ("fact", "kind"):
        if request.GET.get(name):
            typed.values[name] = [request.GET[name][:60]]
    return _page(request, Reading(typed, base), None, None)


@allow("indicators.edit")
@form_page
@private
def edit(request: Request, identifier: str) -> HttpResponse:
    """A new version of an indicator; of a shipped one, the company's own goes before it."""
    base, row = _current(identifier)
    if base.levels:
        return redirect("indicator-levels", identifier)
    if request.method == "POST":
        return _posted(request, base, row)
    typed = Typed({**begun().values, **typed_of(base).values})
    return _page(request, Reading(typed, base), base, row)


@allow("indicators.edit")
@require_POST
@private
def preview(request: Request) -> HttpResponse:
    """What the definition typed so far says, and what it gives for last month."""
    typed = Typed.posted(request.POST)
    settle(typed)
    reading = Reading(typed)
    context: dict[str, Any] = {"problems": [words.say(speaking()) for words in reading.problems.values()]}
    if reading.measure is not None:
        look = reading.look(reading.measure)
        direction = "lower" if typed.text("direction") == "lower" else "higher"
        empty = "zero" if typed.text("empty") == "zero" else "missing"
        one = sample(reading.measure, scale=look["scale"], unit=look["unit"], digits=look["digits"])
        one = one.model_copy(update={"direction": direction, "empty": empty})
        context |= {
            "sentence": telling.sentence(reading.measure).say(speaking()),
            "tried": try_out(one, request.powers.scope("board.view")),
            "direction": direction,
        }
    return render(request, "indicators/_preview.html", context)


def _posted(request: Request, base: Indicator | None, row: OwnIndicator | None) -> HttpResponse:
    typed = Typed.posted(request.POST)
    do = typed.text("do")
    typed.do(do)
    settle(typed)
    origin = base or _origin(typed)
    reading = Reading(typed, origin)
    if do or request.headers.get("HX-Request"):
        return _page(request, reading, base, row, judged=False)
    identifier = base.id if base else typed.text("id") or queries.free_id(typed.text("name_zh"))
    valid_from = _day(reading)
    one = reading.definition(identifier, valid_from) if valid_from else None
    if base is None and queries.is_taken(identifier):
        reading.problems["id"] = Words(zh="这个代码已被使用，请换一个。", en="This id is taken. Choose another one.")
    if one is None or reading.problems:
        return _page(request, reading, base, row, judged=True)
    return _published(request, reading, one, base, row)


def _published(
    request: Request, reading: Reading, one: Indicator, base: Indicator | None, row: OwnIndicator | None
) -> HttpResponse:
    typed = reading.typed
    given = typed.text("version")
    version = int(given) if given.isdecimal() and len(given) < 19 else 0
    changes: list[Difference] = []
    try:
        check_measurable(one)
        publishing.publish(request.actor, one, one.valid_from, typed.text("reason"), version=version)
    except publishing.Stale as stale:
        if stale.newest is not None:
            row = stale.newest
            changes = differences(one, Indicator.model_validate(row.definition))
        return _page(request, reading, base, row, judged=True, refused=_say(stale), changes=changes)
    except Refusal as refusal:
        return _page(request, reading, base, row, judged=True, refused=_say(refusal))
    messages.success(
        request, _("%(name)s holds from %(day)s on.") % {"name": one.name.say(speaking()), "day": one.valid_from}
    )
    return redirect(address_of(one.id))


def _page(
    request: Request, reading: Reading, base: Indicator | None, row: OwnIndicator | None, *, judged: bool = False,
    refused: str = "", changes: list[Difference] | None = None,
) -> HttpResponse:  # fmt: skip
    url = reverse("indicator-edit", args=[base.id]) if base else reverse("indicator-new")
    form = EditorForm(reading, url=url, judged=judged, version=row.pk if row else 0)
    context = {
        "form": form,
        "base": base,
        "row": row,
        "origin_id": reading.base.id if reading.base else "",
        "copied": None if base else reading.base,
        "shipped": base is not None and base.id in indicators(),
        "url": url,
        "refused": refused,
        "changes": changes,
        "sentence": telling.sentence(reading.measure).say(speaking()) if reading.measure else "",
        "first_day": first_day(),
    }
    return render(request, "indicators/editor.html", context)


def _day(reading: Reading) -> Any:
    try:
        day = parse_date(reading.typed.text("valid_from"))
    except ValueError:
        day = None
    if day is None:
        reading.problems["valid_from"] = Words(zh="请填写日期，例如 2026-11-01。", en="Give a day such as 2026-11-01.")
    return day


def _origin(typed: Typed) -> Indicator | None:
    """What a copy was made from: its reasons stay where its conditions did."""
    found = queries.current(typed.text("origin"), timezone.localdate()) if typed.text("origin") else None
    return found[0] if found and not found[0].levels else None


def _current(identifier: str) -> tuple[Indicator, OwnIndicator | None]:
    found = queries.current(identifier[:80].replace("\x00", ""), timezone.localdate())
    if found is None:
        raise Http404
    return found


def address_of(identifier: str) -> str:
    """The page of one indicator, where the site has it, else the list of its versions."""
    try:
        return reverse("indicator", args=[identifier])
    except NoReverseMatch:
        return reverse("indicator-versions", args=[identifier])


def _say(refusal: Refusal) -> str:
    return refusal.words.say(speaking())
