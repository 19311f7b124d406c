"""Result letters: what they say, pinned in both languages, and who has opened and confirmed them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from fenming.controls.models import Run
from fenming.controls.scope import Scope
from fenming.drawing.figures import fixed, plain, signed, thousands
from fenming.modules.bonus.queries import adjustments_paid, amounts
from fenming.modules.cycles.models import (
    Calibration,
    Cycle,
    Improvement,
    Interview,
    Letter,
    Participant,
    Step,
    StepKind,
)
from fenming.modules.cycles.queries.calibration import period_name, standings_in
from fenming.modules.cycles.queries.decisions import decisions_in
from fenming.modules.cycles.queries.gains import present, tips
from fenming.modules.cycles.queries.reach import own_participations, visible_participants
from fenming.modules.cycles.queries.results import speaking
from fenming.modules.cycles.queries.score import Score, score_with
from fenming.modules.indicators.queries import wording
from fenming.modules.people.queries.calendar import working_day_after
from fenming.modules.schemes.queries import cards_beside, with_lines
from fenming.modules.schemes.queries.pinned import inputs_of, person_of

Contents = dict[str, Any]
LANGUAGES = {"zh": "zh-hans", "en": "en"}
ROOM = 2


def said(letter: Letter) -> Contents:
    """What a letter says, in the language of the page; it was pinned in both."""
    key = "zh" if (get_language() or "zh").startswith("zh") else "en"
    found: Contents = letter.contents.get(key) or {}
    return found


def last_day_to_appeal(cycle: Cycle, issued: date) -> date:
    """The last day of the time to appeal, in working days after the result was told."""
    return working_day_after(issued, cycle.appeal_days)


def drafts(cycle: Cycle, participants: Sequence[Participant], *, until: date) -> dict[int, Contents]:
    """Participant → what the letter would say now, in both languages; nobody without a result in the run that speaks.

    Whatever the number of people, the number of queries stays the same.
    """
    run = speaking([cycle]).get(cycle.pk)
    if run is None or not participants:
        return {}
    employees = [one.employee_id for one in participants]
    cards = {one.employee_id: one for one in with_lines(cards_beside([run.pk], employees))}
    people: dict[int, int] = {}
    for card in cards.values():
        people[card.department_id] = people.get(card.department_id, 0) + (card.total is not None)
    bonuses, paid = amounts(run, Scope.all()), adjustments_paid(run, employees)
    makers = {
        one.pk: one
        for one in Calibration.objects.filter(participant__in=participants).select_related("author__employee")
    }
    ended = Step.objects.filter(cycle=cycle, kind=StepKind.CALIBRATION, state=Step.State.DONE)
    calibrated = ended.exists()
    found: dict[int, Contents] = {one.pk: {} for one in participants if one.employee_id in cards}
    for key, language in LANGUAGES.items():
        with override(language):
            for one in participants:
                if (shown := cards.get(one.employee_id)) is not None:
                    score = score_with(shown, run, bonuses.get(one.employee_id))
                    found[one.pk][key] = _contents(
                        one,
                        score,
                        people[shown.department_id],
                        paid.get(one.employee_id, []),
                        makers,
                        until,
                        calibrated=calibrated,
                    )
    return found


def _contents(
    one: Participant,
    score: Score,
    people: int,
    paid: Collection[Any],
    makers: Mapping[int, Calibration],
    until: date,
    *,
    calibrated: bool,
) -> Contents:
    cycle, card, run = one.cycle, score.card, score.run
    decided = _decided(run, one, makers)
    return {
        "person": {"name": one.employee.name, "number": one.employee.number, "department": card.department.name,
                   "team": card.team},
        "period": {"label": cycle.label, "name": period_name(cycle), "start": cycle.start.isoformat(),
                   "end": cycle.end.isoformat()},
        "scheme": {"id": score.scheme.id, "name": score.scheme.name.say(wording.speaking()),
                   "version": score.scheme.valid_from.isoformat()},
        "run": run.pk,
        "lines": [_line(line) for line in score.lines],
        "extras": [
            {"name": extra.name, "points": signed(extra.points, 2), "why": " ".join(extra.because), "up": extra.up}
            for extra in score.extras
        ],
        "decisions": decided,
        "total": None if card.total is None else fixed(card.total, 2),
        "total_of": str(plain(card.total)) if card.total is not None else "0",
        "grade": card.grade,
        "lowest": bool(card.grade) and card.grade == score.scheme.grades.grades[-1],
        "place": _place(cycle.shows_rank, card.rank, people),
        "bonus": score.bonus and {"amount": thousands(score.bonus.amount, 2), "why": score.bonus.because},
        "adjustments": [
            {"amount": thousands(made.amount, 2), "why": f"{made.of.label}: {made.reason}"} for made in paid
        ],
        "room": [
            {"text": tip.text, "note": tip.note, "gain": signed(tip.gain)} for tip in tips(present(score.lines))[:ROOM]
        ],
        "because": [*_missing(score), *score.because],
        "how": _how(score, decided, calibrated=calibrated),
        "rights": _rights(cycle, until),
    }  # fmt: skip


def _line(line: Any) -> Contents:
    return {
        "name": line.name,
        "value": line.shown,
        "target": line.goal,
        "weight": plain(line.weight if line.points is not None else line.planned_weight),
        "score": None if line.score is None else fixed(line.score),
        "points": None if line.earned is None else fixed(line.earned, 2),
        "worth": plain(line.worth),
        "reached": "0" if line.score is None else plain(min(Decimal(100), line.score)),
        "missing": line.points is None,
        "tone": line.tone,
    }


def _missing(score: Score) -> list[str]:
    return [
        _("%(name)s: %(reason)s. Left out, not counted as 0.") % {"name": line.name, "reason": line.shown}
        for line in score.missing
    ]


def _place(shows: str, rank: int | None, people: int) -> str:
    """As much of the place as the plan says."""
    if rank is None or not people or shows == "none":
        return ""
    if shows == "rank":
        return _("No. %(rank)s of %(people)s") % {"rank": rank, "people": people}
    third = min(2, (rank - 1) * 3 // people)
    return (_("in the top third"), _("in the middle third"), _("in the last third"))[third]


def _decided(run: Run, one: Participant, makers: Mapping[int, Calibration]) -> list[str]:
    """What people decided about the result, as sentences with their reasons."""
    found = []
    for decision in person_of(inputs_of(run), one.employee.number).decisions:
        made = makers.get(decision.number) if decision.source == "calibration" else None
        effect = []
        if decision.grade is not None:
            effect.append(_("grade %(grade)s") % {"grade": decision.grade})
        if decision.points is not None:
            effect.append(_("%(points)s points") % {"points": signed(decision.points, 2)})
        told = {"effect": _(" and ").join(effect), "reason": decision.reason}
        if made is not None:
            day = timezone.localtime(made.at).date().isoformat()
            told |= {"by": made.by, "day": day, "before": made.before_grade or "—"}
            found.append(_("Calibrated by %(by)s on %(day)s: from %(before)s to %(effect)s. Reason: %(reason)s") % told)
        elif decision.source == "calibration":
            found.append(_("Calibrated: %(effect)s. Reason: %(reason)s") % told)
        else:
            found.append(_("Decided on appeal: %(effect)s. Reason: %(reason)s") % told)
    return found


def _how(score: Score, decided: Collection[str], *, calibrated: bool) -> list[str]:
    """How the result came about, in words that need no table."""
    scheme = {"scheme": score.scheme.name.say(wording.speaking()), "version": score.scheme.valid_from.isoformat()}
    found = [
        _("The figures were taken from recorded data and scored by the scheme “%(scheme)s”, version of %(version)s: "
          "each indicator against its target, times its weight, added up.") % scheme
    ]  # fmt: skip
    scored = [line for line in score.lines if line.points is not None]
    if scored:
        best = max(scored, key=lambda line: (line.score or 0, line.weight))
        worst = max(scored, key=lambda line: line.weight - (line.points or 0))
        found.append(_("%(name)s counted most in your favour (%(value)s).") % {"name": best.name, "value": best.shown})
        if worst is not best and worst.weight - (worst.points or 0) > 0:
            lost = {"name": worst.name, "value": worst.shown, "lost": fixed(worst.weight - (worst.points or 0))}
            found.append(_("Most points stayed open at %(name)s (%(value)s): %(lost)s.") % lost)
    if decided:
        found.append(_("People have looked at the computed result and changed it as stated above."))
    elif calibrated:
        found.append(_("The calibration has looked at the results side by side and left this one as it is."))
    else:
        found.append(_("HR has released the computed result; nobody has changed it."))
    return found


def _rights(cycle: Cycle, until: date) -> list[str]:
    told = {"days": cycle.appeal_days, "until": until.isoformat()}
    return [
        _("You may ask for an explanation of every figure: the records behind it are open to you."),
        _("If you disagree, you may appeal within %(days)s working days, up to and with %(until)s. A person decides, "
          "not the computation.") % told,
        _("Confirming this letter says that you have read it, not that you agree."),
    ]  # fmt: skip


# Who has read


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Somebody of a cycle and the letter."""

    participant: Participant
    letter: Letter | None
    grade: str
    total: Decimal | None

    @property
    def appealed(self) -> bool:
        return bool(getattr(self.participant, "appealed", 0))

    @property
    def state(self) -> str:
        if self.letter is None:
            return "none"
        if self.letter.confirmed_at:
            return "confirmed"
        if self.appealed:
            return "appealed"
        return "opened" if self.letter.opened_at else "unopened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """The letters of a cycle, and what keeps them from being issued."""

    cycle: Cycle
    run: Run | None
    rows: list[Row]
    pending: int
    """Results that a calibration has changed since the run: it must be made again first."""

    def count(self, *states: str) -> int:
        return sum(one.state in states for one in self.rows)

    @property
    def issued(self) -> int:
        return len(self.rows) - self.count("none")

    @property
    def opened(self) -> int:
        return sum(one.letter is not None and one.letter.opened_at is not None for one in self.rows)

    @property
    def confirmed(self) -> int:
        return self.count("confirmed")

    @property
    def appealed(self) -> int:
        return self.count("appealed")

    @property
    def waiting(self) -> int:
        """Who can be reminded."""
        return self.count("unopened", "opened")

    @property
    def without(self) -> list[Row]:
        """Those without a result: they get no letter until there is one."""
        return [one for one in self.rows if one.letter is None and one.total is None]


def letters(scope: Scope, cycle: Cycle) -> Letters:
    """Everybody of a cycle whom a scope reaches, with the letter."""
    people = list(of_cycle(scope, cycle))
    runs = speaking([cycle])
    standing = standings_in(people, runs, decisions_in([cycle.pk]))
    known = {one.participant_id: one for one in Letter.objects.filter(participant__in=people)}
    rows = [
        Row(
            participant=one,
            letter=known.get(one.pk),
            grade=standing[one.pk].card.grade if one.pk in standing else "",
            total=standing[one.pk].card.total if one.pk in standing else None,
        )
        for one in people
    ]
    pending = sum(one.changes for pk, one in standing.items() if pk not in known)
    return Letters(cycle=cycle, run=runs.get(cycle.pk), rows=rows, pending=pending)


def of_cycle(scope: Scope, cycle: Cycle) -> QuerySet[Participant]:
    """The people of a cycle in reach, by number, and whether they have appealed."""
    found = visible_participants(scope).filter(cycle=cycle).annotate(appealed=Count("appeals"))
    return found.order_by("employee__number")


# One's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """A period of one's own: the letter, the talk, and what was agreed for the next one."""

    participant: Participant
    letter: Letter | None
    interview: Interview | None
    actions: int

    @property
    def period(self) -> str:
        return period_name(self.participant.cycle)

    @property
    def said(self) -> Contents:
        return said(self.letter) if self.letter else {}


def my_results(employee: int) -> list[Mine]:
    """Somebody's periods, the latest first."""
    agreed = Count("improvements", filter=Q(improvements__state=Improvement.State.OPEN))
    rows = own_participations(employee).select_related("letter", "interview").annotate(actions=agreed)
    return [
        Mine(
            participant=one,
            letter=getattr(one, "letter", None),
            interview=getattr(one, "interview", None),
            actions=int(one.actions),
        )
        for one in rows[:24]
    ]
