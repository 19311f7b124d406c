"""The texts that a field holds most often, for whoever has to choose one of them."""

from collections.abc import Sequence

from fenming.lake.engine import Engine, Files
from fenming.library.facts import fact_type
from fenming.library.text import refuse
from fenming.rules.periods import Period

PERSONAL = frozenset({"employee", "member", "participant", "rater"})
"""Fields that name people: nobody is listed because a list was asked for."""
MOST = 40
TOO_MANY = 400
"""A field with so many different values is an identity, not a kind of thing."""


def common_values(
    engine: Engine, files: Files, fact: str, columns: Sequence[str], period: Period
) -> dict[str, list[str]]:
    """Column → its most frequent texts in the period; nothing for identities and for people."""
    known = fact_type(fact)
    wanted = [one for one in columns if one not in PERSONAL and one not in known.key[-1:]]
    for name in wanted:
        if name not in known.all_columns or known.all_columns[name].type != "text":
            raise refuse(f"“{name}”不是文字字段。", f"“{name}” is not a field of text.")
    return {name: _values(engine, files, fact, name, period) for name in dict.fromkeys(wanted)}


def _values(engine: Engine, files: Files, fact: str, name: str, period: Period) -> list[str]:
    start, end = (f"TIMESTAMP '{day} 00:00:00'" for day in (period.start, period.end))
    sql = (
        f"SELECT f.{name}, count(*) AS n FROM fact AS f WHERE f.{name} IS NOT NULL"
        f" AND f.occurred_at >= {start} AND f.occurred_at < {end}"
        f" GROUP BY f.{name} ORDER BY n DESC, f.{name} LIMIT {TOO_MANY}"
    )
    rows = engine.rows(sql, fact=fact, files=files.files(fact, period.start, period.end))
    return [] if len(rows) == TOO_MANY else [str(value) for value, _ in rows[:MOST]]
