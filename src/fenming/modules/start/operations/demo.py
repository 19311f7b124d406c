"""Found the demo company: its people, facts, roster and schemes, then score its months."""

from collections.abc import Callable, Collection
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from fenming.controls.models import Run
from fenming.controls.operations import Actor
from fenming.controls.queries import closing_run
from fenming.library.facts import fact_type
from fenming.library.schemes import schemes
from fenming.library.text import Words
from fenming.modules.attribution.operations import replace_roster
from fenming.modules.bonus.operations import set_pool, settle
from fenming.modules.bonus.queries import pools
from fenming.modules.cycles.operations.demo import ARCHIVED, found_cycles
from fenming.modules.hub.operations import take_in
from fenming.modules.hub.queries import engine_at, lake_at, lake_folder, runs_folder
from fenming.modules.people.queries.records import department_ids, employee_ids
from fenming.modules.schemes.operations import publish
from fenming.modules.start.operations.demo_people import found_people
from fenming.pipeline import demo, inputs
from fenming.rules.periods import Period, months

Told = Callable[[Words, int, int], None]


def found_demo_company(*, until: date, scored_months: int = 3, told: Told | None = None) -> demo.Company:
    """Make the demo company as of a day, in an empty installation; the same day makes the same company."""
    company = demo.company(until=until)
    tell = told or (lambda what, done, of: None)
    tell(Words(zh="员工", en="People"), 0, 1)
    with transaction.atomic():  # whole or not at all: begun again, it goes on with the facts
        ids = employee_ids()
        if not ids:
            ids = found_people(company)
            _schemes(company)
    _facts(company, tell)
    _roster(company, ids)
    _score(company, ids, scored_months, tell)
    return company


def _schemes(company: demo.Company) -> None:
    departments = department_ids()
    for scheme in (one for one in schemes().values() if one.department in departments):
        publish(scheme, departments[scheme.department], valid_from=company.months[0], reason="demo company")


def _facts(company: demo.Company, tell: Told) -> None:
    """A year at a time for each fact type: few commits, so that the demo is there in seconds."""
    lake, tables = lake_at(lake_folder()), dict[str, list[pa.Table]]()
    for done, month in enumerate(company.months):
        tell(Words.same(f"{month:%Y-%m}"), done, 2 * len(company.months))
        for fact, rows in demo.facts(company, month):
            tables.setdefault(fact, []).append(rows)
    for done, fact in enumerate(list(tables)):
        tell(fact_type(fact).name, len(tables) + done, 2 * len(tables))
        take_in(lake, fact, pa.concat_tables(tables.pop(fact)), name="demo", source="demo")


def _roster(company: demo.Company, ids: dict[str, int]) -> None:
    start, end = company.months[0], company.until + timedelta(days=14)
    duties = [inputs.Duty.model_validate(row) for row in demo.shifts(company, start, end).to_pylist()]
    replace_roster(duties, ids, source="demo")


def _score(company: demo.Company, ids: dict[str, int], scored_months: int, tell: Told) -> None:
    """The months before the last whole one are closed; that one and the running one are still being worked on.

    Begun again after a kill, it goes on with what is missing.
    """
    departments = department_ids()
    wanted = list(months(company.months[0], company.until))[-scored_months - 1 :]
    for month in wanted:
        kept = pools(month.start, month.end)
        for code, department in departments.items():
            if code in kept:
                continue
            people = sum(one.department == code and one.works_on(month.start) for one in company.people)
            set_pool(department, month.start, month.end, Decimal(people * 800))
    for month in wanted[:-3]:
        tell(Words(zh=f"{month.label} 得分", en=f"Scores of {month.label}"), wanted.index(month), len(wanted))
        _close(month, departments.values())
    for month in wanted[-2:]:
        tell(Words(zh=f"{month.label} 得分", en=f"Scores of {month.label}"), wanted.index(month), len(wanted))
        _settle(month, Run.Kind.LIVE, until=company.until if month.end > company.until else None)
    if len(wanted) > 2:
        found_cycles(_hr(), ids.values(), wanted[-3:], tell)
        _close(wanted[-3], [department for code, department in departments.items() if code != ARCHIVED])
    tell(Words.same(""), len(wanted), len(wanted))


def _close(month: Period, departments: Collection[int]) -> None:
    if closing_run(departments, month.start, month.end) is None:
        _settle(month, Run.Kind.CLOSE)


def _settle(month: Period, kind: str, *, until: date | None = None) -> None:
    settle(
        engine_at(lake_folder()),
        lake_at(lake_folder()),
        month,
        folder=runs_folder(),
        kind=kind,
        until=datetime.combine(until, time(), ZoneInfo(settings.TIME_ZONE)) if until else None,
    )


def _hr() -> Actor:
    hr = get_user_model().objects.get(username="hr")
    return Actor(user=hr.pk, name=hr.get_username())
