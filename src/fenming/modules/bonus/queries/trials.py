"""What a trial shows: who gains and who loses, and by what. The scope and the right to see money are applied here."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fenming.controls.queries import complete_runs
from fenming.controls.scope import Powers, Scope
from fenming.drawing import compare, shapes
from fenming.library.text import Words
from fenming.modules.bonus.models import Trial, TrialPeriod
from fenming.modules.people.queries.names import post_names
from fenming.modules.people.queries.reach import visible_departments, visible_employees
from fenming.rules.money import rounded, total
from fenming.rules.periods import Period, parse

SHOWN = 24
"""Dumbbells drawn at once: those who gain most and those who lose most."""
PERIODS_BACK = 12
ZERO = Decimal(0)


def visible_trials(scope: Scope) -> QuerySet[Trial]:
    """The trials of the departments whose people a scope reaches, the newest first."""
    found = Trial.objects.select_related("department", "author", "draft")
    return found if scope.everything else found.filter(department__in=visible_departments(scope).values("pk"))


def covers(scope: Scope, department: int) -> bool:
    """Whether a scope reaches a whole department."""
    return scope.everything or department in scope.departments


def periods_to_try(cycle: str, today: date, department: int) -> list[tuple[Period, bool]]:
    """The running period and those before it, the latest first, each with whether it was scored already."""
    spans = [running(cycle, today)]
    for _number in range(PERIODS_BACK):
        spans.append(spans[-1].previous())
    runs = complete_runs().filter(start__in=[one.start for one in spans])
    scored = {
        (start, end)
        for start, end, listed in runs.values_list("start", "end", "departments")
        if not listed or department in listed
    }
    return [(one, (one.start, one.end) in scored) for one in spans]


def running(cycle: str, today: date) -> Period:
    """The month, quarter or year that a day lies in."""
    if cycle == "year":
        return parse(f"{today:%Y}")
    return parse(f"{today.year}-Q{(today.month + 2) // 3}" if cycle == "quarter" else f"{today:%Y-%m}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One result of one person."""

    scheme: str
    total: Decimal | None
    grade: str
    rank: int | None
    factor: Decimal
    bonus: Decimal | None
    points: Mapping[str, Decimal]


@dataclass(slots=True, kw_only=True)
class Person:
    """One person, before and after; either may be absent where no scheme held."""

    number: str
    name: str
    post: str
    team: str
    before: Side | None
    after: Side | None
    drawn: compare.Dumbbell | None = None
    moved_by: tuple[str, Decimal] | None = None
    """The name of the indicator that changed most, and by how many points."""

    @property
    def change(self) -> Decimal | None:
        """Points more, or fewer."""
        before, after = (one.total if one else None for one in (self.before, self.after))
        return _less(after, before)

    @property
    def money(self) -> Decimal | None:
        """Yuan more, or fewer; who had no claim had nothing."""
        sides = [one.bonus if one else ZERO for one in (self.before, self.after)]
        return _less(sides[1], sides[0])

    @property
    def climbed(self) -> int:
        """Places up."""
        ranks = [one.rank if one else None for one in (self.before, self.after)]
        return ranks[0] - ranks[1] if ranks[0] is not None and ranks[1] is not None else 0

    @property
    def regraded(self) -> bool:
        return bool(self.before and self.after and self.before.grade != self.after.grade)

    @property
    def driver(self) -> tuple[str, Decimal] | None:
        """The indicator that changed most, and by how many points."""
        if not (self.before and self.after and self.before.points and self.after.points):
            return None
        had, has = self.before.points, self.after.points
        moved = {one: has.get(one, ZERO) - had.get(one, ZERO) for one in {*had, *has}}
        name = max(moved, key=lambda one: (abs(moved[one]), one), default="")
        return (name, moved[name]) if name and moved[name] else None


