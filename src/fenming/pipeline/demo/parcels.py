"""Logistics: parcels by couriers in the city and by carriers over land, with what broke on the way out and back."""

from datetime import date

import numpy as np
import pyarrow as pa
from numpy.random import Generator

from fenming.pipeline.demo.company import Company
from fenming.pipeline.demo.crews import Crew, Work, crew, month_index, spread
from fenming.pipeline.demo.draws import (
    DAY,
    DISPATCH,
    SECOND,
    Flags,
    Floats,
    Ints,
    chance,
    fair_chance,
    generator,
    micros,
    pick,
    trade,
)
from fenming.pipeline.demo.places import REGIONS
from fenming.pipeline.demo.tables import fen, flags, money, numbered, table, texts, times

LOCAL_A_DAY = 415
DISTANT_A_DAY = 365
LOCAL_ROUTES = tuple(f"{side}{number}线" for side in ("城东", "城西", "城北") for number in "一二三")
DISTANT_ROUTES = tuple(f"杭州—{city}" for city in ("上海", "南京", "广州", "北京", "武汉", "成都", "沈阳", "西安"))
DISTANT_REGIONS = (0, 0, 1, 2, 3, 4, 5, 6)
CARRIERS = ("顺丰速运", "中通快递", "京东物流", "圆通速递", "韵达快递", "极兔速递")
BREAKING_ROUTE = "城西二线"
BREAKING_MONTHS = 3
BREAKS_ON_RETURN = "极兔速递"
HOME_SHARE = 0.72
"""A courier's share of parcels on the routes of the own team; the rest are stand-ins on all routes."""


def parcels(company: Company, month: date) -> pa.Table:
    return pa.concat_tables([_local(company, month), _distant(company, month)])


def _local(company: Company, month: date) -> pa.Table:
    rng = generator(company.seed, "parcels:local", month)
    staff = crew(company, month, "logistics", posts=["courier"])
    work = _work(rng, staff, LOCAL_A_DAY)
    route = _local_routes(rng, staff, work)
    broken = 0.0085 * np.exp(-0.16 * staff.ability("care"))[work.who]
    rising = np.array([name == BREAKING_ROUTE for name in LOCAL_ROUTES])[route] & _late(company, month)
    hours = np.exp(rng.normal(0, 0.30, len(work)) - 0.042 * staff.ability("speed")[work.who]) * 14.1
    return _table(
        rng, company, staff, work, hours=hours, promised=24.0, route=route,
        broken=np.where(rising, 0.034, broken), broken_back=np.where(rising, 0.14, 0.07),
        freight=5.6 + 0.9 * rng.random(len(work)) - 0.33 * staff.ability("drive")[work.who],
        cells={
            "parcel": numbered(f"HM{month:%Y%m}", np.arange(1, len(work) + 1), 7),
            "route": texts(LOCAL_ROUTES, route), "carrier": "自营配送", "reach": "同城", "region": "华东",
        },
    )  # fmt: skip


def _local_routes(rng: Generator, staff: Crew, work: Work) -> Ints:
    home = np.array([("courier_east", "courier_west", "courier_north").index(span.team) for span in staff.spans])
    own = home[work.who] * 3 + rng.integers(0, 3, len(work))
    return np.where(chance(rng, HOME_SHARE, len(work)), own, rng.integers(0, len(LOCAL_ROUTES), len(work)))


def _late(company: Company, month: date) -> bool:
    return month_index(company, month) >= len(company.months) - BREAKING_MONTHS


def _distant(company: Company, month: date) -> pa.Table:
    """Each dispatcher answers for one carrier, on all routes."""
    rng = generator(company.seed, "parcels:distant", month)
    staff = crew(company, month, "logistics", posts=["dispatcher", "logistics_clerk"])
    work = _work(rng, staff, DISTANT_A_DAY)
    carrier = np.array([int(span.person[2:]) % len(CARRIERS) for span in staff.spans])[work.who]
    route = pick(rng, (20, 14, 18, 15, 11, 10, 6, 6), len(work))
    on_return = np.array([name == BREAKS_ON_RETURN for name in CARRIERS])[carrier]
    broken = 0.0085 * np.exp(-0.16 * staff.ability("care"))[work.who]
    hours = np.exp(rng.normal(0, 0.26, len(work)) - 0.037 * staff.ability("speed")[work.who]) * (41.0 + 1.6 * route)
    return _table(
        rng, company, staff, work, hours=hours, promised=72.0, route=route,
        broken=np.where(on_return, 0.0055, broken), broken_back=np.where(on_return, 0.26, 0.07),
        freight=5.0 + 0.28 * route + 0.8 * rng.random(len(work)) - 0.3 * staff.ability("drive")[work.who],
        cells={
            "parcel": numbered(texts(("SF", "ZT", "JD", "YT", "YD", "JT"), carrier), _waybills(month, len(work)), 13),
            "route": texts(DISTANT_ROUTES, route), "carrier": texts(CARRIERS, carrier), "reach": "异地",
            "region": texts(REGIONS, np.array(DISTANT_REGIONS)[route]),
        },
    )  # fmt: skip


def _waybills(month: date, count: int) -> Ints:
    return (month.year * 100 + month.month) * 10_000_000 + np.arange(1, count + 1)


def _work(rng: Generator, staff: Crew, a_day: int) -> Work:
    days = trade(staff.month)
    load = np.exp(0.08 * staff.ability("drive"))
    return spread(rng, staff, round(a_day * days.sum()), weights=load, days=days, hours=DISPATCH)


def _table(
    rng: Generator, company: Company, staff: Crew, work: Work, *, hours: Floats, promised: float, broken: Floats,
    broken_back: Floats, freight: Floats, route: Ints, cells: dict[str, pa.Array | str],
) -> pa.Table:  # fmt: skip
    count = len(work)
    days = trade(staff.month)[(work.occurred - micros(staff.month)) // DAY]
    delivered = work.occurred + (hours * (1 + 0.05 * (days - 1)) * 3600 * SECOND).astype(np.int64)
    pending = delivered >= micros(company.until)
    group = work.who * 100 + route
    returned = fair_chance(rng, np.full(count, 0.085), group)
    broken_on_return = fair_chance(rng, np.where(returned, broken_back, 0.0), group)
    back_known = delivered + 5 * DAY < micros(company.until)
    return table("parcel", work.occurred, {
        **cells,
        "employee": texts(staff.numbers, work.who),
        "department": "logistics",
        "member": numbered("B", rng.integers(1, 260_000, count), 6),
        "order_no": numbered(f"E{staff.month:%Y%m}", rng.integers(1, 9_999_999, count), 7),
        "promised_at": times(work.occurred + int(promised * 3600 * SECOND)),
        "delivered_at": times(delivered, pending),
        "damaged": flags(fair_chance(rng, broken, group), pending),
        "returned": flags(returned & back_known, pending),
        "return_damaged": flags(back_known & broken_on_return, pending),
        "freight": money(fen(freight)),
        "complaint": flags(_complaints(rng, staff, work, delivered > work.occurred + promised * 3600 * SECOND)),
    })  # fmt: skip


def _complaints(rng: Generator, staff: Crew, work: Work, late: Flags) -> Flags:
    usual = 0.0055 * np.exp(-0.3 * staff.ability("care"))[work.who]
    return fair_chance(rng, usual + 0.06 * late, work.who)
