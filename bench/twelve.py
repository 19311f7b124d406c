"""The twelve indicators of the figures, and the best query that a hand would write for them."""

from datetime import date
from decimal import Decimal
from typing import Any

from bench.facts import FACT
from fenming.library.indicators import Condition, Count, Indicator, Share, Sum, indicators
from fenming.library.schemes import Scheme, schemes
from fenming.library.text import Words
from fenming.rules.periods import Period

SHIPPED = (
    "sessions",
    "resolution_rate",
    "response_time",
    "thirty_second_reply_rate",
    "average_handle_time",
    "satisfaction_score",
    "rating_participation_rate",
    "satisfied_rate",
    "repeat_complaint_rate",
)


def twelve() -> list[Indicator]:
    """Nine that are shipped, and three that a company would add."""
    night = "extract(hour FROM occurred_at) >= 22 OR extract(hour FROM occurred_at) < 6"
    douyin = Condition(when="platform = 'douyin'", otherwise=Words.same("another platform"))
    return [
        *(indicators()[name] for name in SHIPPED),
        own("handle_hours", Sum(fact=FACT, value="handle_ms"), scale=Decimal("0.001")),
        own("douyin_sessions", Count(fact=FACT, only=(douyin,))),
        own("night_share", Share(fact=FACT, test=night)),
    ]


def own(name: str, measure: Count | Sum | Share, *, scale: Decimal = Decimal(1)) -> Indicator:
    words = Words.same(name)
    return Indicator(
        id=name, valid_from=date(2026, 1, 1), name=words, about=words, formula=words, unit=words, scale=scale,
        direction="higher", departments=("customer_service",), measure=measure, data_source=words, collection=words,
        pitfalls=words, reference="bench",
    )  # fmt: skip


PERSONAL = "(auto_reply IS NULL OR NOT auto_reply) AND (offline_message IS NULL OR NOT offline_message)"
DAYTIME = "extract(hour FROM occurred_at) >= 9 AND extract(hour FROM occurred_at) < 23"
TAKEN = "(answered IS NULL OR answered)"

BY_HAND = {
    "sessions": "count(*)",
    "resolution_rate": f"count_if({TAKEN} AND resolved) / count(resolved) FILTER (WHERE {TAKEN})",
    "response_time": f"sum(first_reply_ms) FILTER (WHERE {PERSONAL})"
    f" / count(first_reply_ms) FILTER (WHERE {PERSONAL}) / 1000",
    "thirty_second_reply_rate": f"count_if({PERSONAL} AND {DAYTIME} AND first_reply_ms <= 30000)"
    f" / count_if({PERSONAL} AND {DAYTIME} AND (first_reply_ms IS NOT NULL OR NOT answered))",
    "average_handle_time": f"sum(handle_ms) FILTER (WHERE {TAKEN}) / count(handle_ms) FILTER (WHERE {TAKEN}) / 1000",
    "satisfaction_score": "sum(rating) / count(rating)",
    "rating_participation_rate": f"count(rating) FILTER (WHERE {TAKEN}) / count_if({TAKEN})",
    "satisfied_rate": "count_if(rating >= 4) / count(rating)",
    "repeat_complaint_rate": "count_if(repeat_complaint) / count(repeat_complaint)",
    "handle_hours": "sum(handle_ms) / 1000",
    "douyin_sessions": "count_if(platform = 'douyin')",
    "night_share": "count_if(extract(hour FROM occurred_at) >= 22 OR extract(hour FROM occurred_at) < 6)"
    " / count(occurred_at)",
}


def fused(source: str, span: Period, names: tuple[str, ...] = tuple(BY_HAND)) -> str:
    """One scan for all of them, as somebody would write it who knows this table."""
    values = ", ".join(f"{BY_HAND[name]} AS {name}" for name in names)
    return (
        f"SELECT employee, {values} FROM {source} WHERE occurred_at >= TIMESTAMP '{span.start}'"
        f" AND occurred_at < TIMESTAMP '{span.end}' AND employee IS NOT NULL GROUP BY employee"
    )


def listed(files: list[str]) -> str:
    """The files as DuckDB reads them."""
    return f"read_parquet([{', '.join(repr(name) for name in files)}], hive_partitioning = false)"


def agree(ours: dict[str, dict[str, Any]], theirs: dict[str, dict[str, Any]]) -> float:
    """The largest difference between two results of people and indicators, relative to the value."""
    assert ours.keys() == theirs.keys(), "not the same people"
    return max(
        abs(float(value) - float(theirs[name][one])) / max(1.0, abs(float(value)))
        for name, values in ours.items()
        for one, value in values.items()
    )


CURVES = {
    "sessions": (0, 1500, 3000),
    "resolution_rate": ("0.70", "0.85", "0.95"),
    "response_time": (300, 150, 60),
    "thirty_second_reply_rate": ("0.2", "0.4", "0.6"),
    "average_handle_time": (1200, 780, 600),
    "satisfaction_score": ("3.0", "4.0", "4.8"),
    "rating_participation_rate": ("0.2", "0.45", "0.6"),
    "satisfied_rate": ("0.4", "0.7", "0.9"),
    "repeat_complaint_rate": ("0.05", "0.02", "0.005"),
    "handle_hours": (0, 1_000_000, 2_000_000),
    "douyin_sessions": (0, 250, 500),
    "night_share": ("0.1", "0.3", "0.5"),
}


def scheme(name: str = "bench", department: str = "bench") -> Scheme:
    """All twelve, with floor, target and stretch, graded in bands, the bonus as customer service shares it."""
    like = schemes()["customer_service"].model_dump(mode="json")
    items = [
        {
            "indicator": indicator,
            "weight": 9 if number < 4 else 8,
            "curve": dict(zip(("kind", "floor", "target", "stretch"), ("target", *curve), strict=True)),
            "basis": {"zh": "bench", "en": "bench"},
        }
        for number, (indicator, curve) in enumerate(CURVES.items())
    ]
    own_ones = {one.id: one.model_dump(mode="json") for one in twelve() if one.id not in SHIPPED}
    changed = {"id": name, "department": department, "posts": [], "items": items, "indicators": own_ones}
    plain = {"adjustments": [], "vetoes": [], "rewards": [], "seasons": []}
    return Scheme.model_validate({**like, **plain, **changed})
