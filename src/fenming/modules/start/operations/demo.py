"""Found the demo company: its people, facts, roster and schemes, then score its months."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
from django.conf import settings
from django.db import transaction

from fenming.controls.models import Run
from fenming.library.schemes import schemes
from fenming.library.text import Words
from fenming.modules.accounts.queries.powers import accounts_of_employees
from fenming.modules.accounts.queries.roles import keepers
from fenming.modules.attribution.operations import replace_roster
from fenming.modules.bonus.operations import set_pool, settle
from fenming.modules.hub.operations import take_in
from fenming.modules.hub.queries import engine_at, lake_at, lake_folder, runs_folder
from fenming.modules.messages.operations import notify
from fenming.modules.people.queries.records import department_ids, employee_ids
from fenming.modules.schemes.operations import publish
from fenming.modules.start.operations.demo_people import found_people
from fenming.pipeline import demo, inputs
from fenming.rules.periods import months

Told = Callable[[str, int, int], None]


def found_demo_company(*, until: date, scored_months: int = 3, told: Told | None = None) -> demo.Company:
    """Make the demo company as of a day, in an empty installation; the same day makes the same company."""
    company = demo.company(until=until)
    tell = told or (lambda what, done, of: None)
    tell("people", 0, 1)
    with transaction.atomic():  # whole or not at all: begun again, it goes on with the facts
        ids = employee_ids()
        if not ids:
            ids = found_people(company)
            _schemes(company)
    _facts(company, tell)
    _roster(company, ids)
    _score(company, ids, scored_months, tell)
    _tell_people(company)
    return company


def _tell_people(company: demo.Company) -> None:
    """What everybody finds in the list of messages: the last whole month is there."""
    month = list(months(company.months[0], company.until))[-2]
    key = f"demo {month.label}"
    notify(
        accounts_of_employees(), topic="score.published", kind="notice", subject_key=key, url="/me/",
        title=Words(zh=f"{month.label} 计分卡已公布", en=f"The scorecards of {month.label} are there"),
        body=Words(zh="每个得分都可以点开，看到背后的记录。", en="Every score opens up to the records behind it."),
    )  # fmt: skip
    notify(
        keepers("board.view"), topic="score.review", kind="todo", subject_key=key, url="/board/",
        due=company.until + timedelta(days=5),
        title=Words(zh=f"请核对 {month.label} 的部门看板", en=f"Please look through the board of {month.label}"),
        body=Words(zh="月底前确认异常数据与奖金。", en="Confirm unusual figures and bonuses by the end of the month."),
    )  # fmt: skip


def _schemes(company: demo.Company) -> None:
    departments = department_ids()
    for scheme in schemes().values():
        publish(scheme, departments[scheme.department], valid_from=company.months[0], reason="demo company")


def _facts(company: demo.Company, tell: Told) -> None:
    """A year at a time for each fact type: few commits, so that the demo is there in seconds."""
    lake, tables = lake_at(lake_folder()), dict[str, list[pa.Table]]()
    for done, month in enumerate(company.months):
        tell(f"{month:%Y-%m}", done, 2 * len(company.months))
        for fact, rows in demo.facts(company, month):
            tables.setdefault(fact, []).append(rows)
    for done, fact in enumerate(list(tables)):
        tell(fact, len(tables) + done, 2 * len(tables))
        take_in(lake, fact, pa.concat_tables(tables.pop(fact)), name="demo", source="demo")


def _roster(company: demo.Company, ids: dict[str, int]) -> None:
    start, end = company.months[0], company.until + timedelta(days=14)
    duties = [inputs.Duty.model_validate(row) for row in demo.shifts(company, start, end).to_pylist()]
    replace_roster(duties, ids, source="demo")


def _score(company: demo.Company, ids: dict[str, int], scored_months: int, tell: Told) -> None:
    departments = department_ids()
    wanted = list(months(company.months[0], company.until))[-scored_months - 1 :]
    lake, engine = lake_at(lake_folder()), engine_at(lake_folder())
    until = datetime.combine(company.until, time(), ZoneInfo(settings.TIME_ZONE))
    for done, month in enumerate(wanted):
        tell(f"scores {month.label}", done, len(wanted))
        for code, department in departments.items():
            people = sum(one.department == code and one.works_on(month.start) for one in company.people)
            set_pool(department, month.start, month.end, Decimal(people * 800))
        running = month.end > company.until
        settle(
            engine,
            lake,
            month,
            folder=runs_folder(),
            kind=Run.Kind.LIVE if running else Run.Kind.CLOSE,
            until=until if running else None,
        )
    tell("", len(wanted), len(wanted))
