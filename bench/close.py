"""The close of a month: facts to bonuses of 10,000 people, stored with every intermediate."""

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench import facts
from bench.measuring import Figure, Options, Section, apart, peak
from bench.servers import postgres
from fenming.rules.periods import parse

MONTH, ROWS, PEOPLE, ACCOUNTS, DEPARTMENTS = parse("2026-03"), 4_000_000, 10_000, 43, 10
STAGES = {
    "gather people, roster, schemes": ("modules.schemes.operations", "gather"),
    "segments of the roster": ("pipeline.compute", "credits_of"),
    "measure": ("pipeline.compute", "_measure"),
    "readings, scores, grades, bonus": ("pipeline.compute", "score"),
    "totals": ("pipeline.compute", "_totals"),
    "keep inputs": ("modules.schemes.operations", "keep_inputs"),
    "store cards and lines": ("modules.schemes.operations", "_store"),
    "store the daily trend": ("modules.schemes.operations", "_store_daily"),
    "store bonuses": ("modules.bonus.operations", "_store"),
}


def settled(root: str, people: int) -> dict[str, Any]:
    """One close in this process, whose environment names the data folder and the database."""
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0)
    founded_company(people)
    from fenming.lake.engine import DuckEngine
    from fenming.lake.tables import Lake
    from fenming.modules.bonus.operations import settle

    stages: dict[str, float] = {}
    statements = [0]

    def counted(execute: Callable[..., Any], *arguments: Any) -> Any:
        statements[0] += 1
        return execute(*arguments)

    with ExitStack() as timed, connection.execute_wrapper(counted):
        for stage, place in STAGES.items():
            _time(timed, stages, stage, *place)
        start = time.perf_counter()
        settle(DuckEngine([Path(root)]), Lake(Path(root)), MONTH, folder=Path(root).parent / "runs")
        whole = time.perf_counter() - start
    return {"whole": whole, "stages": stages, "statements": statements[0], "rows": _rows(), "peak": peak()}


def _time(timed: ExitStack, stages: dict[str, float], stage: str, module: str, name: str) -> None:
    """Time a function of the package in place; one that is no longer there has no line."""
    home = import_module(f"fenming.{module}")
    if not hasattr(home, name):
        return
    inner = getattr(home, name)

    @wraps(inner)
    def outer(*arguments: Any, **named: Any) -> Any:
        start = time.perf_counter()
        try:
            return inner(*arguments, **named)
        finally:
            stages[stage] = stages.get(stage, 0) + time.perf_counter() - start

    timed.enter_context(patch.object(home, name, outer))


def founded_company(people: int) -> None:
    """Departments with a scheme and a pool each, people at work in them, and the shifts of the shared accounts."""
    from bench.twelve import scheme
    from fenming.modules.bonus.operations import set_pool
    from fenming.modules.people.models import Assignment, Department, Employee, Post
    from fenming.modules.schemes.operations import publish

    joined = date(2025, 1, 1)
    agent = Post.objects.create(code="agent", name_zh="客服", name_en="Agent")
    departments = [
        Department.objects.create(code=f"bench_{number}", name_zh=f"部门{number}", name_en=f"Department {number}")
        for number in range(DEPARTMENTS)
    ]
    for one in departments:
        publish(scheme(one.code, one.code), one.pk, valid_from=joined)
        set_pool(one.pk, MONTH.start, MONTH.end, Decimal(people) * 100)
    Employee.objects.bulk_create(
        [Employee(number=f"E{number:05d}", name=f"人{number}", joined=joined) for number in range(people)],
        batch_size=2000,
    )
    Assignment.objects.bulk_create(
        [
            Assignment(
                employee=one, department=departments[number % DEPARTMENTS], post=agent, base=5000, valid_from=joined
            )
            for number, one in enumerate(Employee.objects.order_by("number"))
        ],
        batch_size=2000,
    )
    _roster()


def _roster() -> None:
    from bench.attribution import roster
    from fenming.modules.attribution.operations import replace_roster
    from fenming.modules.people.models import Employee
    from fenming.pipeline.inputs import Duty

    ids = dict(Employee.objects.values_list("number", "id"))
    duties = [
        Duty(person=one.person, account=one.account, start=one.start, end=one.end, weight=one.weight)
        for one in roster(ACCOUNTS)
        if one.person in ids
    ]
    replace_roster(duties, ids, source="bench")


def _rows() -> dict[str, int]:
    from django.apps import apps

    kept = ("Scorecard", "ScoreLine", "AdjustmentLine", "DailyScore", "Allotment", "Amount")
    return {model.__name__: model.objects.count() for model in apps.get_models() if model.__name__ in kept}


def run(options: Options) -> Section:
    """SQLite, then PostgreSQL where a server can be had; each in a process and a database of its own."""
    people = options.of(PEOPLE)
    root = facts.sessions(options.of(ROWS), people, over=MONTH, accounts=ACCOUNTS)
    figures = []
    with tempfile.TemporaryDirectory(prefix="fenming-bench-") as folder, postgres() as address:
        for name, database in {"SQLite": "sqlite", "PostgreSQL": address}.items():
            if database:
                environ = {
                    "FENMING_DATA": f"{folder}/{name}",
                    "FENMING_DB": database,
                    "DJANGO_SETTINGS_MODULE": "fenming.web.settings",
                }
                figures += _figures(name, apart("close", "settled", str(root), people, environ=environ))
    return Section(
        "Close",
        f"{people:,} people in {DEPARTMENTS} departments, 12 indicators each, {options.of(ROWS):,} sessions "
        f"of the month, of which a tenth lie on {ACCOUNTS} shared accounts; attribution, scores, grades and bonuses, "
        "with every why.",
        figures,
    )


def _figures(name: str, found: dict[str, Any]) -> list[Figure]:
    rows = sum(found["rows"].values())
    allowed = 200 + rows // 500
    note = f"{rows:,} rows stored, {found['peak']:.0f} MiB peak"
    asked = f"{found['statements']:,} statements, {allowed:,} allowed"
    stored = found["stages"].get("store cards and lines", 0) * 10_000 / found["rows"]["ScoreLine"]
    return [
        Figure(f"{name}: the whole close", found["whole"], note=note),
        *(Figure(f"{name}: {stage}", seconds) for stage, seconds in found["stages"].items()),
        Figure(f"{name}: SQL statements", ratio=found["statements"] / allowed, target=1, note=asked),
        Figure(f"{name}: storing 10,000 readings with their scores", stored),
    ]
