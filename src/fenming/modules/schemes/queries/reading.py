"""Schemes for reading: the list, one version, whom it holds for, and how it came to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fenming.controls.models import Operation, Run
from fenming.controls.scope import Scope
from fenming.controls.validity import on
from fenming.drawing import shapes
from fenming.library.indicators import Indicator
from fenming.library.schemes import Item, Scheme
from fenming.modules.indicators.queries import own_indicators, wording
from fenming.modules.people.queries.reach import visible_departments
from fenming.modules.people.queries.records import assignments_during
from fenming.modules.schemes import figures
from fenming.modules.schemes.models import Draft, SchemeVersion
from fenming.modules.schemes.queries import telling
from fenming.modules.schemes.queries.differences import MISSING, differences, of_definition
from fenming.modules.schemes.queries.drafts import known_indicators, visible_drafts, visible_versions
from fenming.modules.schemes.queries.targets import history_of, known_of, resolved
from fenming.rules.curves import target_of
from fenming.rules.periods import period
from fenming.rules.trace import Because


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A scheme of a department: the version in force, the one to come, and the drafts that are open."""

    identifier: str
    name: str
    posts: Sequence[str]
    current: SchemeVersion | None
    future: SchemeVersion | None
    drafts: Sequence[Draft]
    items: Sequence[tuple[str, str, Decimal, Decimal]]
    """Name, colour, weight, and where it begins on one bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A department with its schemes."""

    id: int
    name: str
    schemes: Sequence[Listed]


def listed(scope: Scope, drafts: Scope, posts: Mapping[str, str], *, q: str = "") -> list[Place]:
    """The schemes of every department in reach, with the drafts that the second scope reaches."""
    today = timezone.localdate()
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for version in visible_versions(scope).order_by("department__position", "identifier", "valid_from"):
        if version.valid_to is not None and version.valid_to <= today:
            continue
        row = found.setdefault(version.department_id, {}).setdefault(version.identifier, {"drafts": []})
        row["current" if version.valid_from <= today else "future"] = version
    for draft in under_way(drafts):
        row = found.setdefault(draft.department_id, {}).setdefault(draft.identifier, {"drafts": []})
        row["drafts"].append(draft)
    places = []
    for department in visible_departments(scope):
        rows = [_listed(name, row, posts) for name, row in found.get(department.pk, {}).items()]
        rows = [row for row in rows if q in f"{row.identifier} {row.name} {department.name}".lower()]
        if rows:
            places.append(Place(id=department.pk, name=department.name, schemes=rows))
    return places


def _listed(identifier: str, row: Mapping[str, Any], posts: Mapping[str, str]) -> Listed:
    shown = row.get("current") or row.get("future") or row["drafts"][0]
    definition = shown.definition
    items = [one for one in definition.get("items", []) if isinstance(one, dict)]
    weights = [telling.decimal(one.get("weight")) or Decimal(0) for one in items]
    starts = accumulate(weights, initial=Decimal(0))
    return Listed(
        identifier=identifier,
        name=telling.words(definition.get("name")) or identifier,
        posts=[posts.get(str(code), str(code)) for code in definition.get("posts") or ()],
        current=row.get("current"),
        future=row.get("future"),
        drafts=row["drafts"],
        items=[
            (telling.named(str(one.get("indicator"))), wording.tone_at(place), weight, start)
            for place, (one, weight, start) in enumerate(zip(items, weights, starts, strict=False))
        ],
    )


Titled = tuple[Draft, str]


def under_way(scope: Scope) -> QuerySet[Draft]:
    """The drafts that are neither published nor given up."""
    return visible_drafts(scope).exclude(state__in=(Draft.State.PUBLISHED, Draft.State.WITHDRAWN))


def waiting(scope: Scope) -> list[Titled]:
    """The drafts that wait for approval, the oldest first."""
    return _titled(visible_drafts(scope).filter(state=Draft.State.SUBMITTED))


def approved(scope: Scope) -> list[Titled]:
    """The drafts that are approved and not yet published."""
    return _titled(visible_drafts(scope).filter(state=Draft.State.APPROVED))


