"""The mother-and-baby stores: members, their visits, and the receipts of those visits."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import pyarrow as pa

from fenming.pipeline.demo.company import Company
from fenming.pipeline.demo.crews import crew, month_index
from fenming.pipeline.demo.draws import STORE, Floats, Ints, chance, fair_chance, generator, moments, pick, trade
from fenming.pipeline.demo.places import STORE_REGIONS, STORES
from fenming.pipeline.demo.sales import goods
from fenming.pipeline.demo.tables import fen, flags, money, numbered, table, texts

MEMBERS = 8000
TIERS = ("普通", "银卡", "金卡", "钻石")
LOSING_STORE = "苏州园区店"
LOSS_STARTS = 4
LOSS_A_MONTH = 0.87
STORE_WEIGHTS = (21, 19, 16, 16, 14, 14)


@dataclass(frozen=True, slots=True)
class Members:
    """Every member: store, clerk (a row of the crew), visits a month, tier, and the month of joining."""

    store: Ints
    clerk: Ints
    visits: Floats
    tier: Ints
    joined: Ints
    """Against the demo's first month: below 0 the member is an old one from the start."""


@lru_cache(maxsize=4)
def _members(seed: int, clerks: tuple[int, ...]) -> Members:
    rng = generator(seed, "members")
    store = pick(rng, STORE_WEIGHTS, MEMBERS)
    firsts = np.cumsum((0, *clerks))[:-1]
    visits = rng.gamma(0.62, 0.85, MEMBERS)
    spend = visits * np.exp(rng.normal(0, 0.5, MEMBERS))
    joined = np.where(chance(rng, 0.8, MEMBERS), -rng.integers(1, 36, MEMBERS), rng.integers(0, 13, MEMBERS))
    return Members(
        store=store,
        clerk=firsts[store] + (rng.random(MEMBERS) * np.array(clerks)[store]).astype(np.int64),
        visits=visits,
        tier=np.searchsorted(np.quantile(spend, (0.55, 0.82, 0.95)), spend),
        joined=joined,
    )


@dataclass(frozen=True, slots=True)
class Visits:
    member: Ints
    who: Ints
    occurred: Ints
    lines: Ints
    """How many articles are on the receipt."""
    fen: Ints
    """What each article cost, receipt after receipt."""


def _visits(company: Company, month: date) -> Visits:
    rng = generator(company.seed, "visits", month)
    staff = crew(company, month, "stores")
    members = _members_of(company)
    passed = month_index(company, month)
    days = trade(month) ** 0.45
    often = members.visits * np.exp(0.07 * staff.ability("care")[members.clerk]) * days.mean() / 1.04
    often = np.where(members.joined <= passed, often, 0.0) * _loss(members, passed)
    member = np.repeat(np.arange(MEMBERS), rng.poisson(often))
    occurred = moments(rng, month, pick(rng, days, len(member)), STORE)
    order = np.argsort(occurred, kind="stable")
    member, occurred = member[order], occurred[order]
    own = chance(rng, 0.92, len(member))
    lines = 1 + rng.poisson(0.4, len(member))
    spent = np.exp(rng.normal(4.98, 0.45, lines.sum())) * np.repeat(1 + 0.06 * members.tier[member], lines)
    return Visits(
        member=member, who=np.where(own, members.clerk[member], _colleague(members.clerk[member], company)),
        occurred=occurred, lines=lines, fen=fen(spent),
    )  # fmt: skip


def _clerks(company: Company) -> tuple[int, ...]:
    return tuple(team.size for team in company.teams.values() if team.store)


def _members_of(company: Company) -> Members:
    return _members(company.seed, _clerks(company))


def _colleague(who: Ints, company: Company) -> Ints:
    """The next person of the same store."""
    sizes = np.array(_clerks(company))
    firsts = np.cumsum(sizes) - sizes
    store = np.searchsorted(firsts, who, side="right") - 1
    colleague: Ints = firsts[store] + (who - firsts[store] + 1) % sizes[store]
    return colleague


def _loss(members: Members, passed: int) -> Floats:
    losing = (members.store == list(STORES).index(LOSING_STORE)) & (members.joined < 0)
    return np.where(losing, LOSS_A_MONTH ** max(passed - LOSS_STARTS, 0), 1.0)


def member_visits(company: Company, month: date) -> pa.Table:
    visits = _visits(company, month)
    rng = generator(company.seed, "visits:follow-up", month)
    staff = crew(company, month, "stores")
    members = _members_of(company)
    receipt = np.repeat(np.arange(len(visits.lines)), visits.lines)
    total = np.bincount(receipt, weights=visits.fen).astype(np.int64)
    followed = fair_chance(rng, np.clip(0.145 + 0.035 * staff.ability("drive"), 0.02, 0.4)[visits.who], visits.who)
    return table("member_visit", visits.occurred, {
        **_keys(company, month, visits),
        "visit": numbered(f"MV{month:%Y%m}", np.arange(1, len(visits.who) + 1), 6),
        "tier": texts(TIERS, members.tier[visits.member]),
        "amount": money(total),
        "old_member": flags(members.joined[visits.member] < month_index(company, month)),
        "followed_up": flags(followed),
    })  # fmt: skip


def order_lines(company: Company, month: date) -> pa.Table:
    """The receipts of the visits, line by line; the receipt number is the visit's."""
    visits = _visits(company, month)
    rng = generator(company.seed, "receipts", month)
    receipt = np.repeat(np.arange(len(visits.lines)), visits.lines)
    number = np.arange(len(receipt)) - (np.cumsum(visits.lines) - visits.lines)[receipt] + 1
    occurred = visits.occurred[receipt]
    cost = np.rint(visits.fen * np.clip(rng.normal(0.79, 0.03, len(receipt)), 0.6, 0.95)).astype(np.int64)
    keys = {name: cell.take(pa.array(receipt)) for name, cell in _keys(company, month, visits).items()}
    return table("order_line", occurred, {
        **keys,
        "order_no": numbered(f"MV{month:%Y%m}", receipt + 1, 6),
        "line": numbered("", number, 1),
        **goods(rng, company, occurred, visits.fen, cost),
    })  # fmt: skip


def _keys(company: Company, month: date, visits: Visits) -> dict[str, pa.Array]:
    staff = crew(company, month, "stores")
    stores = list(STORES.values())
    at = np.array([list(STORES).index(str(span.store)) for span in staff.spans])[visits.who]
    return {
        "employee": texts(staff.numbers, visits.who),
        "department": pa.repeat("stores", len(visits.who)),
        "store": texts([store.id for store in stores], at),
        "region": texts([STORE_REGIONS[store.region].zh for store in stores], at),
        "member": numbered("M", visits.member + 1, 5),
    }
