"""Help: an index with search, and topics as pages or beside a page. Tours that were seen."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from fenming.controls.routes import SIGNED_IN, Request, allow, may_open
from fenming.controls.scope import Powers
from fenming.library.help import Block, Span, Topic
from fenming.library.help import topics as known
from fenming.modules.start.operations.tours import note_seen
from fenming.modules.start.queries.tours import TOURS

LONGEST = 80


@allow(SIGNED_IN)
@require_safe
def index(request: Request) -> HttpResponse:
    """Every topic, or those that hold a text."""
    q = request.GET.get("q", "").strip()[:LONGEST]
    language = get_language() or "zh"
    found = [one for one in known().values() if _holds(one, q, language)]
    return render(request, "start/help.html", {"topics": [_shown(one, request.powers) for one in found], "q": q})


def _holds(one: Topic, q: str, language: str) -> bool:
    return q.casefold() in f"{one.title.say(language)} {one.body.say(language)}".casefold()


def _shown(one: Topic, powers: Powers) -> dict[str, Any]:
    """A topic for somebody; what he or she may not open is named without a link."""
    language = get_language() or "zh"
    blocks = [Block(is_list, [[_led(span, powers) for span in line] for line in lines])
              for is_list, lines in one.blocks(language)]  # fmt: skip
    return {"id": one.id, "title": one.title.say(language), "blocks": blocks}


def _led(span: Span, powers: Powers) -> Span:
    return span if not span.url or may_open(powers, span.url) else Span(span.text)


@allow(SIGNED_IN)
@require_safe
def topic(request: Request, slug: str) -> HttpResponse:
    """A topic: beside the page for htmx, else a page of its own."""
    found = known().get(slug)
    if found is None:
        raise Http404
    fragment = bool(getattr(request, "htmx", False))
    return render(
        request, "start/_topic.html" if fragment else "start/topic.html", {"topic": _shown(found, request.powers)}
    )


@allow(SIGNED_IN)
@require_POST
def tour_seen(request: Request, tour: str) -> HttpResponse:
    """The tour was ended or skipped; asked twice, it is noted once."""
    if tour not in TOURS or request.actor.user is None:
        raise Http404
    note_seen(request.actor.user, tour)
    return HttpResponse(status=204)
