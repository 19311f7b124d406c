"""Under which version of which scheme people stand in a period, before anything is scored."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q

from fenming.controls.models import Run
from fenming.controls.scope import Scope
from fenming.controls.validity import during
from fenming.library.schemes import Scheme
from fenming.modules.indicators.queries import own_indicators
from fenming.modules.people.queries.records import assignments_during
from fenming.modules.schemes.models import SchemeVersion, Scorecard, ScoreLine
from fenming.rules.weights import in_force, planned


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A version of a scheme, and the weights with which it holds in the middle of the period."""

    version: int
    valid_from: date
    reason: str
    scheme: Scheme
    weights: dict[str, Decimal]


def terms_of(employees: Collection[int], start: date, end: date) -> dict[int, Terms]:
    """Employee → the terms of the last post in the period; whoever stands under no scheme is left out."""
    return _read(employees, start, end, also=None)[0]


def terms_and_before(employee: int, start: date, end: date, before: int | None) -> tuple[Terms | None, Terms | None]:
    """Somebody's terms, and those of another version that held for the same person, in the same queries."""
    found, other = _read([employee], start, end, also=before)
    return found.get(employee), other


def _read(
    employees: Collection[int], start: date, end: date, *, also: int | None
) -> tuple[dict[int, Terms], Terms | None]:
    by_post: dict[tuple[int, str], SchemeVersion] = {}
    other = None
    versions = SchemeVersion.objects.filter(during(start, end) | Q(pk=also or 0))
    for version in versions.order_by("identifier", "-valid_from"):
        if version.pk == also:
            other = version
        if version.valid_from >= end or (version.valid_to and version.valid_to <= start):
            continue
        for post in version.definition.get("posts") or ("",):
            by_post.setdefault((version.department_id, post), version)
    under = {}
    for stay in assignments_during(Scope(employees=frozenset(employees)), start, end):
        place = stay.department_id
        if found := by_post.get((place, stay.post.code)) or by_post.get((place, "")):
            under[stay.employee_id] = found
    used = {one.pk: one for one in [*under.values(), other] if one}
    own = {name: one.model_dump(mode="json") for name, one in own_indicators(start).items()} if used else {}
    known = {one.pk: _terms(one, own, start, end) for one in used.values()}
    return {employee: known[one.pk] for employee, one in under.items()}, known[other.pk] if other else None


def _terms(version: SchemeVersion, own: Mapping[str, object], start: date, end: date) -> Terms:
    given = {**version.definition, "indicators": {**own, **version.definition.get("indicators", {})}}
    scheme = Scheme.model_validate(given)
    middle = start + timedelta(days=(end - start).days // 2)
    weights = in_force(planned(item.rule for item in scheme.items), scheme.seasons, middle)
    return Terms(
        version=version.pk,
        valid_from=version.valid_from,
        reason=version.reason,
        scheme=scheme,
        weights=dict(weights.weights),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A scorecard with its lines."""

    card: Scorecard
    lines: list[ScoreLine]


def cards_in(employee: int, runs: Collection[Run]) -> dict[int, Scored]:
    """Run → a person's scorecard with its lines, in one query for all of them."""
    lines = ScoreLine.objects.filter(scorecard__employee=employee, scorecard__run__in=runs)
    found: dict[int, Scored] = {}
    for line in lines.select_related("scorecard").order_by("id"):
        card = line.scorecard
        found.setdefault(card.run_id, Scored(card=card, lines=[])).lines.append(line)
    return found
