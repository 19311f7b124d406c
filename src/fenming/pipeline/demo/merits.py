"""Extra points, deductions, collaboration points and the rare veto, for people of every department."""

from datetime import date

import numpy as np
import pyarrow as pa

from fenming.pipeline.demo.company import Company
from fenming.pipeline.demo.crews import crew
from fenming.pipeline.demo.draws import DAY, SECOND, even, generator, micros, pick
from fenming.pipeline.demo.places import DEPARTMENTS
from fenming.pipeline.demo.tables import decimals, numbered, table, texts

REASONS = (
    ("加分", (1, 2, 3), ("客户书面表扬", "提出改进建议并被采纳", "带教新人", "大促值守", "主动发现数据差错")),
    ("扣分", (1, 2), ("未按流程交接", "迟交周报", "资料填写不全", "违反着装要求")),
    ("协作", (1, 2), ("公用账号顶班", "支援其他小组", "代同事回访会员", "跨部门项目协作")),
    ("一票否决", (0,), ("辱骂顾客", "泄露客户信息", "虚假刷单")),
)
A_MONTH = (46, 26, 30)
VETO = 0.25
"""Expected vetoes a month in the whole company."""


def merits(company: Company, month: date) -> pa.Table:
    rng = generator(company.seed, "merits", month)
    staff = [span for department in DEPARTMENTS for span in crew(company, month, department).spans]
    there = np.concatenate([crew(company, month, department).present for department in DEPARTMENTS])
    counts = (*A_MONTH, int(rng.random() < VETO))
    kind = np.repeat(np.arange(len(REASONS)), counts)
    who = rng.integers(0, len(staff), len(kind))
    day = np.array([pick(rng, there[one] * even(month), 1)[0] for one in who])
    points = [rng.choice(REASONS[one][1]) for one in kind]
    reasons = [str(rng.choice(REASONS[one][2])) for one in kind]
    occurred = micros(month) + day * DAY + rng.integers(9 * 3600, 19 * 3600, len(kind)) * SECOND
    return table("merit", occurred, {
        "employee": texts([span.person for span in staff], who),
        "department": texts([span.department for span in staff], who),
        "merit": numbered(f"JK{month:%Y%m}-", np.arange(1, len(kind) + 1), 3),
        "nature": texts([name for name, _, _ in REASONS], kind),
        "points": decimals(np.array(points, dtype=np.float64)),
        "reason": pa.array(reasons, pa.string()),
    })  # fmt: skip