def _titled(found: QuerySet[Draft]) -> list[Titled]:
    return [(draft, title_of(draft)) for draft in found.order_by("changed_at")]


def title_of(draft: Draft) -> str:
    """A draft's name in the language of the page."""
    return telling.words(draft.definition.get("name")) or draft.identifier


def versions_of(identifier: str) -> list[SchemeVersion]:
    """The versions of a scheme, the newest first."""
    found = SchemeVersion.objects.filter(identifier=identifier).select_related(
        "department", "author", "draft__approver"
    )
    return list(found.order_by("-valid_from"))


def own_versions(employee: int, day: date) -> list[SchemeVersion]:
    """The versions that hold for somebody on a day or that are published for later, of the post held then."""
    post = assignments_during(Scope(employees=frozenset({employee})), day, day + timedelta(days=1)).last()
    if post is None:
        return []
    later = Q(valid_from__gt=day)
    found = SchemeVersion.objects.filter(on(day) | later, department=post.department_id).select_related(
        "department", "author"
    )
    mine = [one for one in found if post.post.code in (one.definition.get("posts") or ())]
    return mine or [one for one in found if not one.definition.get("posts")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A version in the timeline: what it changed, who wrote it and who approved it."""

    version: SchemeVersion
    changed: Sequence[str]
    state: str

    @property
    def draft(self) -> Draft | None:
        return getattr(self.version, "draft", None)


def timeline(versions: Sequence[SchemeVersion], posts: Mapping[str, str]) -> list[Moment]:
    """The versions, the newest first, each with what it changed of the one before."""
    today, known = timezone.localdate(), known_indicators()
    found = []
    for index, version in enumerate(versions):
        before = versions[index + 1].definition if index + 1 < len(versions) else None
        now = of_definition(version.definition, known, posts)
        told = differences(of_definition(before, known, posts), now) if before else []
        state = _("in force") if version.valid_from <= today else _("to come")
        if version.valid_to is not None and version.valid_to <= today:
            state = _("ended")
        found.append(Moment(version=version, changed=[one.sentence for one in told], state=state))
    return found


def is_used(version: SchemeVersion) -> bool:
    """Whether anything has been scored since a version began."""
    return Run.objects.filter(complete=True, end__gt=version.valid_from).exists()


DONE = {
    "schemes.draft": gettext_lazy("begun"),
    "schemes.save": gettext_lazy("saved"),
    "schemes.submit": gettext_lazy("submitted"),
    "schemes.return": gettext_lazy("returned"),
    "schemes.approve": gettext_lazy("approved"),
    "schemes.publish_draft": gettext_lazy("published"),
    "schemes.withdraw_draft": gettext_lazy("given up"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What somebody did with a draft."""

    said: str
    at: datetime
    who: str
    changed: Sequence[str]


def entries_of(draft: Draft) -> list[Entry]:
    """What was done with a draft, the newest first."""
    found = Operation.objects.filter(object=f"scheme draft {draft.pk}").order_by("-id")[:40]
    return [
        Entry(said=_said(one), at=one.at, who=one.actor_name, changed=(one.after or {}).get("changed", []))
        for one in found
    ]


def _said(one: Operation) -> str:
    after = one.after or {}
    if one.action == "schemes.approve" and after.get("own"):
        return _("approved by its own author: %(reason)s") % {"reason": after.get("reason", "")}
    return str(DONE.get(one.action, one.action))


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRead:
    """An indicator of a scheme in words and as a drawing."""

    item: Item
    indicator: Indicator
    tone: str
    x: Decimal
    curve: str
    figure: figures.Figure | None
    low: str
    high: str
    missing: str
    targets: str
    target: str
    own: str
    told: Sequence[str]
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A version of a scheme, to be read by everybody whom it concerns."""

    version: SchemeVersion
    scheme: Scheme
    name: str
    about: str
    posts: Sequence[str]
    items: Sequence[ItemRead]
    seasons: Sequence[tuple[str, str]]
    adjustments: Sequence[tuple[str, str]]
    vetoes: Sequence[tuple[str, str]]
    rewards: Sequence[str]
    grades: str
    bonus: str

    @property
    def segments(self) -> list[shapes.Segment]:
        return shapes.split([(one.item.weight, one.tone) for one in self.items])


def scheme_of(version: SchemeVersion) -> Scheme:
    """The version as a scheme, with the company's own indicators."""
    own = {name: one.model_dump(mode="json") for name, one in own_indicators(version.valid_from).items()}
    embedded = {**own, **version.definition.get("indicators", {})}
    return Scheme.model_validate({**version.definition, "indicators": embedded})


def read(version: SchemeVersion, posts: Mapping[str, str], *, employee: int | None = None) -> Read:
    """A version in words; for an employee with the own targets, and nobody else's."""
    scheme = scheme_of(version)
    definition, known = version.definition, scheme.definitions()
    own = _own_targets(scheme, employee) if employee else {}
    items = [
        _read_item(scheme, index, definition["items"][index], own.get(item.indicator), personal=employee is not None)
        for index, item in enumerate(scheme.items)
    ]
    return Read(
        version=version,
        scheme=scheme,
        name=scheme.name.say(wording.speaking()),
        about=scheme.about.say(wording.speaking()),
        posts=[posts.get(code, code) for code in scheme.posts],
        items=items,
        seasons=[
            (telling.words(row.get("name")), telling.about_season(row, known))
            for row in definition.get("seasons") or ()
        ],
        adjustments=_named(definition, "adjustments", telling.about_adjustment, known),
        vetoes=_named(definition, "vetoes", telling.about_veto, known),
        rewards=[telling.about_reward(row, known) for row in definition.get("rewards") or ()],
        grades=telling.about_grades(definition.get("grades")),
        bonus=telling.about_bonus(definition.get("bonus")),
    )


def _named(definition: Mapping[str, Any], part: str, say: Any, known: Mapping[str, Indicator]) -> list[tuple[str, str]]:
    return [(telling.words(row.get("name")), say(row, known)) for row in definition.get(part) or ()]


Own = tuple[Decimal | None, Sequence[Because]]


def _read_item(scheme: Scheme, index: int, row: Mapping[str, Any], own: Own | None, *, personal: bool) -> ItemRead:
    item = scheme.items[index]
    one = scheme.indicator(item.indicator)
    figure = figures.figure(item.curve, (), share=one.percent)
    target, told = own or (None, ())
    by_person = item.targets is not None and item.targets.kind == "person"
    rule = "" if personal and by_person else telling.about_targets(row, {one.id: one})
    usual = target_of(item.curve)
    return ItemRead(
        item=item,
        indicator=one,
        tone=wording.tone_at(index),
        x=sum((before.weight for before in scheme.items[:index]), Decimal(0)),
        curve=telling.curve_in_words(row["curve"], one),
        figure=figure,
        low=wording.mark(one, _plainly(figure.low, figure.step)),
        high=wording.mark(one, _plainly(figure.high, figure.step)),
        missing=str(MISSING[item.missing]),
        targets=rule,
        target=wording.goal(one, usual, item.curve.better),
        own=wording.goal(one, target, item.curve.better) if target is not None else "",
        told=wording.told([(step.rule, step.given, step.gives) for step in told], {one.id: one}, one),
        basis=item.basis.say(wording.speaking()),
    )


def _plainly(value: Decimal, step: Decimal) -> Decimal:
    return value.quantize(step) if abs(value.adjusted() - step.adjusted()) < 20 else value


def _own_targets(scheme: Scheme, employee: int) -> dict[str, Own]:
    """One person's own targets of the month, as a run would resolve them."""
    ruled = [item for item in scheme.items if item.targets is not None]
    today = timezone.localdate()
    post = assignments_during(Scope(employees=frozenset({employee})), today, today + timedelta(days=1)).last()
    if not ruled or post is None:
        return {}
    first = today.replace(day=1)
    history = history_of(period(first, (first + timedelta(days=31)).replace(day=1)), ruled)
    found = {
        item.indicator: resolved(item, known_of(post.employee.number, post, scheme.id, item.indicator, history))
        for item in ruled
    }
    return {name: (one.target, one.because) for name, one in found.items()}
