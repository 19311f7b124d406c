"""Appeals: who may file one until when, who may handle it, what is to be done about it, and what happened so far."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from fenming.controls.models import Operation, Run
from fenming.controls.queries import Wanted, matching, run_of
from fenming.controls.scope import Scope
from fenming.library.text import Words
from fenming.modules.accounts.queries.accounts import users_at
from fenming.modules.accounts.queries.entry import accounts_of
from fenming.modules.cycles.models import Appeal, Calibration, Cycle, Letter, Participant, Review
from fenming.modules.cycles.queries.officers import officers
from fenming.modules.cycles.queries.reach import in_reach
from fenming.modules.indicators.queries import wording
from fenming.modules.people.queries.calendar import is_working_day, special_days
from fenming.modules.people.queries.reach import visible_departments
from fenming.modules.schemes.queries import own_scorecards, scorecard_visible, scorecards, with_lines

PERMISSION = "cycles.appeals"
OPEN = (Appeal.State.FILED, Appeal.State.INCOMPLETE, Appeal.State.INVESTIGATING)
UPHELD = (Appeal.Decision.UPHELD, Appeal.Decision.PARTLY)
MORE_DAYS = 3
"""Working days to add what is missing, or to give one's view as the rater."""
ANSWER_DAYS = 10
"""Working days within which an appeal is answered."""
SOON = 3
"""From how many working days before that on somebody is reminded."""
Card = Any


def subject(appeal: int) -> str:
    """Under which name the log and the to-dos know an appeal."""
    return f"appeal {appeal}"


# Reach


def _all() -> QuerySet[Appeal]:
    found = Appeal.objects.exclude(participant__cycle__state=Cycle.State.CANCELLED)
    return found.select_related(
        "participant__employee", "participant__reviewer", "participant__cycle__department", "participant__cycle__run",
        "handler__employee", "rater", "run", "decided_by__employee",
    )  # fmt: skip


def visible_appeals(scope: Scope, employee: int | None) -> QuerySet[Appeal]:
    """The appeals that a scope reaches; never one's own: nobody handles what one filed oneself."""
    found = _all().exclude(participant__employee=employee if employee is not None else 0)
    if scope.everything:
        return found
    return found.filter(participant__in=Participant.objects.filter(in_reach(scope)).order_by().values("id"))


def own_appeals(employee: int) -> QuerySet[Appeal]:
    """What somebody filed, the newest first."""
    return _all().filter(participant__employee=employee)


def asked_of(employee: int) -> QuerySet[Appeal]:
    """The appeals about which somebody was asked for a view as the rater."""
    return _all().filter(rater=employee, rater_asked_at__isnull=False)


def open_appeals(cycle: Cycle) -> QuerySet[Appeal]:
    """The appeals of a cycle that wait for a decision, or for its effect and the answer; the most urgent first."""
    waits = Q(state__in=OPEN) | Q(state=Appeal.State.DECIDED, answered_at=None)
    found = Appeal.objects.filter(waits, participant__cycle=cycle)
    return found.select_related("participant__employee", "handler__employee").order_by("answer_by", "id")


# Filing


def own_places(employee: int) -> QuerySet[Participant]:
    """The cycles in which somebody had a result, the latest first; also where one was taken out since."""
    found = Participant.objects.exclude(cycle__state=Cycle.State.CANCELLED).filter(employee=employee)
    return found.select_related("employee", "cycle__department", "cycle__run", "reviewer", "letter").order_by(
        "-cycle__start", "-id"
    )


