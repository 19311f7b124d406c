"""A small company for the modules' tests: two departments, seven people, one shared account, one month."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from django.test import Client

from fenming.lake.engine import DuckEngine
from fenming.lake.tables import Lake
from fenming.library.schemes import schemes
from fenming.library.text import Words
from fenming.modules.accounts.models import User
from fenming.modules.accounts.operations.founding import NewAccount, open_accounts
from fenming.modules.attribution.operations import replace_roster
from fenming.modules.hub import queries as hub
from fenming.modules.hub.operations import take_in
from fenming.modules.people.operations.founding import NewAssignment, NewEmployee, found_places, take_on
from fenming.modules.people.queries.records import department_ids
from fenming.modules.schemes.operations import publish
from fenming.pipeline import inputs
from fenming.rules.periods import Period, parse

OCTOBER: Period = parse("2026-10")
CAST = {
    "KF1": ("林晓雯", "customer_service", "cs_lead"),
    "KF2": ("赵辉", "customer_service", "cs_agent"),
    "KF3": ("王芳", "customer_service", "cs_agent"),
    "KF4": ("李娜", "customer_service", "cs_agent"),
    "WL1": ("周强", "logistics", "logistics_clerk"),
    "WL2": ("吴刚", "logistics", "courier"),
    "WL3": ("郑洁", "logistics", "courier"),
}
SHARED = "京东客服01"
HIRED = date(2025, 1, 1)
PASSWORD = "correct horse"


@dataclass(frozen=True, slots=True)
class SmallCompany:
    """Where its things are."""

    lake: Lake
    engine: DuckEngine
    runs: Path
    ids: dict[str, int]


SignIn = Callable[[str], Client]


@pytest.fixture
def signed_in(db: None) -> SignIn:
    """A client that is signed in under a name, in English."""

    def sign_in(name: str) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(User.objects.get(username=name))
        return client

    return sign_in


@pytest.fixture
def small_company(db: None, tmp_path: Path, settings: object) -> Iterator[SmallCompany]:
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    yield found()
    hub.engine_at.cache_clear()
    hub.lake_at.cache_clear()


def found() -> SmallCompany:
    """Make the company in the database and the data folder of the settings."""
    ids = found_people()
    departments = department_ids()
    for name in ("customer_service", "logistics", "courier"):
        scheme = schemes()[name]
        publish(scheme, departments[scheme.department], valid_from=date(2026, 1, 1))
    lake = hub.lake_at(hub.lake_folder())
    take_in(lake, "service_session", sessions(), name="october", source="test")
    take_in(lake, "parcel", parcels(), name="october", source="test")
    day = datetime(2026, 10, 5, 9)
    shifts = [("KF3", day, day + timedelta(hours=8)), ("KF4", day + timedelta(hours=4), day + timedelta(hours=12))]
    duties = [inputs.Duty(person=who, account=SHARED, start=start, end=end) for who, start, end in shifts]
    replace_roster(duties, ids, source="test")
    return SmallCompany(lake, hub.engine_at(hub.lake_folder()), hub.runs_folder(), ids)


def found_people() -> dict[str, int]:
    """Its departments, its people and their accounts."""
    words = {
        "customer_service": Words(zh="客服部", en="Customer service"),
        "logistics": Words(zh="物流部", en="Logistics"),
    }
    found_places(departments=words, stores={}, shops={})
    ids = take_on(
        [NewEmployee(number=one, name=name, joined=HIRED, tag=one) for one, (name, _, _) in CAST.items()],
        [_post(one, department, post) for one, (_, department, post) in CAST.items()],
    )
    roles = {one: "lead" if one.endswith("1") else "employee" for one in CAST}
    accounts = [NewAccount(name=one, role=role, employee=ids[one]) for one, role in roles.items()]
    open_accounts([NewAccount(name="hr", role="hr"), *accounts], password=PASSWORD)
    return ids


def _post(number: str, department: str, post: str) -> NewAssignment:
    return NewAssignment(
        employee=number, department=department, team="一组", post=post, store=None, manager=None,
        base=Decimal(6000), start=HIRED, end=None,
    )  # fmt: skip


def sessions(*, count: int = 240, day: date = date(2026, 10, 5)) -> pa.Table:
    """Sessions of four agents: two by name, two behind the shared account; every tenth after everybody has left."""
    rows = []
    for number in range(count):
        named = number % 2 == 0
        hour = 22 if number % 10 == 9 else 9 + number % 8
        rows.append(
            {
                "platform": "京东",
                "session": f"{day:%m%d}-{number}",
                "employee": f"KF{1 + number // 2 % 2}" if named else None,
                "account": "京东-1" if named else SHARED,
                "department": "customer_service",
                "occurred_at": datetime(day.year, day.month, day.day, hour, number % 60),
                "answered": True,
                "first_reply_ms": 8000 + number * 150,
                "handle_ms": 180_000 + number * 500,
                "resolved": number % 7 != 0,
                "rating": 5 - number % 3 if number % 2 == 0 else None,
                "repeat_complaint": number % 40 == 0,
            }
        )
    return pa.Table.from_pylist(rows)


def parcels() -> pa.Table:
    """Parcels of three people, one of whom breaks more."""
    rows = []
    for number in range(150):
        sent = datetime(2026, 10, 1 + number % 28, 10)
        rows.append(
            {
                "parcel": f"P{number}",
                "employee": f"WL{1 + number % 3}",
                "department": "logistics",
                "route": f"线路{number % 4}",
                "occurred_at": sent,
                "promised_at": sent + timedelta(days=2),
                "delivered_at": sent + timedelta(days=3 if number % 25 == 0 else 1),
                "damaged": number % 30 == 2,
                "return_damaged": False,
                "complaint": number % 50 == 0,
                "freight": Decimal("5.50"),
            }
        )
    return pa.Table.from_pylist(rows)
