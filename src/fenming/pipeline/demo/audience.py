"""People won and lost by channels: daily changes after an opening entry."""

import numpy as np
import pyarrow as pa

from fenming.pipeline.demo.company import Company
from fenming.pipeline.demo.crews import Crew, month_index
from fenming.pipeline.demo.draws import DAY, SECOND, Floats, Ints, days_in, first_of, generator, micros, trade
from fenming.pipeline.demo.tables import ints, numbered, table, texts


def changes(
    company: Company, staff: Crew, audience: str, *, opening: float, growth: Floats, leaving: float
) -> pa.Table:
    """Daily gains and losses of each person's users, followers or groups: `growth` a month net of those `leaving`.

    Whoever starts gets an opening entry of the last second before the month, which later sums begin with.
    """
    month = staff.month
    rng = generator(company.seed, f"audience:{audience}", month)
    who, day = (axis.ravel() for axis in np.indices(staff.present.shape))
    there = staff.present[who, day]
    who, day = who[there], day[there]
    stock = opening * (1 + 0.04) ** _months_held(company, staff)
    days = trade(month)
    gained = rng.poisson((stock * (growth + leaving))[who] * (days / days.sum())[day])
    lost = rng.poisson((stock * leaving)[who] / days_in(month))
    new = np.flatnonzero(_months_held(company, staff) == 0)
    occurred = micros(month) + day * DAY + 20 * 3600 * SECOND
    return _table(
        staff, audience, np.concatenate([new, who]),
        np.concatenate([np.full(len(new), micros(month) - SECOND), occurred]),
        np.concatenate([np.rint(stock[new]).astype(np.int64), gained]),
        np.concatenate([np.zeros(len(new), dtype=np.int64), lost]),
    )  # fmt: skip


def _months_held(company: Company, staff: Crew) -> Ints:
    """For how many months of the demo each has had the channel."""
    first = company.months[0]
    starts = [month_index(company, first_of(max(span.start, first))) for span in staff.spans]
    return month_index(company, staff.month) - np.array(starts)


def _table(staff: Crew, audience: str, who: Ints, occurred: Ints, gained: Ints, lost: Ints) -> pa.Table:
    return table("audience_change", occurred, {
        "employee": texts(staff.numbers, who),
        "department": staff.spans[0].department,
        "entry": numbered(f"{audience}{staff.month:%Y%m}-", np.arange(1, len(who) + 1), 5),
        "audience": audience,
        "gained": ints(gained),
        "lost": ints(lost),
    })  # fmt: skip
