"""The page of one indicator, for everybody who is measured by it."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from fenming.controls.routes import Request, allow
from fenming.modules.schemes.forms.page import rating_levels
from fenming.modules.schemes.queries.drafts import known_indicators
from fenming.modules.schemes.queries.indicator import indicator_read
from fenming.modules.schemes.queries.reading import own_versions
from fenming.modules.schemes.queries.uses import reads


@allow("indicators.view", "score.own")
@require_safe
@cache_control(private=True, no_cache=True)
def indicator(request: Request, name: str) -> HttpResponse:
    """What an indicator means, who uses it with which weight, how people read, and how its data stand.

    Who is only measured by it reads what it means; readings are for who sees boards.
    """
    one = known_indicators().get(name)
    if one is None or not (request.powers.may("indicators.view") or _concerns(request, name)):
        raise Http404
    read = indicator_read(
        one,
        request.powers.scope("board.view"),
        uses=request.powers.scope("schemes.view"),
        facts=request.powers.may("indicators.view"),
    )
    template = "schemes/indicator.html" if request.powers.may("indicators.view") else "schemes/indicator-own.html"
    return render(request, template, {"read": read, "one": one, "levels": rating_levels(one)})


def _concerns(request: Request, name: str) -> bool:
    """Whether a scheme that holds for the visitor reads the indicator."""
    employee = getattr(request.user, "employee_id", None)
    own = own_versions(employee, timezone.localdate()) if employee else []
    return any(reads(version.definition, name) for version in own)
