"""The columns of a file of people: what they are called in both languages, and what their cells hold."""

from collections.abc import Mapping
from dataclasses import dataclass

from fenming.library.facts import Column, ColumnType
from fenming.modules.people.models import CustomField


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column. ``needs`` is the permission without which it is neither written nor shown."""

    column: Column
    of: str = "person"
    """``person``, ``post`` (a part of the assignment), ``custom`` (a field of the company's own)."""
    needs: str = ""
    own: CustomField | None = None
    """The field of the company's own that this column is."""
    hint: tuple[str, str] = ("", "")


Fields = Mapping[str, Field]


def _field(
    kind: ColumnType, zh: str, en: str, *aliases: str, of: str = "person", needs: str = "", hint: tuple[str, str]
) -> Field:
    return Field(column=Column(type=kind, zh=zh, en=en, aliases=aliases), of=of, needs=needs, hint=hint)


# ruff: noqa: E501 - a table of words
FIELDS: Fields = {
    "number": _field(
        "text", "工号", "Number", "员工编号", "员工号", "人员编号", "职工号", "employee number", "employee id", "staff id",
        "employee no", "emp no", "person", "UserId",
        hint=("必填；以它认人，不能重复", "Required; it tells who is who, and occurs once"),
    ),
    "name": _field(
        "text", "姓名", "Name", "员工姓名", "人员姓名", "名字", "中文名", "full name", "employee name",
        hint=("新员工必填", "Required for new people"),
    ),
    "department": _field(
        "text", "部门", "Department", "所属部门", "部门名称", "组织", "所在部门", "一级部门", "dept", "org unit",
        of="post",
        hint=("新员工必填；下级部门写路径，如 客服部/售前组",
              "Required for new people; write a path for a department below another, such as Service/Presales"),
    ),
    "team": _field("text", "班组", "Team", "小组", "组别", "团队", of="post", hint=("选填", "Optional")),
    "post": _field(
        "text", "岗位", "Post", "职位", "职务", "岗位名称", "职位名称", "position", "job title", "role",
        of="post", hint=("新员工必填", "Required for new people"),
    ),
    "store": _field(
        "text", "门店", "Store", "所属门店", "门店名称", "店铺门店", "outlet",
        of="post", hint=("选填；门店名称或编码", "Optional; the store's name or code"),
    ),
    "manager": _field(
        "text", "直属上级", "Manager", "上级", "直接上级", "汇报对象", "主管", "上级工号", "直属主管", "reports to", "supervisor",
        "line manager", "manager number",
        of="post", hint=("选填；上级的工号，姓名不重复时也可写姓名",
                         "Optional; the manager's number, or the name where only one person has it"),
    ),
    "valid_from": _field(
        "time", "任职生效日", "Post valid from", "生效日期", "任职日期", "调岗日期", "任职开始", "valid from", "effective date",
        "assignment start",
        of="post", hint=("选填；调岗从这一天起生效，不填用导入时选的日期",
                         "Optional; a change of post takes effect on this day, else on the day chosen for the import"),
    ),
    "base": _field(
        "money", "基本工资", "Base pay", "底薪", "月薪", "基本薪资", "base salary", "salary",
        of="post", needs="people.pay", hint=("选填；元", "Optional; in yuan"),
    ),
    "joined": _field(
        "time", "入职日期", "Joined", "入职时间", "入职日", "到岗日期", "hire date", "join date", "start date", "date joined",
        hint=("新员工必填；可写 2024-03-01、2024/3/1、2024年3月1日",
              "Required for new people; 2024-03-01, 2024/3/1 and 2024年3月1日 are understood"),
    ),
    "left": _field(
        "time", "离职日期", "Left", "离职时间", "离职日", "leave date", "termination date", "end date", "date left",
        hint=("选填；最后工作日", "Optional; the last day here"),
    ),
    "phone": _field(
        "text", "手机号", "Phone", "手机", "电话", "联系电话", "手机号码", "联系方式", "mobile", "phone number", "cell",
        needs="people.unmask", hint=("选填；以文本保存", "Optional; kept as text"),
    ),
    "id_number": _field(
        "text", "证件号", "ID number", "身份证号", "身份证", "证件号码", "身份证号码", "id card", "passport", "national id",
        needs="people.unmask", hint=("选填；请把单元格设为文本，否则 Excel 会丢掉末尾几位",
                                     "Optional; format the cells as text, or Excel loses the last digits"),
    ),
    "email": _field("text", "邮箱", "E-mail", "电子邮箱", "邮件", "email", "mail", "e-mail address", hint=("选填", "Optional")),
    "tag": _field(
        "text", "接待标识", "Service tag", "工作标识", "客服标识", "标识", "service code", "tag",
        hint=("选填；共享账号上标明本人的代号", "Optional; marks the person's work on shared accounts"),
    ),
    "reason": _field("text", "变动原因", "Reason", "原因", "调动原因", "备注", "remark", "note", of="post",
                     hint=("选填；记在新任职上", "Optional; kept with the new post")),
}  # fmt: skip
SEAT = ("department", "team", "post", "store", "manager", "base")
"""What an assignment is made of: a change of any of these is a change of post."""
REQUIRED = ("name", "joined", "department", "post")
"""What a new person cannot do without, beside the number."""

CLEAR = frozenset({"(清空)", "(clear)", "清空", "[clear]"})
"""What a cell says to empty a field; an empty cell leaves what is there."""


def own_column(one: CustomField) -> tuple[str, Field]:
    """A field of the company's own, with the id that it has among the columns. Its cells are read as text."""
    column = Column(type="text", zh=one.name_zh, en=one.name_en or one.name_zh, aliases=(one.code,))
    said = [str(choice) for choice in one.choices]
    first = ("必填" if one.required else "选填", "Required" if one.required else "Optional")
    hint = (
        "；".join((first[0], *(["、".join(said)] if said else []))),
        "; ".join((first[1], *([", ".join(said)] if said else []))),
    )
    open_to_all = one.seen_with in (CustomField.Seen.SELF, CustomField.Seen.VIEWERS)
    needs = "" if open_to_all else one.seen_with
    return f"custom:{one.code}", Field(column=column, of="custom", own=one, needs=needs, hint=hint)
