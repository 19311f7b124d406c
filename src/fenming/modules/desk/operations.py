"""Found the demo company: its people, facts, roster and schemes, then score its months."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
from django.conf import settings

from fenming.controls.models import Run
from fenming.library.schemes import schemes
from fenming.library.text import Words
from fenming.modules.accounts.operations.founding import open_accounts
from fenming.modules.attribution.operations import replace_roster
from fenming.modules.bonus.operations import set_pool, settle
from fenming.modules.hub.operations import take_in
from fenming.modules.hub.queries import engine_at, lake_at, lake_folder, runs_folder
from fenming.modules.people.operations.founding import (
    NewAssignment,
    NewEmployee,
    found_places,
    note_attendance,
    take_on,
)
from fenming.modules.people.queries.records import department_ids
from fenming.modules.schemes.operations import publish
from fenming.pipeline import demo, inputs
from fenming.rules.periods import months

PASSWORD = "fenming-demo"  # noqa: S105 - printed on purpose: everybody may open the demo
Told = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLogin:
    """An account to try, and whose it is."""

    username: str
    password: str
    name: str
    note: Words


def found_demo_company(*, until: date, scored_months: int = 3, told: Told | None = None) -> demo.Company:
    """Make the demo company as of a day, in an empty installation; the same day makes the same company."""
    company = demo.company(until=until)
    tell = told or (lambda what, done, of: None)
    tell("people", 0, 1)
    ids = _people(company)
    _schemes(company)
    _facts(company, tell)
    _roster(company, ids)
    _score(company, ids, scored_months, tell)
    return company


def demo_logins(company: demo.Company) -> list[DemoLogin]:
    """One account of each kind: HR manager, a team lead, a store manager, two employees."""
    lead = next(one for one in company.people if one.post == "cs_lead")
    store = next(one for one in company.people if one.post == "store_manager")
    agents = [one for one in company.people if one.post == "cs_agent" and one.left is None]
    clerk = next(one for one in company.people if one.post == "sales_rep" and one.left is None)
    shown = [
        ("hr", "", Words(zh="人力资源经理：看全公司", en="HR manager: sees everybody")),
        (lead.number, lead.name, Words(zh="客服主管：看本部门", en="Customer-service lead: sees the department")),
        (store.number, store.name, Words(zh="门店店长", en="Store manager")),
        (agents[0].number, agents[0].name, Words(zh="客服：手机上看自己", en="Agent: sees oneself, on the phone")),
        (clerk.number, clerk.name, Words(zh="销售代表", en="Sales representative")),
    ]
    return [DemoLogin(username=name, password=PASSWORD, name=who, note=note) for name, who, note in shown]


def _people(company: demo.Company) -> dict[str, int]:
    by_number = {one.number: one for one in company.people}
    found_places(
        departments=company.departments,
        posts=demo.POSTS,
        regions=demo.STORE_REGIONS,
        stores={code: (store.name, store.region) for code, store in company.stores.items()},
        shops={shop.code: (shop.name, shop.platform) for shop in company.shops.values()},
    )
    ids = take_on(
        [
            NewEmployee(number=one.number, name=one.name, joined=one.joined, left=one.left, tag=one.number)
            for one in company.people
        ],
        [
            NewAssignment(
                employee=one.person,
                department=one.department,
                team=company.teams[one.team].name.zh,
                post=one.post,
                store=one.store,
                manager=by_number[one.person].manager,
                base=by_number[one.person].base,
                start=one.start,
                end=one.end,
            )
            for one in company.assignments
        ],
    )
    for month in company.months:
        note_attendance(
            month, {ids[one.number]: company.attendance(one, month) for one in company.people if one.works_on(month)}
        )
    leads = {one.manager for one in company.people if one.manager}
    accounts: list[tuple[str, str, int | None]] = [("hr", "hr", None)]
    accounts += [(one.number, "lead" if one.number in leads else "employee", ids[one.number]) for one in company.people]
    open_accounts(accounts, password=PASSWORD)
    return ids


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
