"""The file of people: who they are, which post they hold, and what their bonus is worked out on."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from fenming.library.facts import Column
from fenming.pipeline.reading.findings import Findings, Rejected
from fenming.pipeline.reading.lists import ListRow, read_list

COLUMNS = {
    "person": Column(
        type="text",
        zh="工号",
        en="Person",
        aliases=(
            "员工编号",
            "员工号",
            "人员编号",
            "employee_id",
            "employee",
            "EmployeeNumber",
            "UserId",
            "员工",
            "Agent",
        ),
    ),
    "name": Column(type="text", zh="姓名", en="Name", aliases=("员工姓名", "人员姓名", "客服姓名", "full name")),
    "post": Column(
        type="text",
        zh="岗位",
        en="Post",
        aliases=("职位", "职务", "职级", "岗位名称", "position", "JobRole", "job title", "role"),
    ),
    "department": Column(type="text", zh="部门", en="Department", aliases=("所属部门", "部门名称", "组织")),
    "base": Column(
        type="money",
        zh="奖金基数",
        en="Base",
        aliases=("绩效基数", "绩效奖金基数", "绩效工资", "绩效工资基数", "基数", "bonus base"),
    ),
    "attendance": Column(type="decimal", zh="出勤系数", en="Attendance", aliases=("出勤率", "考勤系数", "出勤")),
    "grade": Column(type="text", zh="等级", en="Grade", aliases=("绩效等级", "评级", "考核等级")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One person of the file; base and attendance are 1 where the file does not say."""

    person: str
    name: str
    post: str | None = None
    department: str | None = None
    base: Decimal = Decimal(1)
    attendance: Decimal = Decimal(1)
    grade: str | None = None
    row: int | None = None


def read_people(path: Path) -> tuple[list[PersonRow], Sequence[Rejected]]:
    """Everybody in the file, once; where it has no numbers for people, their names serve as such."""
    findings = Findings()
    rows = read_list(path, COLUMNS, needed=[("person", "name")], findings=findings)
    people: dict[str, PersonRow] = {}
    for one in rows:
        person = one.values.get("person") or one.values.get("name")
        if not person:
            findings.add("no_person", file=path.name, sheet=one.sheet, row=one.row)
        elif person in people:
            findings.add(
                "duplicate_person", file=path.name, sheet=one.sheet, row=one.row, value=person, by=people[person].row
            )
        elif (problem := _negative(one)) is not None:
            findings.add(
                "negative", file=path.name, sheet=one.sheet, row=one.row, field=problem, value=one.cells[problem]
            )
        else:
            people[person] = _person(person, one)
    return list(people.values()), findings


def _negative(one: ListRow) -> str | None:
    return next((name for name in ("base", "attendance") if (one.values.get(name) or 0) < 0), None)


def _person(person: str, one: ListRow) -> PersonRow:
    given = {name: value for name, value in one.values.items() if value is not None and name != "person"}
    return PersonRow(**{"name": person} | given, person=person, row=one.row)
