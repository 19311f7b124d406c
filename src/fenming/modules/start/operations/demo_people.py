"""The people of the demo company, and one account of each kind to try it with."""

from dataclasses import dataclass
from datetime import date

from django.contrib.auth import get_user_model
from django.utils import timezone

from fenming.controls.operations import SYSTEM
from fenming.library.text import Words
from fenming.modules.accounts.operations.founding import NewAccount, open_accounts
from fenming.modules.people.operations.calendar import describe_company
from fenming.modules.people.operations.custom import NewField, add
from fenming.modules.people.operations.founding import (
    NewAssignment,
    NewEmployee,
    found_places,
    note_attendance,
    take_on,
)
from fenming.modules.people.queries.records import region_ids
from fenming.modules.start.operations.tours import spare
from fenming.modules.start.queries.tours import TOURS
from fenming.pipeline import demo

PASSWORD = "fenming-demo"  # noqa: S105 - printed on purpose: everybody may open the demo
REGION = "zhejiang"
OFFICES = {
    "hr": ("hr", Words(zh="人力资源经理：看全公司", en="HR manager: sees everybody")),
    "hr2": ("hr", Words(zh="人力资源专员：受理申诉", en="HR specialist: decides appeals")),
    "region": ("region_hr", Words(zh="浙江区域人事：只看浙江的门店", en="Regional HR: the stores of Zhejiang only")),
    "system": ("system_admin", Words(zh="系统管理员：设置、任务、通道", en="System administrator: settings and jobs")),
    "security": ("security_admin", Words(zh="安全管理员：账号、角色", en="Security administrator: accounts and roles")),
    "audit": ("audit_admin", Words(zh="审计管理员：操作日志", en="Audit administrator: the operation log")),
}
"""Accounts that belong to no employee: sign-in name → role and what it is for."""


DEGREES = ("本科", "大专", "本科", "高中", "硕士")
FIELDS = {
    "education": NewField(
        name_zh="学历", name_en="Education", kind="choice", choices=("高中", "大专", "本科", "硕士"),
        seen_with="people.own", searchable=True,
    ),
    "emergency": NewField(
        name_zh="紧急联系电话", name_en="Emergency contact", seen_with="people.edit", position=1,
    ),
}  # fmt: skip
"""Fields that the demo company has added by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLogin:
    """An account to try, and whose it is."""

    username: str
    password: str
    name: str
    note: Words


def demo_logins(company: demo.Company) -> list[DemoLogin]:
    """One account of each kind."""
    lead = next(one for one in company.people if one.post == "cs_lead")
    store = next(one for one in company.people if one.post == "store_manager")
    agents = [one for one in company.people if one.post == "cs_agent" and one.left is None]
    clerk = next(one for one in company.people if one.post == "sales_rep" and one.left is None)
    shown = [
        ("hr", "", OFFICES["hr"][1]),
        (lead.number, lead.name, Words(zh="客服主管：看本部门", en="Customer-service lead: sees the department")),
        (store.number, store.name, Words(zh="门店店长：看本门店", en="Store manager: sees the store")),
        (agents[0].number, agents[0].name, Words(zh="客服：手机上看自己", en="Agent: sees oneself, on the phone")),
        (clerk.number, clerk.name, Words(zh="销售代表", en="Sales representative")),
        *((name, "", note) for name, (_, note) in OFFICES.items() if name != "hr"),
    ]
    return [DemoLogin(username=name, password=PASSWORD, name=who, note=note) for name, who, note in shown]


def demo_accounts() -> list[DemoLogin]:
    """The accounts to try of the demo company that is founded here."""
    shown = [("hr", "", OFFICES["hr"][1]), *((name, "", note) for name, (_, note) in OFFICES.items() if name != "hr")]
    return [DemoLogin(username=name, password=PASSWORD, name=who, note=note) for name, who, note in shown]


def found_people(company: demo.Company) -> dict[str, int]:
    """Places, people, attendance and accounts; the ids of the people by number."""
    by_number = {one.number: one for one in company.people}
    describe_company(
        SYSTEM,
        name=Words(zh="禾苗优选（演示）", en="Hemiao Select (demo)"),
        time_zone="Asia/Shanghai",
        language="zh-hans",
        calendar="cn",
    )
    for code, wanted in FIELDS.items():
        add(SYSTEM, "employee", code, wanted)
    found_places(
        departments=company.departments,
        posts=demo.POSTS,
        regions=demo.STORE_REGIONS,
        stores={code: (store.name, store.region) for code, store in company.stores.items()},
        shops={shop.code: (shop.name, shop.platform) for shop in company.shops.values()},
    )
    ids = take_on(
        [_person(place, one) for place, one in enumerate(company.people)],
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
    _accounts(company, ids)
    return ids


def _person(place: int, one: demo.Person) -> NewEmployee:
    born = date(1980 + place % 22, 1 + place % 12, 1 + place % 28)
    return NewEmployee(
        number=one.number,
        name=one.name,
        joined=one.joined,
        left=one.left,
        tag=one.number,
        email=f"{one.number.lower()}@hemiao.example",
        phone=f"1990000{place:04d}",
        id_number=_id_number(born, place),
        custom={"education": DEGREES[place % len(DEGREES)], "emergency": f"1880000{place:04d}"},
    )


def _id_number(born: date, place: int) -> str:
    """A number that is well-formed and nobody's: 990000 is no place."""
    body = f"990000{born:%Y%m%d}{place % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(one) * weight for one, weight in zip(body, weights, strict=True)) % 11]


def _accounts(company: demo.Company, ids: dict[str, int]) -> None:
    leads = {one.manager for one in company.people if one.manager}
    today = timezone.localdate()
    accounts = [
        NewAccount(
            name=name, role=role, shown=note.zh.split("：")[0],
            listed={"regions": [region_ids()[REGION]]} if name == "region" else {},
        )
        for name, (role, note) in OFFICES.items()
    ]  # fmt: skip
    accounts += [
        NewAccount(
            name=one.number,
            role="employee" if one.number not in leads else "store_manager" if one.store else "lead",
            employee=ids[one.number],
            is_active=one.left is None or one.left > today,
        )
        for one in company.people
    ]
    open_accounts(accounts, password=PASSWORD)
    spare(get_user_model().objects.values_list("pk", flat=True), TOURS)