def _less(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    return None if now is None or before is None else now - before


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of the people: a team or a post."""

    name: str
    people: int
    gain: int
    lose: int
    change: Decimal | None
    money: Decimal | None
    side: compare.Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """An indicator: its weight before and after, and the mean points that it moves."""

    name: str
    weight_before: Decimal | None
    weight_after: Decimal | None
    change: Decimal
    side: compare.Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """How many have a grade, before and after, and how much of a bar that is."""

    letter: str
    before: int
    after: int
    wide_before: float
    wide_after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A department's pool under one scheme."""

    pool: Decimal | None
    fund: Decimal | None
    undistributed: Decimal | None
    claim: Decimal
    people: int

    @property
    def given(self) -> Decimal | None:
        if self.pool is None or self.fund is None or self.undistributed is None:
            return None
        return self.pool - self.fund - self.undistributed

    @property
    def worth(self) -> Decimal | None:
        """What one claimed point is worth, in yuan."""
        return None if self.given is None or not self.claim else rounded(self.given / self.claim, digits=2)


@dataclass(kw_only=True)
class Comparison:
    """One period of a trial between two of its sides, as far as somebody may see it."""

    label: str
    people: list[Person]
    by_money: bool
    money: bool
    whole: bool
    summary: Mapping[str, Any]
    pair: tuple[int, int]
    names: Mapping[str, Words] = field(default_factory=dict)

    def changed(self, one: Person) -> Decimal | None:
        """What counts as gain or loss: yuan where they are looked at, else points."""
        return one.money if self.by_money else one.change

    def kind(self, one: Person) -> str:
        """gain, lose, same, or new and gone where one of the results is absent."""
        if one.before is None or one.after is None:
            return "new" if one.before is None else "gone"
        change = self.changed(one)
        return "same" if not change else "gain" if change > 0 else "lose"

    @cached_property
    def kinds(self) -> Counter[str]:
        return Counter(map(self.kind, self.people))

    @property
    def same(self) -> int:
        return self.kinds["same"]

    @property
    def gain(self) -> int:
        return self.kinds["gain"]

    @property
    def lose(self) -> int:
        return self.kinds["lose"]

    def _mean(self, values: Iterable[Decimal | None]) -> Decimal | None:
        known = [one for one in values if one is not None]
        return rounded(total(known) / len(known), digits=2) if known else None

    @property
    def mean_before(self) -> Decimal | None:
        return self._mean(one.before.total for one in self.people if one.before)

    @property
    def mean_after(self) -> Decimal | None:
        return self._mean(one.after.total for one in self.people if one.after)

    @property
    def mean_change(self) -> Decimal | None:
        return _less(self.mean_after, self.mean_before)

    @property
    def parts(self) -> list[shapes.Segment]:
        """Gain, unchanged and lose as parts of one bar."""
        rest = len(self.people) - self.gain - self.lose
        counted = ((self.gain, "brand"), (rest, "slate"), (self.lose, "coral"))
        return shapes.split([one for one in counted if one[0]], of=len(self.people) or 1)

    @property
    def moved(self) -> Decimal:
        """Yuan that go from some people to others, or come to them."""
        return total(one.money for one in self.people if one.money and one.money > 0)

    @property
    def lost(self) -> Decimal:
        """Yuan that it would take to leave nobody worse off."""
        return -total(one.money for one in self.people if one.money and one.money < 0)

    @property
    def regraded(self) -> int:
        return sum(one.regraded for one in self.people)

    def side(self, place: int) -> Whole | None:
        """The pool under one side; None where nobody is under it, or who looks must not see it."""
        kept = self.summary["of"][self.pair[place]]
        if kept is None or not self.whole:
            return None
        given = {name: _decimal(kept[name]) for name in ("pool", "fund", "undistributed")}
        if not self.money:
            given = dict.fromkeys(given)
        return Whole(**given, claim=Decimal(kept["claim"]), people=kept["people"])

    @property
    def before(self) -> Whole | None:
        return self.side(0)

    @property
    def after(self) -> Whole | None:
        return self.side(1)

    @cached_property
    def axis(self) -> compare.Axis:
        return compare.axis([value for one in self.people for value in self.values(one) if value is not None])

    def values(self, one: Person) -> tuple[Decimal | None, Decimal | None]:
        """What is drawn of one person."""
        pick: Callable[[Side], Decimal | None] = (lambda side: side.bonus) if self.by_money else lambda side: side.total
        return (pick(one.before) if one.before else None, pick(one.after) if one.after else None)

    @property
    def twins(self) -> list[compare.Twin]:
        pairs = [self.values(one) for one in self.people]
        before, after = ([one for one in values if one is not None] for values in zip(*pairs, strict=True))
        return compare.twins(before, after, self.axis)

    @property
    def grades(self) -> list[Grade]:
        counts = [Counter(side.grade for side in sides if side and side.grade) for sides in self._sides()]
        letters = self.summary["grades"]
        most = max((count for counted in counts for count in counted.values()), default=0) or 1
        return [
            Grade(
                letter=letter,
                before=counts[0][letter],
                after=counts[1][letter],
                wide_before=counts[0][letter] / most * 100,
                wide_after=counts[1][letter] / most * 100,
            )
            for letter in letters
        ]

    def _sides(self) -> tuple[list[Side | None], list[Side | None]]:
        return [one.before for one in self.people], [one.after for one in self.people]

    @property
    def teams(self) -> list[Share]:
        return self._shares(lambda one: one.team)

    @property
    def posts(self) -> list[Share]:
        return self._shares(lambda one: one.post)

    def _shares(self, of: Callable[[Person], str]) -> list[Share]:
        groups: dict[str, list[Person]] = {}
        for one in self.people:
            groups.setdefault(of(one), []).append(one)
        found = [
            Share(
                name=name,
                people=len(some),
                gain=sum(self.kind(one) == "gain" for one in some),
                lose=sum(self.kind(one) == "lose" for one in some),
                change=self._mean(one.change for one in some),
                money=total(one.money for one in some if one.money is not None) if self.money else None,
            )
            for name, some in sorted(groups.items())
        ]
        values = [(one.money if self.by_money else one.change) or ZERO for one in found]
        return [
            Share(**{name: getattr(one, name) for name in one.__slots__} | {"side": side})
            for one, side in zip(found, compare.sides(values), strict=True)
        ]

    @property
    def drivers(self) -> list[Driver]:
        """Indicators by how many points they move in the mean, and what extra points and vetoes do beside them."""
        sides = [self.summary["of"][place] for place in self.pair]
        if not self.whole or None in sides:
            return []
        had, has = sides
        moved = {
            name: Decimal(has["points"].get(name, "0")) - Decimal(had["points"].get(name, "0"))
            for name in {*had["points"], *has["points"]}
        }
        rows: list[tuple[str, Decimal | None, Decimal | None, Decimal]] = [
            (self.called(name), _decimal(had["weights"].get(name)), _decimal(has["weights"].get(name)), change)
            for name, change in moved.items()
        ]
        rest = (self.mean_change or ZERO) - total(moved.values())
        if abs(rest) >= Decimal("0.05"):
            rows.append((_("Extra points, deductions, vetoes"), None, None, rest))
        rows.sort(key=lambda row: (-abs(row[3]), row[0]))
        return [
            Driver(name=name, weight_before=before, weight_after=after, change=change, side=side)
            for (name, before, after, change), side in zip(rows, compare.sides([row[3] for row in rows]), strict=True)
        ]

    def called(self, indicator: str) -> str:
        """An indicator's name."""
        words = self.names.get(indicator)
        return words.say(get_language() or "zh") if words else indicator

    def drawn(self, people: Sequence[Person]) -> list[Person]:
        """Those who gain most and those who lose most, with their dumbbells."""
        known = [one for one in people if self.changed(one) is not None]
        ordered = sorted(known, key=lambda one: (-(self.changed(one) or ZERO), one.number))
        if len(ordered) > SHOWN:
            ordered = [*ordered[: SHOWN // 2], *ordered[-SHOWN // 2 :]]
        for one in ordered:
            one.drawn = compare.dumbbell(self.axis, *self.values(one))
        return ordered


def comparison(
    trial: Trial, one: TrialPeriod, pair: tuple[int, int], powers: Powers, scope: Scope, *, by_money: bool = False
) -> Comparison:
    """A period between two sides, for those whom the scope reaches; money only with the right to bonuses."""
    whole = covers(scope, trial.department_id)
    money = whole and sees_money(trial, powers)
    numbers = None if whole else set(visible_employees(scope).values_list("number", flat=True))
    posts = post_names({row["post"] for row in one.people})
    people = [
        Person(
            number=row["number"],
            name=row["name"],
            post=posts.get(row["post"], row["post"]),
            team=row["team"],
            before=_side(row["of"][pair[0]], money=money),
            after=_side(row["of"][pair[1]], money=money),
        )
        for row in one.people
        if (numbers is None or row["number"] in numbers) and any(row["of"][place] for place in pair)
    ]
    paid = money and any(side and side.bonus is not None for each in people for side in (each.before, each.after))
    names = {name: Words(**words) for name, words in one.summary["indicators"].items()}
    made = Comparison(
        label=one.label, people=people, by_money=by_money and paid, money=paid, whole=whole, summary=one.summary,
        pair=pair, names=names,
    )  # fmt: skip
    for person in people:
        if (driver := person.driver) is not None:
            person.moved_by = (made.called(driver[0]), driver[1])
    return made


def sees_money(trial: Trial, powers: Powers) -> bool:
    """Whether somebody may see what the people of a trial's department receive."""
    return covers(powers.scope("bonus.view", "bonus.edit"), trial.department_id)


def _side(kept: Mapping[str, Any] | None, *, money: bool) -> Side | None:
    if kept is None:
        return None
    return Side(
        scheme=kept["scheme"],
        total=_decimal(kept["total"]),
        grade=kept["grade"],
        rank=kept["rank"],
        factor=Decimal(kept["factor"]),
        bonus=_decimal(kept["bonus"]) if money else None,
        points={name: Decimal(points) for name, points in kept.get("points", {}).items()},
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def variant_names(trial: Trial) -> list[str]:
    """What the sides of a trial are called; the first is what is in force."""
    names = []
    for one in trial.variants:
        given = one["definition"].get("name")
        words = given if isinstance(given, dict) else {}
        chinese = (get_language() or "zh").startswith("zh")
        name = str(words.get("zh" if chinese else "en") or words.get("zh") or one["identifier"])[:80]
        number = one.get("version")
        names.append(_("%(name)s, draft %(number)s") % {"name": name, "number": number} if number else name)
    return [_("As it stands"), *names]


def pairs(trial: Trial) -> list[tuple[int, int]]:
    """Which sides can be compared."""
    return [(0, 1)] if len(trial.variants) == 1 else [(0, 1), (0, 2), (1, 2)]
