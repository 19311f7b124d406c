"""Operations: online orders, the funnel by day, users won and lost, and promotions."""

from datetime import date

import numpy as np
import pyarrow as pa

from fenming.pipeline.demo.audience import changes
from fenming.pipeline.demo.company import Company
from fenming.pipeline.demo.crews import Crew, crew, expected, quota, spread
from fenming.pipeline.demo.draws import (
    BUYERS,
    DAY,
    OFFICE,
    SECOND,
    Floats,
    Ints,
    days_in,
    even,
    generator,
    micros,
    pick,
    trade,
)
from fenming.pipeline.demo.places import REGIONS, SHOPS
from fenming.pipeline.demo.sales import goods
from fenming.pipeline.demo.service import REGION_WEIGHTS
from fenming.pipeline.demo.tables import fen, ints, numbered, table, texts

LINES_A_DAY = 318
STEPS = ("view", "cart", "order", "pay")
PAGES = ("首页", "活动会场", "商品详情")
SOURCES = ("站内搜索", "推荐", "直播间", "广告", "社群")
FIRST_VISITORS = 240


def order_lines(company: Company, month: date) -> pa.Table:
    """The online shops' orders; each operator has a circle of buyers, the better kept, the more come again."""
    rng = generator(company.seed, "online", month)
    staff = crew(company, month, "operations")
    days = trade(month)
    orders = spread(rng, staff, round(LINES_A_DAY * 0.72 * days.sum()), weights=np.exp(0.1 * staff.ability("drive")),
                    days=days, hours=BUYERS, rests=False)  # fmt: skip
    lines = 1 + rng.poisson(0.39, len(orders))
    order = np.repeat(np.arange(len(orders)), lines)
    amount = fen(np.exp(rng.normal(4.75, 0.55, len(order))))
    cost = np.rint(amount * np.clip(rng.normal(0.80, 0.03, len(order)), 0.6, 0.95)).astype(np.int64)
    occurred = orders.occurred[order]
    keys = {
        "employee": texts(staff.numbers, orders.who),
        **_shop(staff, orders.who),
        "member": _buyers(rng.random(len(orders)), staff, orders.who),
        "region": texts(REGIONS, pick(rng, REGION_WEIGHTS, len(orders))),
    }
    return table("order_line", occurred, {
        **{name: cell.take(pa.array(order)) for name, cell in keys.items()},
        "department": "operations",
        "order_no": numbered(f"E{month:%Y%m}", order + 1, 7),
        "line": numbered("", np.arange(len(order)) - (np.cumsum(lines) - lines)[order] + 1, 1),
        **goods(rng, company, occurred, amount, cost),
    })  # fmt: skip


def _buyers(drawn: Floats, staff: Crew, who: Ints) -> pa.Array:
    """A circle smaller than the orders makes buyers come twice."""
    orders = np.bincount(who, minlength=len(staff))
    circle = np.maximum(orders * 2.65 * np.exp(-0.20 * staff.ability("care")), 1)
    place = (drawn * circle[who]).astype(np.int64) + 1
    return numbered(texts([f"U{span.person[-4:]}-" for span in staff.spans], who), place, 5)


def _shop(staff: Crew, who: Ints) -> dict[str, pa.Array]:
    shops = [SHOPS[str(span.shop)] for span in staff.spans]
    return {"platform": texts([shop.platform for shop in shops], who), "shop": texts([shop.id for shop in shops], who)}


def traffic(company: Company, month: date) -> pa.Table:
    """One row a day for each operator, page and step of the funnel."""
    rng = generator(company.seed, "traffic", month)
    staff = crew(company, month, "operations")
    who, day, page = (axis.ravel() for axis in np.indices((len(staff), days_in(month), len(PAGES))))
    there = staff.present[who, day]
    who, day, page = who[there], day[there], page[there]
    base = FIRST_VISITORS * (1 + 0.25 * page) * trade(month)[day]
    views = rng.poisson(base * np.exp(0.15 * staff.ability("drive")[who])) + 20
    paid = 0.0285 * np.exp(0.13 * staff.ability("quality")[who] + rng.normal(0, 0.08, len(who)))
    cart, order = views * paid * 3.6, views * paid * 1.22
    people = np.stack([views, cart, order, views * paid], axis=1)
    count = np.floor(people + rng.random(people.shape)).astype(np.int64)
    stay = np.rint(46_000 * np.exp(0.16 * staff.ability("care")[who] + rng.normal(0, 0.1, len(who))) * views)
    return _steps(month, staff, who, day, page, count, stay.astype(np.int64), pick(rng, (30, 25, 20, 15, 10), len(who)))


def _steps(
    month: date, staff: Crew, who: Ints, day: Ints, page: Ints, count: Ints, stay: Ints, source: Ints
) -> pa.Table:
    rows = np.repeat(np.arange(len(who)), len(STEPS))
    step = np.tile(np.arange(len(STEPS)), len(who))
    occurred = micros(month) + day[rows] * DAY + (23 * 3600 + 55 * 60) * SECOND
    return table("traffic", occurred, {
        "employee": texts(staff.numbers, who[rows]),
        **_shop(staff, who[rows]),
        "department": "operations",
        "event": numbered(f"LL{month:%Y%m}-", np.arange(1, len(rows) + 1), 6),
        "step": texts(STEPS, step),
        "visitors": ints(count[rows, step]),
        "stay_ms": ints(stay[rows], step > 0),
        "channel": texts(SOURCES, source[rows]),
        "page": texts(PAGES, page[rows]),
    })  # fmt: skip


def audience(company: Company, month: date) -> pa.Table:
    """Users of the shops by operator and day; community operators keep groups as well."""
    staff = crew(company, month, "operations")
    growth = np.clip(0.046 + 0.016 * staff.ability("drive"), 0.006, 0.11)
    users = changes(company, staff, "用户", opening=6000.0, growth=growth, leaving=0.018)
    groups = crew(company, month, "operations", teams=["ops_community"])
    slow = np.full(len(groups), 0.02)
    return pa.concat_tables([users, changes(company, groups, "社群", opening=1500.0, growth=slow, leaving=0.04)])


def activities(company: Company, month: date) -> pa.Table:
    rng = generator(company.seed, "activities", month)
    staff = crew(company, month, "operations")
    work = quota(rng, staff, expected(rng, 3.2 * staff.share + 1), days=even(month), hours=OFFICE)
    invited = rng.integers(900, 5200, len(work))
    share = 0.079 * np.exp(0.17 * staff.ability("quality")[work.who] + rng.normal(0, 0.12, len(work)))
    return table("activity", work.occurred, {
        "employee": texts(staff.numbers, work.who),
        **_shop(staff, work.who),
        "department": "operations",
        "activity": numbered(f"HD{month:%Y%m}-", np.arange(1, len(work) + 1), 3),
        "invited": ints(invited),
        "joined": ints(np.rint(invited * np.clip(share, 0.01, 0.5)).astype(np.int64)),
    })  # fmt: skip
