"""Rated items: their levels and the behaviour that stands for each."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control

from fenming.controls.routes import Request, allow
from fenming.library.indicators import Indicator, indicators
from fenming.library.text import Refusal, Words
from fenming.modules.indicators import queries
from fenming.modules.indicators.forms.editor import first_day
from fenming.modules.indicators.forms.rating import LEAST, MOST, RatedItem, begun, typed_of
from fenming.modules.indicators.forms.typed import Typed
from fenming.modules.indicators.models import OwnIndicator
from fenming.modules.indicators.operations import publishing
from fenming.modules.indicators.queries.library import departments
from fenming.modules.indicators.queries.telling import differences
from fenming.modules.indicators.queries.wording import speaking
from fenming.modules.indicators.views.editor import address_of, form_page

private = cache_control(private=True, no_cache=True)


@allow("indicators.edit")
@form_page
@private
def new_item(request: Request) -> HttpResponse:
    """A new rated item, beginning with the usual levels."""
    if request.method == "POST":
        return _posted(request, None, None)
    return _page(request, RatedItem(begun()), None)


@allow("indicators.edit")
@form_page
@private
def levels(request: Request, identifier: str) -> HttpResponse:
    """The levels of a rated item."""
    found = queries.current(identifier, timezone.localdate())
    if found is None or not found[0].levels:
        raise Http404
    base, row = found
    if request.method == "POST":
        return _posted(request, base, row)
    return _page(request, RatedItem(typed_of(base), base), row)


def _posted(request: Request, base: Indicator | None, row: OwnIndicator | None) -> HttpResponse:
    typed = Typed.posted(request.POST)
    typed.do(typed.text("do"))
    item = RatedItem(typed, base)
    if typed.text("do"):
        return _page(request, item, row)
    identifier = base.id if base else queries.free_id(typed.text("name_zh") or typed.text("name_en"))
    day = _day(item)
    one = item.definition(identifier, day) if day else None
    if one is None or item.problems:
        return _page(request, item, row)
    version = int(typed.text("version")) if typed.text("version").isdecimal() and len(typed.text("version")) < 19 else 0
    try:
        publishing.publish(request.actor, one, day, typed.text("reason"), version=version)
    except publishing.Stale as stale:
        now = stale.newest
        changes = differences(one, Indicator.model_validate(now.definition)) if now else None
        return _page(request, item, now, refused=stale.words.say(speaking()), changes=changes)
    except Refusal as refusal:
        return _page(request, item, row, refused=refusal.words.say(speaking()))
    messages.success(request, _("%(name)s holds from %(day)s on.") % {"name": one.name.say(speaking()), "day": day})
    return redirect(address_of(one.id))


def _day(item: RatedItem) -> Any:
    try:
        day = parse_date(item.typed.text("valid_from"))
    except ValueError:
        day = None
    if day is None:
        item.problems["valid_from"] = Words(zh="请填写日期，例如 2026-11-01。", en="Give a day such as 2026-11-01.")
    return day


def _page(
    request: Request, item: RatedItem, row: OwnIndicator | None, *, refused: str = "", changes: Any = None
) -> HttpResponse:
    typed = item.typed
    chosen = set(typed.several("departments"))
    rows = typed.rows("level")
    context = {
        "base": item.base,
        "shipped": item.base is not None and item.base.id in indicators(),
        "typed": {name: typed.text(name) for name in ("name_zh", "name_en", "about_zh", "about_en", "reason")},
        "valid_from": typed.text("valid_from") or f"{first_day():%Y-%m-%d}",
        "rows": [(number, one, _problem(item, f"level-{number}")) for number, one in enumerate(rows)],
        "departments": [(code, name, code in chosen) for code, name in departments()],
        "problems": [words.say(speaking()) for name, words in item.problems.items() if not name.startswith("level-")],
        "wrong": bool(item.problems),
        "refused": refused,
        "changes": changes,
        "version": row.pk if row else 0,
        "may_add": len(rows) < MOST,
        "may_drop": len(rows) > LEAST,
        "url": reverse("indicator-levels", args=[item.base.id]) if item.base else reverse("indicator-rating"),
    }
    return render(request, "indicators/rating.html", context)


def _problem(item: RatedItem, name: str) -> str:
    words = item.problems.get(name)
    return words.say(speaking()) if words else ""
