"""Business development: orders of commercial customers, customers won, and what is still owed."""

from datetime import date

import numpy as np
import pyarrow as pa
from numpy.random import Generator

from fenming.pipeline.demo.company import Company
from fenming.pipeline.demo.crews import Crew, Work, crew, expected, month_index, quota
from fenming.pipeline.demo.draws import (
    DAY,
    OFFICE,
    SECOND,
    Floats,
    Ints,
    chance,
    generator,
    micros,
    office,
    pick,
)
from fenming.pipeline.demo.tables import fen, ints, money, numbered, table, texts, times

CATEGORIES = ("奶粉", "纸尿裤", "辅食", "童装", "洗护", "玩具", "孕产")
CATEGORY_WEIGHTS = (26, 22, 14, 13, 11, 8, 6)
CHANNELS = ("展会", "转介绍", "电话拜访", "平台入驻", "社群")
SEGMENTS = ("母婴连锁", "商超", "社区团购", "电商分销", "月子中心")
CUTTING_TEAM = "sales_south"
REGION_OF = {"sales_east": "华东", "sales_south": "华南", "sales_north": "华北", "sales_channel": "华中"}
LARGER_POSTS = ("account_manager", "channel_manager")
ORDERS = 88
PORTFOLIO = 52


def order_lines(company: Company, month: date) -> pa.Table:
    """Each representative sells to a portfolio of customers that renews itself slowly."""
    rng = generator(company.seed, "sales", month)
    staff = crew(company, month, "business")
    passed = month_index(company, month)
    cutting = np.array([span.team == CUTTING_TEAM for span in staff.spans])
    growth = np.where(cutting, 1.022 ** (passed - 3), 1.0)
    orders = quota(rng, staff, expected(rng, ORDERS * growth * season(month) * _drive(staff)), days=_days(month),
                   hours=OFFICE)  # fmt: skip
    lines = 1 + rng.poisson(0.85, len(orders))
    order = np.repeat(np.arange(len(orders)), lines)
    work = Work(who=orders.who[order], occurred=orders.occurred[order])
    larger = np.array([1.5 if span.post in LARGER_POSTS else 1.0 for span in staff.spans])
    amount = fen(np.exp(rng.normal(6.93, 0.42, len(work))) * (larger * np.where(cutting, 1.012**passed, 1.0))[work.who])
    price = 0.772 - 0.009 * staff.ability("quality") + np.where(cutting, -0.022 + 0.0078 * passed, 0.0)
    cost = np.rint(amount * np.clip(rng.normal(price[work.who], 0.035), 0.55, 0.97)).astype(np.int64)
    cells = {
        "member": _customers(rng, staff, orders, passed).take(pa.array(order)),
        "order_no": numbered(f"B{month:%Y%m}", order + 1, 6),
        "line": numbered("", _line_numbers(lines), 1),
        "region": texts([REGION_OF[span.team] for span in staff.spans], work.who),
        **goods(rng, company, work.occurred, amount, cost),
    }
    return table("order_line", work.occurred, {
        **cells, "employee": texts(staff.numbers, work.who), "department": "business",
    })  # fmt: skip


def goods(rng: Generator, company: Company, occurred: Ints, amount: Ints, cost: Ints) -> dict[str, pa.Array]:
    """What was sold; one line in thirty is refunded within ten days."""
    count = len(occurred)
    category = pick(rng, CATEGORY_WEIGHTS, count)
    refunded_at = occurred + rng.integers(DAY, 10 * DAY, count)
    refunded = chance(rng, 0.032, count) & (refunded_at < micros(company.until))
    return {
        "sku": numbered(texts(("NF", "ZN", "FS", "TZ", "XH", "WJ", "YC"), category), rng.integers(1, 400, count), 4),
        "category": texts(CATEGORIES, category),
        "quantity": ints(1 + rng.poisson(1.2, count)),
        "amount": money(amount),
        "cost": money(cost),
        "refund": money(np.where(refunded, amount, 0)),
        "refunded_at": times(refunded_at, ~refunded),
    }


def _line_numbers(lines: Ints) -> Ints:
    """1, 2, … within each order."""
    starts = np.cumsum(lines) - lines
    return np.arange(lines.sum()) - np.repeat(starts, lines) + 1


def _drive(staff: Crew) -> Floats:
    return staff.share * np.exp(0.12 * staff.ability("drive"))


def season(month: date) -> float:
    """Wholesale swings less than retail."""
    return {11: 1.16, 6: 1.07, 2: 0.86, 1: 0.95, 12: 1.03}.get(month.month, 1.0)


def _days(month: date) -> Floats:
    return office(month) + 0.1


def _customers(rng: Generator, staff: Crew, orders: Work, passed: int) -> pa.Array:
    """The customer of each order; the better the care, the fewer leave the portfolio."""
    leaving = np.clip(6.0 - 1.1 * staff.ability("care"), 1.5, 14)
    number = (passed * leaving)[orders.who].astype(np.int64) + rng.integers(1, PORTFOLIO + 1, len(orders))
    owners = texts([f"C{span.person[-4:]}-" for span in staff.spans], orders.who)
    return numbered(owners, number, 4)


def customers(company: Company, month: date) -> pa.Table:
    rng = generator(company.seed, "customers", month)
    staff = crew(company, month, "business")
    each = 9.7 * staff.share * season(month) * np.exp(0.19 * staff.ability("drive"))
    work = quota(rng, staff, expected(rng, each), days=_days(month), hours=OFFICE)
    serial = np.arange(1, len(work) + 1)
    number = numbered(f"N{month:%Y%m}-", serial, 4)
    return table("customer", work.occurred, {
        "employee": texts(staff.numbers, work.who),
        "department": "business",
        "member": number,
        "customer": number,
        "region": texts([REGION_OF[span.team] for span in staff.spans], work.who),
        "channel": texts(CHANNELS, pick(rng, (20, 30, 22, 16, 12), len(work))),
        "segment": texts(SEGMENTS, pick(rng, (35, 18, 20, 20, 7), len(work))),
        "expected_monthly": money(fen(np.exp(rng.normal(8.9, 0.6, len(work))))),
    })  # fmt: skip


def receivables(company: Company, month: date) -> pa.Table:
    """Invoices by due date; most are paid near it, some late or only in part."""
    rng = generator(company.seed, "receivables", month)
    staff = crew(company, month, "business")
    work = quota(rng, staff, expected(rng, 24 * staff.share + 1), days=_days(month), hours=OFFICE)
    count = len(work)
    due = fen(np.exp(rng.normal(8.6, 0.4, count)))
    part = chance(rng, np.clip(0.10 - 0.025 * staff.ability("care"), 0.01, 0.4)[work.who], count)
    received = np.where(part, due * rng.uniform(0.0, 0.85, count), due).astype(np.int64)
    paid_at = work.occurred + (rng.normal(-2, 3, count) * DAY).astype(np.int64)
    open_still = (received == 0) | (paid_at >= micros(company.until))
    return table("receivable", work.occurred - work.occurred % DAY + 17 * 3600 * SECOND, {
        "employee": texts(staff.numbers, work.who),
        "department": "business",
        "invoice": numbered(f"FP{month:%Y%m}", np.arange(1, count + 1), 5),
        "customer": numbered(texts([f"C{span.person[-4:]}-" for span in staff.spans], work.who),
                             rng.integers(1, PORTFOLIO + 1, count), 4),
        "due": money(due),
        "received": money(np.where(open_still, 0, received)),
        "received_at": times(paid_at, open_still),
    })  # fmt: skip
