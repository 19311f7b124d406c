"""What reviewers said about people: a level for each rated item at the end of a month."""

from datetime import date

import numpy as np
import pyarrow as pa

from fenming.pipeline.demo.company import Company
from fenming.pipeline.demo.crews import crew
from fenming.pipeline.demo.draws import DAY, SECOND, days_in, generator, micros
from fenming.pipeline.demo.places import DEPARTMENTS
from fenming.pipeline.demo.tables import decimals, table, texts

ITEMS = ("service_attitude", "collaboration", "innovation")
BEST, WORST, USUAL = 6, 1, 4


def ratings(company: Company, month: date) -> pa.Table:
    """Those who were there on the last day, rated on the evening of it."""
    rng = generator(company.seed, "ratings", month)
    crews = [crew(company, month, department) for department in DEPARTMENTS]
    spans = [span for one in crews for span in one.spans]
    present = np.concatenate([one.present[:, -1] for one in crews])
    quality = np.concatenate([one.ability("quality") for one in crews])
    who = np.repeat(np.flatnonzero(present), len(ITEMS))
    item = np.tile(np.arange(len(ITEMS)), int(present.sum()))
    level = np.clip(np.rint(USUAL + quality[who] * 0.8 + rng.normal(0, 0.7, len(who))), WORST, BEST)
    evening = micros(month) + (days_in(month) - 1) * DAY + 18 * 3600 * SECOND
    return table("rating", np.full(len(who), evening), {
        "employee": texts([span.person for span in spans], who),
        "department": texts([span.department for span in spans], who),
        "participant": texts([f"{month:%Y-%m} {span.person}" for span in spans], who),
        "item": texts(ITEMS, item),
        "level": decimals(level),
        "rater": "demo",
    })  # fmt: skip
