"""Which tour an account is shown on a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fenming.controls.scope import Powers
from fenming.modules.start.models import TourSeen

Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """Steps over one page, for those who hold a permission."""

    page: str
    needs: str
    steps: tuple[tuple[str, Text, Text], ...]
    """What is pointed at, the title, and the text."""
    when_asked: bool = False
    """Its page has no question to spare for whether somebody has seen it: it is shown from the menu only."""


TOURS: Mapping[str, Tour] = {
    "hr": Tour(
        page="people",
        needs="people.edit",
        steps=(
            (
                ".side nav, .tabs",
                _("Where things are"),
                _("Everything you may open stands here, in groups. What is not here, your role does not include."),
            ),
            (
                "#main .head h1",
                _("Your people"),
                _("Everybody whom your role reaches: the whole company, or your region."),
            ),
            ("#main .filters", _("Find and filter"), _("Type a name, pinyin, initials or a number.")),
            (
                "#main .tools",
                _("One by one or by Excel"),
                _("Add a person, or import a whole list. You see every change before it is written."),
            ),
            (".me, .tabs details", _("Your account"), _("Language, security and this tour again.")),
        ),
    ),
    "lead": Tour(
        page="board",
        needs="board.view",
        when_asked=True,
        steps=(
            (
                "#main .head h1",
                _("Your department's board"),
                _("How your people did in this period, by the scheme of their posts."),
            ),
            (
                "#main .tools",
                _("Another month or department"),
                _("Choose the period here. A running month follows the data."),
            ),
            (
                "#main .kpis, #main .kpi",
                _("The figures"),
                _("The mean total and the main indicators, each against its target."),
            ),
            (
                "#ranking, #main .data-frame",
                _("The ranking"),
                _("Choose somebody to see how the score came about, down to the single record."),
            ),
        ),
    ),
    "employee": Tour(
        page="me",
        needs="score.own",
        steps=(
            (
                "main .ring, main h1, h1",
                _("Your score"),
                _("Your total and grade in this period. Nobody but you and those who look after you sees it."),
            ),
            (
                "main section",
                _("How it came about"),
                _("Every indicator with its points. Open one to see each record that counted."),
            ),
            (".tabs", _("The way around"), _("Your performance, your messages and your account.")),
            (".tabs details, .me", _("Your account"), _("Language, security and this tour again.")),
        ),
    ),
}


def tour_for(user: int | None, page: str, powers: Powers, *, again: bool) -> dict[str, Any] | None:
    """The tour of a page, unless this account has seen it; one query, and only on a page with a tour."""
    name, tour = next(
        ((name, one) for name, one in TOURS.items() if one.page == page and powers.may(one.needs)), ("", None)
    )
    if tour is None or user is None:
        return None
    if not again and (tour.when_asked or TourSeen.objects.filter(user=user, tour=name).exists()):
        return None
    steps = [{"target": target, "title": str(title), "text": str(text)} for target, title, text in tour.steps]
    return {"name": name, "steps": steps, "url": reverse("tour-seen", args=[name])}