def place_of(employee: int, *, participant: int | None = None, card: int | None = None) -> Participant | None:
    """The own place in a cycle that is asked for, by itself or by an own scorecard; else the latest with a letter."""
    mine = own_places(employee)
    if participant is not None:
        return mine.filter(pk=participant).first()
    if card is not None:
        found = scorecard_visible(Scope(employees=frozenset({employee})), card)
        if found is None or found.employee_id != employee:
            return None
        return mine.filter(cycle__start=found.run.start, cycle__end=found.run.end).first()
    return mine.filter(letter__isnull=False).first() or mine.first()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Whether somebody may file an appeal now, and if not, why."""

    participant: Participant
    letter: Letter | None
    running: Appeal | None
    days_left: int

    @property
    def is_late(self) -> bool:
        return self.letter is not None and timezone.localdate() > self.letter.appeal_until

    @property
    def is_open(self) -> bool:
        return self.letter is not None and not self.is_late and self.running is None

    @property
    def period(self) -> str:
        return period_of(self.participant.cycle)


def window_of(participant: Participant) -> Window:
    """The window of one's own place in a cycle."""
    letter = Letter.objects.filter(participant=participant).first()
    running = Appeal.objects.filter(participant=participant, state__in=OPEN).first()
    left = days_left(timezone.localdate(), letter.appeal_until) if letter else 0
    return Window(participant=participant, letter=letter, running=running, days_left=left)


def may_appeal(employee: int | None, run: Run) -> Participant | None:
    """The own place in a run's period whose result may be appealed against today; two queries at most."""
    if employee is None:
        return None
    rows = own_places(employee).filter(cycle__start=run.start, cycle__end=run.end)
    rows = rows.filter(letter__appeal_until__gte=timezone.localdate())
    return rows.exclude(appeals__state__in=OPEN).first()


def told_card(participant: Participant, letter: Letter | None) -> Card | None:
    """The scorecard with its lines that the letter told; without such a note in it, that of the run that speaks."""
    mine = Scope(employees=frozenset({participant.employee_id}))
    contents = letter.contents if letter and isinstance(letter.contents, dict) else {}
    number = contents.get("scorecard")
    if isinstance(number, int) and (card := scorecard_visible(mine, number)):
        return card
    cycle = participant.cycle
    run = Run.objects.filter(pk=contents["run"]).first() if isinstance(contents.get("run"), int) else None
    run = run or cycle.run or run_of(cycle.department_id, cycle.start, cycle.end)
    found = with_lines(scorecards(run, mine)).select_related("run").first() if run else None
    return found if found is None or found.employee_id == participant.employee_id else None


def disputed(appeal: Appeal) -> Card | None:
    """The scorecard that an appeal is about, with its lines."""
    if appeal.scorecard is None:
        return None
    return scorecard_visible(Scope(employees=frozenset({appeal.participant.employee_id})), appeal.scorecard)


def told(appeal: Appeal) -> Card | None:
    """The same without its lines."""
    cards = own_scorecards(appeal.participant.employee_id).values()
    return next((one for one in cards if one.pk == appeal.scorecard), None)


def result_in(run: Run | None, employee: int) -> Card | None:
    """Somebody's result in a run."""
    if run is None:
        return None
    return scorecards(run, Scope(employees=frozenset({employee}))).filter(employee=employee).first()


# Who handles


def rater_of(participant: Participant) -> int | None:
    """Who rated somebody: the author of the manager review handed in, else who reviews the person."""
    rows = Review.objects.filter(participant=participant, kind=Review.Kind.MANAGER, submitted_at__isnull=False)
    wrote = rows.values_list("author__employee", flat=True).first()
    return wrote or participant.reviewer_id


def concerned(appeal: Appeal) -> dict[int, Words]:
    """Account → why it cannot handle the appeal: it is the person's own, or had a part in the result."""
    participant = appeal.participant
    authors = Calibration.objects.filter(participant=participant).values_list("author", flat=True)
    found = {one: CALIBRATED for one in authors if one is not None}
    written = Review.objects.filter(participant=participant, kind=Review.Kind.MANAGER)
    raters = {participant.reviewer_id, appeal.rater_id}
    for user, employee in written.values_list("author", "author__employee"):
        found |= {} if user is None else {user: RATED}
        raters.add(employee)
    accounts = accounts_of({one for one in (*raters, participant.employee_id) if one})
    for employee, account in accounts.items():
        found[account.pk] = ONESELF if employee == participant.employee_id else RATED
    return found


