"""The demo company 禾苗优选: departments, teams, shops, stores, and three hundred people."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from numpy.random import Generator

from fenming.library.text import Words
from fenming.pipeline.demo.draws import days_in, first_of, generator, next_month
from fenming.pipeline.demo.names import names
from fenming.pipeline.demo.places import DEPARTMENTS, POSTS, PREFIXES, REGIONS, SHOPS, STORES, TEAMS, Shop, Store, Team

NAME = Words(zh="禾苗优选", en="Hemiao Select")
TODAY = date(2026, 11, 23)
"""The day on which the demo stands still, unless another is given."""

TALENTS = ("speed", "quality", "drive", "care")
TALENT_MAX = 2.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One employee as of the demo's day. `manager` is an employee number, `account` the own service account."""

    number: str
    name: str
    department: str
    team: str
    post: str
    store: str | None
    shop: str | None
    account: str | None
    joined: date
    left: date | None
    base: Decimal
    manager: str | None

    def works_on(self, day: date) -> bool:
        return self.joined <= day and (self.left is None or day < self.left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The post that a person held from `start` until (exclusive) `end`."""

    person: str
    department: str
    team: str
    post: str
    store: str | None
    shop: str | None
    start: date
    end: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A change of post in mid-month, effective on a day."""

    person: str
    on: date
    team: str
    reason: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Everything about the demo company that is not an event."""

    name: Words
    seed: int
    until: date
    departments: Mapping[str, Words]
    teams: Mapping[str, Team]
    posts: Mapping[str, Words]
    shops: Mapping[str, Shop]
    stores: Mapping[str, Store]
    regions: tuple[str, ...]
    people: tuple[Person, ...]
    assignments: tuple[Assignment, ...]
    transfers: tuple[Transfer, ...]
    talents: Mapping[str, Mapping[str, float]]
    """Latent abilities by employee number, in standard deviations: what the facts let one find out."""

    @property
    def months(self) -> tuple[date, ...]:
        """Twelve full months and the running one, each by its first day."""
        month = first_of(self.until)
        found = [month]
        for _ in range(12):
            month = first_of(month - timedelta(days=1))
            found.append(month)
        return tuple(reversed(found))

    def person(self, number: str) -> Person:
        return next(one for one in self.people if one.number == number)

    def attendance(self, person: Person, month: date) -> Decimal:
        """The share of a month in which the person was present, 0 to 1, to four decimals."""
        return _attendance(self.seed, person, first_of(month))


def company(seed: int = 20261101, until: date = TODAY) -> Company:
    """The demo company as of the morning of `until`; the same seed makes the same company."""
    hired = tuple(_hire(seed, until))
    transfers = tuple(_transfers(until))
    done = tuple(one for one in transfers if one.on <= until)
    return Company(
        name=NAME, seed=seed, until=until, departments=DEPARTMENTS, teams=TEAMS, posts=POSTS, shops=SHOPS,
        stores=STORES, regions=REGIONS, people=tuple(_now(one, done) for one in hired),
        assignments=tuple(span for one in hired for span in _spans(one, transfers)), transfers=transfers,
        talents={one.number: _talents(seed, one.number) for one in hired},
    )  # fmt: skip


def _hire(seed: int, until: date) -> Iterator[Person]:
    rng = generator(seed, "people")
    called = iter(names(rng, sum(team.size for team in TEAMS.values())))
    heads: dict[str, str] = {}
    count: dict[str, int] = {}
    for team in TEAMS.values():
        department = team.department
        lead: str | None = None
        for place in range(team.size):
            count[department] = count.get(department, 0) + 1
            number = f"{PREFIXES[department]}{count[department]:04d}"
            head = heads.setdefault(department, number)
            manager = lead or (head if head != number else None)
            yield _person(rng, number, next(called), team, place, manager, until)
            lead = lead or number


def _person(rng: Generator, number: str, name: str, team: Team, place: int, manager: str | None, until: date) -> Person:
    joined = first_of(until) - timedelta(days=420 + int(2100 * rng.random() ** 1.5))
    base = team.base + 100 * int(rng.integers(-6, 15)) + (2500 if place == 0 else 0)
    joined, left = _turnover(number, joined, until)
    return Person(
        number=number, name=name, department=team.department, team=team.id,
        post=team.lead if place == 0 else team.post, store=team.store, shop=team.shop, account=_account(number, team),
        joined=joined, left=left, base=Decimal(base), manager=manager,
    )  # fmt: skip


JOINERS = {"KF0030": (9, 11), "KF0049": (7, 6), "KF0083": (4, 9), "WL0042": (8, 4), "YW0045": (6, 12), "XM0020": (3, 2)}
LEAVERS = {"KF0029": (5, 17), "KF0084": (2, 25), "WL0041": (3, 19), "YW0034": (1, 15)}
"""Months before the demo's day, and the day of that month."""


def _turnover(number: str, joined: date, until: date) -> tuple[date, date | None]:
    if number in JOINERS:
        return _ago(until, *JOINERS[number]), None
    return joined, _ago(until, *LEAVERS[number]) if number in LEAVERS else None


def _ago(until: date, months: int, day: int) -> date:
    month = first_of(until)
    for _ in range(months):
        month = first_of(month - timedelta(days=1))
    return month.replace(day=day)


def _account(number: str, team: Team) -> str | None:
    """The named sub-account; the shops of a shared account have none."""
    if team.shop is None or team.department != "customer_service" or SHOPS[team.shop].shared_account:
        return None
    return f"{SHOPS[team.shop].name.zh}:{number}"


MOVES = (
    ("KF0025", 5, 16, "ops_douyin", Words(zh="内部竞聘转运营岗", en="Won an internal opening in operations")),
    ("WL0056", 2, 16, "courier_north", Words(zh="旺季补充配送力量", en="Joined the couriers for the season")),
    ("KF0071", 0, 9, "sales_channel", Words(zh="转岗业务发展", en="Moved to business development")),
)


def _transfers(until: date) -> Iterator[Transfer]:
    for number, months, day, team, reason in MOVES:
        yield Transfer(person=number, on=_ago(until, months, day), team=team, reason=reason)


def _now(person: Person, transfers: tuple[Transfer, ...]) -> Person:
    moved = next((one for one in transfers if one.person == person.number), None)
    if moved is None:
        return person
    team = TEAMS[moved.team]
    lead = next(iter(_numbers(team)))
    return replace(
        person, department=team.department, team=team.id, post=team.post, store=team.store, shop=team.shop,
        account=_account(person.number, team), manager=lead,
    )  # fmt: skip


def _numbers(team: Team) -> Iterator[str]:
    """The employee numbers that a team was founded with."""
    peers = [one for one in TEAMS.values() if one.department == team.department]
    before = sum(one.size for one in peers[: peers.index(team)])
    return (f"{PREFIXES[team.department]}{before + place:04d}" for place in range(1, team.size + 1))


def _spans(person: Person, transfers: tuple[Transfer, ...]) -> Iterator[Assignment]:
    moved = next((one for one in transfers if one.person == person.number), None)
    yield _span(person, person.joined, moved.on if moved else person.left)
    if moved:
        yield _span(_now(person, transfers), moved.on, person.left)


def _span(person: Person, start: date, end: date | None) -> Assignment:
    return Assignment(
        person=person.number, department=person.department, team=person.team, post=person.post, store=person.store,
        shop=person.shop, start=start, end=end,
    )  # fmt: skip


def _talents(seed: int, number: str) -> dict[str, float]:
    rng = generator(seed, f"talents:{number}")
    drawn = 0.95 * rng.standard_normal() + 0.95 * rng.standard_normal(len(TALENTS)) - 0.15
    return dict(zip(TALENTS, drawn.clip(-TALENT_MAX, TALENT_MAX).round(4).tolist(), strict=True))


def _attendance(seed: int, person: Person, month: date) -> Decimal:
    last = next_month(month)
    start, end = max(month, person.joined), min(last, person.left or last)
    employed = max((end - start).days, 0) / days_in(month)
    rng = generator(seed, f"attendance:{person.number}", month)
    absent = rng.uniform(0.03, 0.12) if rng.random() < 0.22 else 0.0
    return Decimal(f"{employed * (1 - absent):.4f}")
