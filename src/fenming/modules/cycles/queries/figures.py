"""How appeals are dealt with: how many, how fast, how often upheld, and about what."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from fenming.modules.cycles.models import Appeal, Evidence
from fenming.modules.cycles.queries.appeals import OPEN, UPHELD
from fenming.modules.cycles.queries.evidence import name_of
from fenming.modules.people.queries.calendar import is_working_day, special_days

HUNDRED = Decimal(100)
SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The appeals of a department and period, or of all together.

    ``due`` counts those that are answered or should be by now; ``on_time`` those of them answered by their day.
    """

    department: str
    period: str
    filed: int
    open: int
    withdrawn: int
    decided: int
    upheld: int
    answered: int
    days: int
    due: int
    on_time: int

    @property
    def upheld_share(self) -> Decimal | None:
        return _share(self.upheld, self.decided)

    @property
    def mean_days(self) -> Decimal | None:
        """Working days from filing to the answer."""
        return Decimal(self.days) / self.answered if self.answered else None

    @property
    def on_time_share(self) -> Decimal | None:
        """绩效申诉及时率."""
        return _share(self.on_time, self.due)


def _share(part: int, of: int) -> Decimal | None:
    return Decimal(part) * HUNDRED / of if of else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    """An indicator by the number of appeals that name it; ``length`` in per cent of the most named one."""

    name: str
    appeals: int
    upheld: int
    length: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The whole page."""

    total: Line
    lines: list[Line]
    disputed: list[Disputed]


def figures(found: QuerySet[Appeal]) -> Figures:
    """Figures of the appeals at hand, in three queries, however many they are."""
    appeals = list(found.order_by("-participant__cycle__start", "participant__cycle__department_id", "id"))
    special = _special(appeals)
    groups: dict[tuple[str, str], list[Appeal]] = {}
    for one in appeals:
        cycle = one.participant.cycle
        groups.setdefault((cycle.department.name, cycle.label), []).append(one)
    return Figures(
        total=_line("", "", appeals, special),
        lines=[_line(department, period, some, special) for (department, period), some in groups.items()],
        disputed=_disputed(found, appeals),
    )


def _special(appeals: Iterable[Appeal]) -> Mapping[date, Any]:
    days = [timezone.localtime(one.filed_at).date() for one in appeals]
    return special_days(min(days), timezone.localdate() + timedelta(days=1)) if days else {}


def _line(department: str, period: str, some: list[Appeal], special: Mapping[date, Any]) -> Line:
    today = timezone.localdate()
    decided = [one for one in some if one.state == Appeal.State.DECIDED]
    answered = {one.pk: timezone.localtime(one.answered_at).date() for one in decided if one.answered_at}
    still = [one for one in some if one.state != Appeal.State.WITHDRAWN and one.pk not in answered]
    due = [one for one in some if one.pk in answered] + [one for one in still if one.answer_by < today]
    return Line(
        department=department,
        period=period,
        filed=len(some),
        open=sum(one.state in OPEN for one in some),
        withdrawn=sum(one.state == Appeal.State.WITHDRAWN for one in some),
        decided=len(decided),
        upheld=sum(one.decision in UPHELD for one in decided),
        answered=len(answered),
        days=sum(_worked(one, answered[one.pk], special) for one in decided if one.pk in answered),
        due=len(due),
        on_time=sum(one.pk in answered and answered[one.pk] <= one.answer_by for one in due),
    )


def _worked(one: Appeal, until: date, special: Mapping[date, Any]) -> int:
    """The working days after the one of filing up to and with the one of the answer."""
    start = timezone.localtime(one.filed_at).date()
    days = (start + timedelta(days=offset) for offset in range(1, (until - start).days + 1))
    return sum(is_working_day(day, special) for day in days)


def _disputed(found: QuerySet[Appeal], appeals: Iterable[Appeal]) -> list[Disputed]:
    upheld = {one.pk for one in appeals if one.decision in UPHELD}
    rows = Evidence.objects.filter(appeal__in=found.order_by().values("pk"), fact="").exclude(indicator="")
    named: Counter[str] = Counter()
    right: Counter[str] = Counter()
    names: dict[str, str] = {}
    for appeal, one in {(row.appeal_id, row.indicator): row for row in rows}.items():
        named[one.indicator] += 1
        right[one.indicator] += appeal[0] in upheld
        names[one.indicator] = name_of(one)
    most = max(named.values(), default=1)
    return [
        Disputed(name=names[one], appeals=count, upheld=right[one], length=Decimal(count) * HUNDRED / most)
        for one, count in named.most_common(SHOWN)
    ]
