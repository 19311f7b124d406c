"""Finance: budgets by ten days, statements, postings, funds in use and tax filings, each with its accountant."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.random import Generator

from fenming.pipeline.demo.company import Company
from fenming.pipeline.demo.crews import Crew, Work, crew, quota
from fenming.pipeline.demo.draws import DAY, OFFICE, SECOND, Floats, Ints, chance, days_in, generator, micros, office
from fenming.pipeline.demo.sales import season
from fenming.pipeline.demo.tables import fen, flags, ints, money, numbered, table, texts, times

ITEMS = (("采购成本", "成本"), ("仓储物流费", "费用"), ("推广费", "费用"), ("办公差旅费", "费用"), ("工资薪金", "人工"),
         ("平台服务收入", "收入"))  # fmt: skip
TENTHS = ("上旬", "中旬", "下旬")
REPORTS = ("日记账", "资金日报", "费用明细", "往来对账", "成本核算", "利润表")
TAXES = ("增值税", "企业所得税", "附加税", "印花税")
HOUR = 3600 * SECOND


def budget_lines(company: Company, month: date) -> pa.Table:
    """Six items for each accountant, three times a month: what was planned and what it came to."""
    rng = generator(company.seed, "budget", month)
    staff = crew(company, month, "finance")
    who, item, tenth = (axis.ravel() for axis in np.indices((len(staff), len(ITEMS), len(TENTHS))))
    day = np.array([9, 19, days_in(month) - 1])[tenth]
    budget = np.rint(rng.uniform(40, 260, len(who))) * 1000 * (1.6 if month.month in (6, 11) else 1.0)
    spread = 0.078 * np.exp(-0.22 * staff.ability("quality"))[who]
    over = -0.006 - 0.008 * staff.ability("care")[who] + rng.normal(0, 1, len(who)) * spread
    titles = [f"{name}{part}" for name, _ in ITEMS for part in TENTHS]
    owner = texts([f"{month:%Y%m}-{number}-" for number in staff.numbers], who)
    return table("budget_line", micros(month) + day * DAY + 18 * HOUR, {
        "employee": texts(staff.numbers, who),
        "department": "finance",
        "item": _joined(owner, texts(titles, item * len(TENTHS) + tenth)),
        "category": texts([category for _, category in ITEMS], item),
        "budget": money(fen(budget)),
        "actual": money(fen(budget * (1 + over))),
    })  # fmt: skip


def _joined(left: pa.Array, right: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(left, right, "")


def statements(company: Company, month: date) -> pa.Table:
    rng = generator(company.seed, "statements", month)
    staff = crew(company, month, "finance")
    work = quota(rng, staff, np.full(len(staff), 6), days=office(month), hours=OFFICE)
    entries = rng.integers(110, 420, len(work))
    wrong = 0.0052 * np.exp(-0.38 * staff.ability("quality"))[work.who]
    late = chance(rng, np.clip(0.05 - 0.02 * staff.ability("speed"), 0, 0.3)[work.who], len(work))
    apart = rng.integers(HOUR, 20 * HOUR, len(work))
    filed = work.occurred + np.where(late, apart, -apart)
    names = [f"{month:%Y%m}{report}-" for report in REPORTS]
    return table("statement", work.occurred, {
        "employee": texts(staff.numbers, work.who),
        "department": "finance",
        "statement": numbered(texts(names, _rank(work) % len(REPORTS)), np.arange(1, len(work) + 1), 3),
        "filed_at": times(filed, filed >= micros(company.until)),
        "entries": ints(entries),
        "corrections": ints(rng.poisson(entries * wrong)),
    })  # fmt: skip


def _rank(work: Work) -> Ints:
    """0, 1, … within each person's pieces of work."""
    order = np.argsort(work.who, kind="stable")
    counts = np.bincount(work.who)
    rank = np.empty(len(work), dtype=np.int64)
    rank[order] = np.arange(len(work)) - np.repeat(np.cumsum(counts) - counts, counts)
    return rank


def filings(company: Company, month: date) -> pa.Table:
    """Two filings each, due on the fifteenth; a fault is rare."""
    rng = generator(company.seed, "filings", month)
    staff = crew(company, month, "finance")
    who, number = (axis.ravel() for axis in np.indices((len(staff), 2)))
    due = np.full(len(who), micros(month) + 14 * DAY + 18 * HOUR)
    filed = due - rng.integers(2 * HOUR, 120 * HOUR, len(who))
    return table("filing", due, {
        "employee": texts(staff.numbers, who),
        "department": "finance",
        "filing": numbered(f"SB{month:%Y%m}-", np.arange(1, len(who) + 1), 3),
        "tax": texts(TAXES, (who * 2 + number) % len(TAXES)),
        "filed_at": times(filed),
        "compliant": flags(~chance(rng, 0.007, len(who))),
    })  # fmt: skip


def fund_balances(company: Company, month: date) -> pa.Table:
    """The working capital that each accountant's accounts tie up, day by day."""
    rng = generator(company.seed, "funds", month)
    staff = crew(company, month, "finance")
    who, day = (axis.ravel() for axis in np.indices((len(staff), days_in(month))))
    wave = 1 + 0.12 * np.sin(2 * np.pi * day / 30) + rng.normal(0, 0.04, len(who))
    return table("fund_balance", micros(month) + day * DAY + 17 * HOUR + 1800 * SECOND, {
        "employee": texts(staff.numbers, who),
        "department": "finance",
        "entry": numbered(f"ZJ{month:%Y%m}-", np.arange(1, len(who) + 1), 4),
        "balance": money(fen(_level(company, staff)[who] * wave)),
    })  # fmt: skip


def _level(company: Company, staff: Crew) -> Floats:
    """What each accountant's accounts usually hold, in yuan."""
    drawn = generator(company.seed, "accounts").uniform(560_000, 1_300_000, len(company.people))
    return np.array([drawn[int(span.person[2:])] for span in staff.spans])


def ledger_entries(company: Company, month: date) -> pa.Table:
    """Revenue, cost and expense by the accountants; labour cost by the HR specialists."""
    rng = generator(company.seed, "ledger", month)
    staff = crew(company, month, "finance")
    level = _level(company, staff) * season(month)
    revenue = level * 1.0 * np.exp(0.11 * staff.ability("drive"))
    parts = [
        _postings(rng, staff, "收入", revenue, 26, "SR"),
        _postings(rng, staff, "成本", revenue * 0.795, 20, "CB"),
        _postings(rng, staff, "费用", revenue * 0.11, 12, "FY"),
    ]
    hr = crew(company, month, "hr")
    parts.append(_postings(rng, hr, "人工", np.full(len(hr), 190_000.0), 5, "RG"))
    return pa.concat_tables(parts)


def _postings(rng: Generator, staff: Crew, nature: str, total: Floats, each: int, code: str) -> pa.Table:
    work = quota(rng, staff, np.full(len(staff), each), days=office(staff.month) + 0.02, hours=OFFICE)
    weight = rng.uniform(0.6, 1.4, len(work))
    share = weight / np.bincount(work.who, weights=weight)[work.who]
    return table("ledger_entry", work.occurred, {
        "employee": texts(staff.numbers, work.who),
        "department": staff.spans[0].department,
        "entry": numbered(f"{code}{staff.month:%Y%m}-", np.arange(1, len(work) + 1), 4),
        "nature": nature,
        "amount": money(fen(total[work.who] * share)),
    })  # fmt: skip
