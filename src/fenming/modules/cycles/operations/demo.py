"""The performance cycles of the demo company: a month in the archive, the last one at every step, this one under way.

Everything goes through the operations that people use, in the name of those whose turn it is.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from django.db import transaction

from fenming.controls.models import Work
from fenming.controls.operations import Actor, cancel
from fenming.controls.scope import Scope
from fenming.library.text import Words
from fenming.modules.accounts.queries.entry import accounts_of
from fenming.modules.cycles.models import Cycle, Participant, Review, Step, StepKind
from fenming.modules.cycles.operations import appeals, calibration, goals, improvements, interviews, letters, words
from fenming.modules.cycles.operations import reviews as writing
from fenming.modules.cycles.operations.close import close, score
from fenming.modules.cycles.operations.reviewers import line_on, name_reviewer
from fenming.modules.cycles.operations.steps import advance, day_of_intake, open_cycle
from fenming.modules.cycles.queries.calibration import Reach, case
from fenming.modules.cycles.queries.words import about
from fenming.modules.people.queries.records import department_ids
from fenming.rules.periods import Period

Told = Callable[[Words, int, int], None]
WHY = "演示：其余免做"
HALF = 2
"""Of the step at which a cycle stands, so many parts are done: every second person."""

STANDS_AT = {
    "customer_service": StepKind.CONFIRM,
    "logistics": StepKind.MANAGER_REVIEW,
    "business": StepKind.CALIBRATION,
    "finance": StepKind.SELF_REVIEW,
    "hr": StepKind.ARCHIVE,
    "operations": StepKind.MANAGER_REVIEW,
    "design": StepKind.DATA,
    "new_media": StepKind.CALIBRATION,
    "stores": StepKind.LETTER,
}
"""Where the cycle of the last whole month stands in each department."""

ARCHIVED = "customer_service"
"""The department whose cycle of the month before is in the archive, with an action that the next one follows."""

AIMS = (
    goals.Aim(title="守住服务承诺：关键指标不低于目标", measure="以计分卡的目标达成率为准"),
    goals.Aim(title="完成一项可验证的改进", measure="有改进前后的数据对比", is_milestone=True),
)
SELF = (
    ("大促值守期间没有漏单，主动补位两次。", "高峰时段回复偏慢，下期先练快捷短语。"),
    ("目标指标全部达成，交接记录完整。", "个别客诉跟进不及时，会每日下班前复查。"),
    ("带教一名新人独立上岗。", "对新品知识不够熟，已报名培训。"),
)
MANAGER = (
    ("工作稳定，数据可靠，乐于支援同事。", "建议在高峰时段提升效率，并把好做法写进知识库。"),
    ("目标达成度好，客户反馈积极。", "注意过程记录的完整性，便于追溯。"),
    ("进步明显，能独立处理复杂情况。", "下一步练习归因分析，先看数据再下结论。"),
)
REVIEW_HEADS = ("hr", "finance", "business")
"""The departments whose heads review the heads of others."""
NOTES = ("本周抽查 20 条记录，质量稳定。", "与本人沟通了本月进度，关注高峰时段。", "上周的问题已改进，继续保持。")


@dataclass(frozen=True, slots=True)
class _Company:
    """Who acts: HR, and everybody in the own name."""

    hr: Actor
    accounts: dict[int, Actor]

    def actor(self, employee: int | None) -> Actor:
        return self.accounts.get(employee or 0, self.hr)


def found_cycles(hr: Actor, employees: Iterable[int], periods: Sequence[Period], told: Told) -> None:
    """Cycles of the last three periods: archived, at every step, under way."""
    company = _Company(
        hr, {one: Actor(user=user.pk, name=user.get_username()) for one, user in accounts_of(set(employees)).items()}
    )
    before, last, running = periods
    departments = department_ids()
    told(Words(zh="绩效周期", en="Performance cycles"), 0, len(STANDS_AT))
    _found(hr, departments[ARCHIVED], before, lambda cycle: _archived(company, cycle))
    for done, (code, stands) in enumerate(STANDS_AT.items()):
        told(Words(zh="绩效周期", en="Performance cycles"), done, len(STANDS_AT))
        _found(hr, departments[code], last, partial(_lead, company, stands=stands))
    for code in STANDS_AT:
        _found(hr, departments[code], running, partial(_lead, company, stands=StepKind.TRACKING))
    _colleagues(company, Cycle.objects.get(department=departments[ARCHIVED], start=last.start))
    for work in Work.objects.filter(job="cycles.score", state=Work.State.QUEUED):
        cancel(hr, work)  # it was done above


def _found(hr: Actor, department: int, period: Period, lead: Callable[[Cycle], None]) -> None:
    """A cycle, whole or not at all: founding that is begun again goes on with the next one."""
    with transaction.atomic():
        if not Cycle.objects.filter(department=department, start=period.start).exists():
            lead(open_cycle(hr, department, period))


def _archived(company: _Company, cycle: Cycle) -> None:
    _lead(company, cycle, StepKind.ARCHIVE)
    close(company.hr, cycle.pk, None)
    for number, person in enumerate(_people(cycle)[:3]):
        improvements.add(company.actor(person.reviewer_id), person, _action(cycle, number), by_person=False)


def _action(cycle: Cycle, number: int) -> dict[str, object]:
    plans = (
        ("响应时间高于目标", "开班前练快捷短语", "主管每周抽查 10 条", "响应时间回到 30 秒以内", "response_time"),
        ("重复投诉偏多", "投诉当日回访，三日内复核", "质检提供录音", "重复投诉率低于 2%", "repeat_complaint_rate"),
        ("解决率不足", "跟岗两次，整理十个疑难案例", "资深客服带教", "解决率达到 85%", "resolution_rate"),
    )  # fmt: skip
    gap, action, support, measure, indicator = plans[number % len(plans)]
    due = cycle.end + timedelta(days=40)
    return {
        "gap": gap, "action": action, "support": support, "measure": measure, "indicator": indicator, "due": due,
    }  # fmt: skip


def _review_heads(company: _Company, cycle: Cycle) -> None:
    """Whoever heads a department has no manager in it: the head of another one reviews."""
    places = department_ids()
    others = line_on(day_of_intake(Period(label=cycle.label, start=cycle.start, end=cycle.end)))
    alone = dict(cycle.participants.filter(removed_at=None, reviewer=None).values_list("employee", "id"))
    for code in REVIEW_HEADS:
        there = others.people.get(places.get(code, 0), ())
        reviewer = next((one for one in sorted(there) if others.manager.get(one) is None and one not in alone), None)
        if alone and reviewer is not None:
            name_reviewer(company.hr, list(alone.values()), reviewer)
            return


def _lead(company: _Company, cycle: Cycle, stands: str) -> None:
    """Lead a cycle up to the step at which it stands, half of which is done."""
    _review_heads(company, cycle)
    for step in cycle.steps.order_by("position"):
        step.refresh_from_db()
        arrived = step.kind == stands
        if step.state in (Step.State.DONE, Step.State.SKIPPED):
            continue
        if step.kind in DONE:
            people = _people(cycle)
            DONE[step.kind](company, cycle, people[::HALF] if arrived else people)
        step.refresh_from_db()
        if arrived:
            return
        if step.state == Step.State.OPEN:
            advance(company.hr, step, force_reason=WHY)
            if step.kind in (StepKind.DATA, StepKind.MANAGER_REVIEW):
                score(company.hr, cycle.pk)
                cycle.refresh_from_db()


def _people(cycle: Cycle) -> list[Participant]:
    found = cycle.participants.filter(removed_at=None).select_related("employee", "cycle", "cycle__department")
    return list(found.order_by("employee__number"))


# What is done at each step


def _goals(company: _Company, cycle: Cycle, people: Sequence[Participant]) -> None:
    by_reviewer: dict[int | None, list[Participant]] = {}
    for one in people:
        by_reviewer.setdefault(one.reviewer_id, []).append(one)
    for reviewer, theirs in by_reviewer.items():
        goals.add(company.actor(reviewer), theirs, AIMS)
    for one in Participant.objects.filter(pk__in=[one.pk for one in people]).select_related("employee", "cycle"):
        goals.acknowledge(company.actor(one.employee_id), one, version=one.goals_version)


def _tracking(company: _Company, cycle: Cycle, people: Sequence[Participant]) -> None:
    for number, one in enumerate(people[:12]):
        if one.reviewer_id is not None:
            goals.check_in(company.actor(one.reviewer_id), one, one.reviewer_id, NOTES[number % len(NOTES)])
            goals.finish_tracking(company.actor(one.reviewer_id), one)


def _self_reviews(company: _Company, cycle: Cycle, people: Sequence[Participant]) -> None:
    for number, one in enumerate(people):
        _write(company.actor(one.employee_id), one, Review.Kind.SELF, SELF[number % len(SELF)])


def _manager_reviews(company: _Company, cycle: Cycle, people: Sequence[Participant]) -> None:
    for number, one in enumerate(people):
        if one.reviewer_id is not None:
            _write(company.actor(one.reviewer_id), one, Review.Kind.MANAGER, MANAGER[number % len(MANAGER)])


def _write(actor: Actor, person: Participant, kind: str, said: tuple[str, str]) -> None:
    well, better = said
    written = writing.Written(done_well=well, to_improve=better, levels={}, version=0, form="demo", terms=None)
    writing.write(actor, person, kind, written, hand_in=True)


def _calibrations(company: _Company, cycle: Cycle, people: Sequence[Participant]) -> None:
    """Two results are changed: what the figures cannot know."""
    reach = Reach(sees=Scope.all(), changes=Scope.all(), employee=None, reviews=False)
    changes = (
        (Decimal("2.0"), "本期承担两家新店铺公用账号的交接，指标未体现。"),
        (Decimal("-1.5"), "一次越级处理客诉，流程未留痕。"),
    )
    wanted = list(changes)
    for one in people[2:]:
        found = case(reach, one.pk)
        if not wanted or found is None:
            break
        if found.row.standing is None or found.row.standing.total is None:
            continue
        points, reason = wanted.pop(0)
        calibration.calibrate(company.hr, found, grade="", points=points, reason=reason, seen=0, may=True)
    score(company.hr, cycle.pk)


def _letters(company: _Company, cycle: Cycle, people: Sequence[Participant]) -> None:
    if len(people) == cycle.participants.filter(removed_at=None).count():
        letters.issue(company.hr, cycle, scope=Scope.all())


def _interviews(company: _Company, cycle: Cycle, people: Sequence[Participant]) -> None:
    for number, one in enumerate(people[:6]):
        well, better = MANAGER[number % len(MANAGER)]
        given = {
            "held_on": _held(cycle), "place": "小会议室", "strengths": well, "gaps": better,
            "agreed": "下期每周复盘一次，月底对照目标。",
        }  # fmt: skip
        interviews.write(company.actor(one.reviewer_id), one, given, version=0)
        interviews.confirm(company.actor(one.employee_id), one, words="认可，已记下改进点。", version=1)


def _held(cycle: Cycle) -> date:
    return cycle.end + timedelta(days=12)


def _confirmations(company: _Company, cycle: Cycle, people: Sequence[Participant]) -> None:
    """Most have read their letter; one appeals."""
    told = [one for one in people if hasattr(one, "letter")]
    for one in told[1:]:
        letters.open_letter(company.actor(one.employee_id), one.letter)
        letters.confirm(company.actor(one.employee_id), one)
    if told and cycle.state == Cycle.State.OPEN and told[0].letter.appeal_until >= date.today():  # noqa: DTZ011
        wanted = appeals.Filing(
            reason="10 月 12 日下午系统切换，共用账号的会话排班记错了班次，请核对响应时间。",
            wish="按实际在岗人重新归属当天的会话。", had_interview=True,
        )  # fmt: skip
        appeals.file(company.actor(told[0].employee_id), told[0], wanted)


DONE: dict[str, Callable[[_Company, Cycle, Sequence[Participant]], None]] = {
    StepKind.GOALS: _goals,
    StepKind.TRACKING: _tracking,
    StepKind.SELF_REVIEW: _self_reviews,
    StepKind.MANAGER_REVIEW: _manager_reviews,
    StepKind.CALIBRATION: _calibrations,
    StepKind.LETTER: _letters,
    StepKind.INTERVIEW: _interviews,
    StepKind.CONFIRM: _confirmations,
}


def _colleagues(company: _Company, cycle: Cycle) -> None:
    """Thanks among colleagues, and a question about a number."""
    people = _people(cycle)
    thanks = (("helper", "大促那晚主动替我顶了两个小时，太感谢了！"), ("customer", "把难缠的客诉处理得又快又好。"))
    for number, (badge, text) in enumerate(thanks):
        giver, receiver = people[number + 1].employee_id, people[number + 3].employee_id
        words.thank(company.actor(giver), giver, receiver, badge, text)
    asking = people[4]
    if general := about(asking.employee_id, None, "", ""):
        question = words.Asked(text="这个月换班后的会话算给谁？我想看一下 12 日的明细。")
        words.ask(company.actor(asking.employee_id), asking.employee_id, general, question)
