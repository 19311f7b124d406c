"""Everything that a role can be allowed. A route names the permissions that open it; a role lists those it has.

A permission that belongs to one of the three offices (system, security, audit) is not to be held
together with one of another office, unless somebody signs for it.
"""

from dataclasses import dataclass
from enum import StrEnum

from fenming.library.text import Words


class Office(StrEnum):
    """The three administrations that nobody combines silently."""

    SYSTEM = "system"
    SECURITY = "security"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Permission:
    """What may be done, in words, and the part of the product it belongs to."""

    group: str
    name: Words
    office: Office | None = None
    company_wide: bool = False
    """It is about the installation, not about people: a narrower scope has no meaning."""


def _all() -> dict[str, Permission]:
    system, security, audit = Office.SYSTEM, Office.SECURITY, Office.AUDIT
    rows: tuple[tuple[str, str, str, str, Office | None, bool], ...] = (
        ("score.own", "performance", "查看本人绩效", "See one's own performance", None, False),
        ("board.view", "performance", "查看部门看板与计分卡", "See boards and scorecards", None, False),
        ("board.export", "performance", "导出看板", "Export boards", None, False),
        ("indicators.view", "rules", "查看指标库", "See the indicator library", None, True),
        ("indicators.edit", "rules", "新建与修改指标", "Add and change indicators", None, True),
        ("schemes.view", "rules", "查看方案", "See schemes", None, False),
        ("schemes.edit", "rules", "编制方案与试算", "Draft schemes and try them out", None, False),
        ("schemes.approve", "rules", "审批并发布方案", "Approve and publish schemes", None, False),
        ("bonus.view", "rules", "查看奖金池与分配", "See bonus pools and how they were shared", None, False),
        ("bonus.edit", "rules", "设置奖金池", "Set bonus pools", None, False),
        ("cycles.own", "cycles", "参加本人的绩效周期", "Take part in one's own cycle", None, False),
        ("cycles.view", "cycles", "查看周期进度", "See how cycles stand", None, False),
        ("cycles.review", "cycles", "评价下属、面谈、制定目标",
         "Review, interview and set goals for one's people", None, False),
        ("cycles.manage", "cycles", "设置与推进周期、归档", "Set up, advance and archive cycles", None, False),
        ("cycles.calibrate", "cycles", "校准结果", "Calibrate results", None, False),
        ("cycles.appeals", "cycles", "受理与裁决申诉", "Receive and decide appeals", None, False),
        ("people.own", "people", "查看本人档案", "See one's own file", None, False),
        ("people.view", "people", "查看员工", "See people", None, False),
        ("people.edit", "people", "维护员工与任职", "Edit people and their posts", None, False),
        ("people.pay", "people", "查看与维护基本工资", "See and edit base pay", None, False),
        ("people.unmask", "people", "查看证件号与手机原文", "Reveal ID and phone numbers", None, False),
        ("people.import", "people", "导入员工", "Import people", None, False),
        ("people.export", "people", "导出员工", "Export people", None, False),
        ("organisation.view", "people", "查看组织架构", "See the organisation", None, False),
        ("organisation.edit", "people", "维护部门、岗位、门店、店铺、区域",
         "Edit departments, posts, stores, shops, regions", None, True),
        ("fields.edit", "people", "维护自定义字段", "Edit custom fields", None, True),
        ("system.company", "system", "维护公司设置与初始化", "Edit company settings, first start", system, True),
        ("system.jobs", "system", "查看后台任务", "See background work", system, True),
        ("system.channels", "system", "维护消息通道", "Edit message channels", system, True),
        ("security.accounts", "security", "邀请、停用、重置账号", "Invite, suspend, reset accounts", security, False),
        ("security.roles", "security", "维护角色与授权", "Edit roles and grants", security, True),
        ("security.policy", "security", "维护登录与密码策略、单点登录",
         "Edit sign-in policy and single sign-on", security, True),
        ("security.keys", "security", "维护接口密钥", "Edit API keys", security, True),
        ("audit.view", "audit", "查看操作日志", "See the operation log", audit, True),
        ("audit.export", "audit", "导出操作日志", "Export the operation log", audit, True),
    )  # fmt: skip
    return {code: Permission(group, Words(zh=zh, en=en), office, wide) for code, group, zh, en, office, wide in rows}


PERMISSIONS = _all()
GROUPS = {
    "performance": Words(zh="绩效", en="Performance"),
    "rules": Words(zh="指标与方案", en="Indicators and schemes"),
    "cycles": Words(zh="绩效周期", en="Performance cycle"),
    "people": Words(zh="人事", en="People"),
    "system": Words(zh="系统管理", en="System administration"),
    "security": Words(zh="安全管理", en="Security administration"),
    "audit": Words(zh="审计管理", en="Audit administration"),
}


def offices(permissions: frozenset[str] | set[str]) -> set[Office]:
    """The administrations that a set of permissions touches; more than one is a combination to be signed for."""
    return {office for one in permissions if one in PERMISSIONS and (office := PERMISSIONS[one].office)}
