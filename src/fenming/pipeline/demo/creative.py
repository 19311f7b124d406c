"""New media and design: what was published and handed in, and how it did."""

from datetime import date

import numpy as np
import pyarrow as pa
from numpy.random import Generator

from fenming.pipeline.demo.audience import changes
from fenming.pipeline.demo.company import Company
from fenming.pipeline.demo.crews import Crew, Work, crew, expected, quota
from fenming.pipeline.demo.draws import (
    BUYERS,
    DAY,
    OFFICE,
    SECOND,
    Floats,
    even,
    fair_chance,
    generator,
    office,
    pick,
)
from fenming.pipeline.demo.tables import decimals, flags, ints, numbered, table, texts, times

CHANNELS = {"media_wechat": "公众号", "media_video": "抖音", "media_notes": "小红书"}
ORIGINS = ("转载", "原创")
REQUESTERS = ("operations", "new_media", "business", "stores", "hr")


def posts(company: Company, month: date) -> pa.Table:
    """Originals are read a little less than reposts of what is popular anyway, and answered far more."""
    rng = generator(company.seed, "posts", month)
    staff = crew(company, month, "new_media")
    work = quota(rng, staff, expected(rng, 25 * staff.share + 1), days=even(month), hours=BUYERS)
    original = fair_chance(rng, np.clip(0.69 + 0.065 * staff.ability("quality"), 0.3, 0.95)[work.who], work.who)
    mean = 3650 * np.exp(0.07 * staff.ability("drive"))[work.who] * np.where(original, 0.95, 1.1)
    reads = np.rint(mean * np.exp(rng.normal(-0.03, 0.25, len(work)))).astype(np.int64)
    return table("post", work.occurred, {
        "employee": texts(staff.numbers, work.who),
        "department": "new_media",
        "post": numbered(f"NR{month:%Y%m}-", np.arange(1, len(work) + 1), 4),
        "channel": texts([CHANNELS[span.team] for span in staff.spans], work.who),
        "origin": texts(ORIGINS, original.astype(np.int64)),
        "reads": ints(reads),
        **_response(rng, staff, work, reads.astype(np.float64), np.where(original, 1.12, 0.65)),
    })  # fmt: skip


def _response(rng: Generator, staff: Crew, work: Work, reads: Floats, warmth: Floats) -> dict[str, pa.Array]:
    count = len(work)
    rate = 0.034 * np.exp(0.15 * staff.ability("care")[work.who]) * warmth
    likes, comments, shares = (rng.poisson(reads * rate * part) for part in (0.62, 0.22, 0.16))
    bought = rng.poisson(0.00205 * np.exp(0.14 * staff.ability("quality"))[work.who] * reads)
    return {
        "finished": ints(np.rint(reads * np.clip(rng.normal(0.42, 0.06, count), 0.1, 0.9)).astype(np.int64)),
        "likes": ints(likes),
        "comments": ints(comments),
        "shares": ints(shares),
        "interactions": ints(likes + comments + shares),
        "conversions": ints(bought),
    }


def audience(company: Company, month: date) -> pa.Table:
    """Followers of each editor's channel."""
    staff = crew(company, month, "new_media")
    growth = np.clip(0.039 + 0.012 * staff.ability("drive"), 0.012, 0.09)
    return changes(company, staff, "粉丝", opening=18_000.0, growth=growth, leaving=0.012)


def design_works(company: Company, month: date) -> pa.Table:
    rng = generator(company.seed, "design", month)
    staff = crew(company, month, "design")
    work = quota(rng, staff, expected(rng, 12 * staff.share + 1), days=office(month), hours=OFFICE)
    count = len(work)
    speed, quality, care = (staff.ability(what)[work.who] for what in ("speed", "quality", "care"))
    passed = fair_chance(rng, np.clip(0.79 + 0.06 * quality, 0.45, 0.98), work.who)
    turnaround = np.exp(rng.normal(1.33, 0.30, count) - 0.14 * speed) * DAY / 1000
    agreed = np.exp(rng.normal(1.62, 0.15, count)) * DAY
    visitors = rng.integers(600, 6000, count)
    bought = rng.poisson(visitors * 0.039 * np.exp(0.13 * quality))
    return table("design_work", work.occurred, {
        "employee": texts(staff.numbers, work.who),
        "department": "design",
        "work": numbered(f"ZP{month:%Y%m}-", np.arange(1, count + 1), 4),
        "requester": texts(REQUESTERS, pick(rng, (40, 22, 18, 12, 8), count)),
        "due_at": times(work.occurred + (agreed - turnaround * 1000).astype(np.int64) // SECOND * SECOND),
        "passed": flags(passed),
        "revisions": ints(np.where(passed, 0, 1 + rng.poisson(0.6, count))),
        "turnaround_ms": ints(turnaround.astype(np.int64)),
        "page_visitors": ints(visitors),
        "page_orders": ints(bought),
        "user_rating": decimals(_marks(rng, 4.28 + 0.13 * quality)),
        "collaboration_rating": decimals(_marks(rng, 4.27 + 0.16 * care), rng.random(count) < 0.1),
    })  # fmt: skip


def _marks(rng: Generator, around: Floats) -> Floats:
    """Marks from 1 to 5, to a tenth."""
    return np.clip(rng.normal(around, 0.32), 1, 5).round(1)