ONESELF = Words(zh="申诉人本人不能处理自己的申诉", en="nobody handles one's own appeal")
RATED = Words(zh="评价人不能处理针对自己评价的申诉", en="the rater does not handle an appeal against the own rating")
CALIBRATED = Words(
    zh="参与校准该结果的人不能处理", en="who calibrated the result does not handle the appeal against it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who looks after appeals of the department; ``why_not`` is empty for those who may handle this one."""

    user: int
    name: str
    why_not: Words | None

    @property
    def reason(self) -> str:
        return self.why_not.say(wording.speaking()) if self.why_not else ""


def candidates(appeal: Appeal) -> list[Candidate]:
    """Everybody who may handle appeals of the department, and whom the rules keep from this one."""
    barred = concerned(appeal)
    users = users_at(officers(appeal.participant.cycle.department_id, PERMISSION))
    found = [Candidate(user=one.pk, name=name_of(one), why_not=barred.get(one.pk)) for one in users]
    return sorted(found, key=lambda one: (one.why_not is not None, one.name))


def name_of(user: Any) -> str:
    """An account by the name of its person."""
    return "" if user is None else str(user.get_full_name() or user.get_username())


# Days


def days_left(today: date, by: date, special: Mapping[date, Any] | None = None) -> int:
    """The working days after today up to and with a day; below 0 those since."""
    low, high = min(today, by), max(today, by)
    if special is None:
        special = special_days(low, high + timedelta(days=1))
    days = sum(is_working_day(low + timedelta(days=one), special) for one in range(1, (high - low).days + 1))
    return days if by >= today else -max(1, days)


def period_of(cycle: Cycle) -> str:
    """2026年10月, or the label where the period is no whole month."""
    return wording.period_name(Run(label=cycle.label, start=cycle.start, end=cycle.end))


# Handling


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An appeal in HR's list."""

    appeal: Appeal
    days_left: int
    concerns: bool = False

    @property
    def is_open(self) -> bool:
        return self.appeal.state in OPEN

    @property
    def waits(self) -> bool:
        """Decided, but the answer has not gone out yet."""
        return self.appeal.state == Appeal.State.DECIDED and self.appeal.answered_at is None

    @property
    def is_late(self) -> bool:
        return (self.is_open or self.waits) and self.appeal.answer_by < timezone.localdate()

    @property
    def handler(self) -> str:
        return name_of(self.appeal.handler)

    @property
    def is_orphan(self) -> bool:
        """Whoever had it in hand has gone."""
        return self.is_open and self.appeal.handler is not None and not self.appeal.handler.is_active

    @property
    def stage(self) -> str:
        return stage_of(self.appeal)

    @property
    def tone(self) -> str:
        if self.is_late:
            return "coral"
        state = {"filed": "blue", "incomplete": "amber", "investigating": "violet", "withdrawn": "slate"}
        return state.get(self.appeal.state, "brand" if self.appeal.decision in UPHELD else "slate")


KINDS = ("open", "decided", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Which appeals are looked for."""

    kind: str = "open"
    text: str = ""
    department: str = ""
    period: str = ""


def wanted(found: QuerySet[Appeal], looked: Looked) -> QuerySet[Appeal]:
    """Those looked for: open ones by the day of their answer, the late first; then the newest."""
    if looked.kind == "open":
        found = found.filter(Q(state__in=OPEN) | Q(state=Appeal.State.DECIDED, answered_at=None))
    elif looked.kind == "decided":
        found = found.filter(state=Appeal.State.DECIDED, answered_at__isnull=False)
    if text := looked.text.strip().replace("\0", "")[:80]:
        found = found.filter(
            Q(participant__employee__name__icontains=text) | Q(participant__employee__number__icontains=text)
        )
    if looked.department:
        found = found.filter(participant__cycle__department__code=looked.department[:80].replace("\0", ""))
    if looked.period:
        found = found.filter(participant__cycle__label=looked.period[:30].replace("\0", ""))
    first = Case(When(state__in=OPEN, then=Value(0)), default=Value(1))
    return found.order_by(first, "answer_by", "-id")


def rows(some: Iterable[Appeal]) -> list[Row]:
    """Appeals with the working days left; one query."""
    appeals = list(some)
    today = timezone.localdate()
    days = [today, *(one.answer_by for one in appeals)]
    special = special_days(min(days), max(days) + timedelta(days=1))
    return [Row(appeal=one, days_left=days_left(today, one.answer_by, special)) for one in appeals]


def counts(found: QuerySet[Appeal]) -> dict[str, int]:
    """How many are open, decided, and there are in all; one query."""
    states = list(found.order_by().values_list("state", "answered_at"))
    answered = sum(state == Appeal.State.DECIDED and at is not None for state, at in states)
    withdrawn = sum(state == Appeal.State.WITHDRAWN for state, _at in states)
    return {"open": len(states) - answered - withdrawn, "decided": answered, "all": len(states)}


def places_in(found: QuerySet[Appeal]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The departments and periods of appeals, for filters; two queries."""
    theirs = visible_departments(Scope.all()).filter(cycles__participants__appeals__in=found.order_by()).distinct()
    labels = found.order_by("-participant__cycle__start").values_list("participant__cycle__label", flat=True)
    return [(one.code, one.name) for one in theirs], [(one, one) for one in dict.fromkeys(labels)]


STAGES = ("received", "investigation", "decision", "answer", "archive")


def stage_of(appeal: Appeal) -> str:
    """The state in a word or two."""
    if appeal.state != Appeal.State.DECIDED:
        return str(appeal.get_state_display())
    if appeal.archived_at:
        return _("archived")
    return str(appeal.get_decision_display()) if appeal.answered_at else _("decided, being answered")


def stages(appeal: Appeal) -> list[dict[str, str]]:
    """The five stages as the rail draws them."""
    now = _stage_now(appeal)
    names = (_("Received"), _("Investigation"), _("Decision"), _("Answer"), _("Archived"))
    moments = (appeal.filed_at, appeal.rater_asked_at, appeal.decided_at, appeal.answered_at, appeal.archived_at)
    return [
        {
            "name": name,
            "state": "done" if place < now else "current" if place == now else "next",
            "note": _note(moment) if place <= now else "",
        }
        for place, (name, moment) in enumerate(zip(names, moments, strict=True))
    ]


def _stage_now(appeal: Appeal) -> int:
    if appeal.archived_at:
        return len(STAGES)
    if appeal.state == Appeal.State.DECIDED:
        return 4 if appeal.answered_at else 3
    if appeal.state != Appeal.State.INVESTIGATING:
        return 0
    return 2 if appeal.findings else 1


def _note(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d}" if moment else ""


# What happened


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One entry of the log about an appeal."""

    entry: Operation
    title: str
    by: str
    note: str


def history(appeal: Appeal) -> list[Happened]:
    """Everything that was done about an appeal, the first first; one query."""
    entries = matching(Wanted(object=subject(appeal.pk))).select_related("actor__employee").order_by("at", "id")[:500]
    titles = _titles()
    return [
        Happened(
            entry=one,
            title=titles.get(one.action, one.action),
            by=name_of(one.actor) or one.actor_name,
            note=_told_of(one),
        )
        for one in entries
    ]


def _titles() -> dict[str, str]:
    return {
        "cycles.appeal_filed": _("Appeal received"),
        "cycles.appeal_withdrawn": _("Appeal withdrawn"),
        "cycles.appeal_assigned": _("Handler named"),
        "cycles.appeal_more_asked": _("More was asked for"),
        "cycles.appeal_more_given": _("More was added"),
        "cycles.appeal_findings": _("Findings written down"),
        "cycles.appeal_rater_asked": _("The rater was asked"),
        "cycles.appeal_rater_answered": _("The rater answered"),
        "cycles.appeal_decided": _("Decided"),
        "cycles.appeal_answered": _("Answered"),
        "cycles.appeal_archived": _("Archived"),
        "cycles.appeal_exported": _("Case exported"),
    }


def _told_of(entry: Operation) -> str:
    """What an entry says beside its title, in words."""
    after = entry.after or {}
    decision = after.get("decision")
    parts = [
        *(str(after[name]) for name in ("handler", "rater", "more_by") if after.get(name)),
        *([str(Appeal.Decision(decision).label)] if decision in Appeal.Decision.values else []),
        *([_("%(points)s points") % {"points": after["points"]}] if after.get("points") else []),
        *([_("grade %(grade)s") % {"grade": after["grade"]}] if after.get("grade") else []),
        *([_("run #%(run)s") % {"run": after["run"]}] if after.get("run") else []),
    ]
    return " · ".join(parts)
