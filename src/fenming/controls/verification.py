"""Whether the operation log is still what was sealed: every seal and every entry is computed again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from operator import or_

from django.db.models import Q
from django.utils import timezone

from fenming.controls import seals, secrets
from fenming.controls.models import Operation, Seal
from fenming.controls.queries import head, heads_file
from fenming.controls.seals import Range
from fenming.controls.validity import holds_append_only
from fenming.library.text import Words

GRACE = timedelta(minutes=2)
"""A younger entry may still wait for its seal."""
BACKDATED = timedelta(hours=1)
"""An entry so much older than those of earlier seals did not come by itself: no transaction takes that long."""
ENTRIES_AT_ONCE, SEALS_AT_ONCE, RANGES_AT_ONCE = 20_000, 1_000, 100
FALSE_LOOKED_INTO, MOVED_AT_MOST = 100, 50


class Kind(StrEnum):
    """What can be wrong."""

    CHANGED = "changed"
    DELETED = "deleted"
    INSERTED = "inserted"
    BACKDATED = "backdated"
    UNSEALED = "unsealed"
    SEAL_REWRITTEN = "seal_rewritten"
    SEAL_MISSING = "seal_missing"
    SEAL_MOVED = "seal_moved"
    CHAIN_BROKEN = "chain_broken"
    TRUNCATED = "truncated"
    UNPROTECTED = "unprotected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something wrong: entries ``first`` to ``last`` or, where those are none, the seal."""

    kind: Kind
    words: Words
    first: int | None = None
    last: int | None = None
    seal: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was looked at, and everything that is wrong with it."""

    seals: int
    entries: int
    head: Seal | None
    findings: list[Finding]


def verify(*, newest: int | None = None, expect: str = "") -> Verdict:
    """Verify the chain, or its ``newest`` seals only. ``expect`` is a head digest that was noted elsewhere."""
    began = timezone.now()
    last = head()
    start = max(1, last.number - newest + 1) if last and newest else 1
    before = Seal.objects.filter(number__lt=start).defer("fingerprints").order_by("-number").first()
    through = before.through if before else 0
    # The entries come first: whatever is sealed meanwhile is among the seals that are read afterwards.
    settled = Operation.objects.filter(id__gt=through, at__lt=began - GRACE).order_by("id")
    present = list(seals.runs(settled.values_list("id", flat=True).iterator()))
    chain = _Chain(start, before)
    for some in _batches(start):
        chain.take(some)
    findings = [*_unprotected(), *chain.findings, *_uncovered(present, chain), *_truncated(expect)]
    return Verdict(seals=chain.seals, entries=chain.entries, head=head(), findings=findings)


def _batches(start: int) -> Iterator[list[Seal]]:
    some: list[Seal] = []
    entries = 0
    for seal in Seal.objects.filter(number__gte=start).order_by("number").iterator(chunk_size=100):
        some.append(seal)
        entries += seal.count
        if entries >= ENTRIES_AT_ONCE or len(some) >= SEALS_AT_ONCE:
            yield some
            some, entries = [], 0
    if some:
        yield some


Known = dict[int, tuple[bytes, datetime]]


@dataclass(slots=True)
class _Chain:
    """Walks from seal to seal."""

    number: int
    before: Seal | None
    seals: int = 0
    entries: int = 0
    through: int = 0
    latest: datetime | None = None
    covered: list[Range] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def take(self, some: Sequence[Seal]) -> None:
        genuine = {seal.number for seal in some if secrets.check_seal(seals.message(seal), seal.digest)}
        ranges = [(first, last) for seal in some if seal.number in genuine for first, last in seal.ranges]
        known = _known(seals.joined(ranges))
        for seal in some:
            self._link(seal, genuine=seal.number in genuine)
            if seal.number in genuine:
                self._compare(seal, known)
                self.through = max(self.through, seal.through)
            self.before, self.number = seal if seal.number in genuine else None, seal.number + 1
            self.seals += 1
        self.covered = seals.joined([*self.covered, *ranges])

    def _link(self, seal: Seal, *, genuine: bool) -> None:
        if seal.number > self.number:
            self.findings.append(_missing(self.number, seal.number - 1))
        elif genuine and seal.previous != (self.before.digest if self.before else seal.previous):
            self.findings.append(_broken(seal.number))
        if not genuine:
            self.findings.append(_rewritten(seal.number) if self._is_hopeless() else _moved_or_rewritten(seal))

    def _is_hopeless(self) -> bool:
        """With so many false seals the keys are others; looking for each one's own place would take too long."""
        return len(self.findings) > FALSE_LOOKED_INTO

    def _compare(self, seal: Seal, known: Known) -> None:
        prints = bytes(seal.fingerprints)
        changed, deleted, backdated = [], [], []
        for place, number in enumerate(seals.ids(seal.ranges)):
            if number not in known:
                deleted.append(number)
                continue
            entry, at = known[number]
            if entry != prints[place * seals.PRINT : (place + 1) * seals.PRINT]:
                changed.append(number)
            elif self.latest and at < self.latest - BACKDATED:
                backdated.append(number)
        self.entries += seal.count
        moments = [known[number][1] for number in seals.ids(seal.ranges) if number in known]
        newest = min(seal.at, max(moments, default=seal.at))
        self.latest = max(newest, self.latest or newest)
        for numbers, tell in ((changed, _changed), (deleted, _deleted), (backdated, _backdated)):
            self.findings += [tell(first, last, seal.number) for first, last in seals.runs(numbers)]


def _known(ranges: Sequence[Range]) -> Known:
    """The entries of the ranges as they are now."""
    found: Known = {}
    for place in range(0, len(ranges), RANGES_AT_ONCE):
        some = ranges[place : place + RANGES_AT_ONCE]
        inside = reduce(or_, (Q(id__gte=first, id__lte=last) for first, last in some))
        for entry in Operation.objects.filter(inside).order_by().values_list(*seals.COLUMNS).iterator():
            found[entry[0]] = seals.fingerprint(entry), entry[1]
    return found


def _uncovered(present: Sequence[Range], chain: _Chain) -> Iterator[Finding]:
    for first, last in seals.without(present, chain.covered):
        if first <= chain.through:
            yield _inserted(first, min(last, chain.through))
        if last > chain.through:
            yield _unsealed(max(first, chain.through + 1), last)


def _unprotected() -> Iterator[Finding]:
    for table in (Operation._meta.db_table, Seal._meta.db_table):
        if not holds_append_only(table):
            yield Finding(
                kind=Kind.UNPROTECTED,
                words=Words(
                    zh=f"数据库不再阻止修改表 {table}：触发器被删除或停用。",
                    en=f"The database no longer refuses changes of table {table}: "
                    "its triggers were removed or disabled.",
                ),
            )


def _truncated(expect: str) -> Iterator[Finding]:
    """Heads that were noted elsewhere must still be in the chain."""
    if expect and not Seal.objects.filter(digest=expect).exists():
        yield Finding(
            kind=Kind.TRUNCATED,
            words=Words(
                zh="链中没有所给的摘要：日志末尾被截掉或改写，或数据库是从更早的备份恢复的。",
                en="The chain does not hold the expected digest: its end was cut off or rewritten, or the database "
                "was restored from an older backup.",
            ),
        )
    noted = noted_head()
    if noted and not Seal.objects.filter(number=noted[0], digest=noted[1]).exists():
        yield Finding(
            kind=Kind.TRUNCATED,
            seal=noted[0],
            words=Words(
                zh=f"{heads_file()} 最后记下的是第 {noted[0]} 号封条，链中没有它：日志末尾被截掉或改写，"
                "或数据库是从更早的备份恢复的。",
                en=f"{heads_file()} ends with seal {noted[0]}, which the chain does not hold: its end was cut off or "
                "rewritten, or the database was restored from an older backup.",
            ),
        )


def noted_head() -> tuple[int, str] | None:
    """The last seal noted in the data folder, by number and digest."""
    try:
        with heads_file().open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 4096))
            lines = [line.split() for line in file.read().decode("ascii", "replace").splitlines() if line.strip()]
    except FileNotFoundError:
        return None
    if not lines or len(lines[-1]) < 2 or not lines[-1][0].isdecimal():
        return None
    return int(lines[-1][0]), lines[-1][1]


def _numbers(first: int, last: int) -> Words:
    if first == last:
        return Words(zh=f"第 {first} 条", en=f"Entry {first}")
    return Words(zh=f"第 {first}–{last} 条", en=f"Entries {first}–{last}")


def _about(kind: Kind, first: int, last: int, seal: int | None, zh: str, en: str) -> Finding:
    which = _numbers(first, last)
    words = Words(zh=f"{which.zh}{zh}", en=f"{which.en} {en}")
    return Finding(kind=kind, first=first, last=last, seal=seal, words=words)


def _changed(first: int, last: int, seal: int) -> Finding:
    return _about(
        Kind.CHANGED, first, last, seal,
        f"封存之后被改动（第 {seal} 号封条）。", f"changed after being sealed (seal {seal}).",
    )  # fmt: skip


def _deleted(first: int, last: int, seal: int) -> Finding:
    return _about(
        Kind.DELETED, first, last, seal,
        f"封存之后被删除（第 {seal} 号封条）。", f"deleted after being sealed (seal {seal}).",
    )  # fmt: skip


def _backdated(first: int, last: int, seal: int) -> Finding:
    return _about(
        Kind.BACKDATED, first, last, seal,
        f"写着更早的时间，却在第 {seal} 号封条时才出现：事后补写。",
        f"tell an earlier time than when they turned up (seal {seal}): written afterwards.",
    )  # fmt: skip


def _inserted(first: int, last: int) -> Finding:
    return _about(
        Kind.INSERTED, first, last, None,
        "位于已封存的范围内，却没有有效的封条：事后插入，或其封条被删改。",
        "inside what is sealed, but covered by no valid seal: inserted afterwards, or the seal was removed or changed.",
    )  # fmt: skip


def _unsealed(first: int, last: int) -> Finding:
    return _about(
        Kind.UNSEALED, first, last, None,
        "超过两分钟仍未封存：后台任务没有运行，或封条被删除。",
        "not sealed after more than two minutes: background work does not run, or the seal was removed.",
    )  # fmt: skip


def _missing(first: int, last: int) -> Finding:
    words = Words(zh=f"第 {first} 号封条不见了。", en=f"Seal {first} is missing.")
    if last > first:
        words = Words(zh=f"第 {first}–{last} 号封条不见了。", en=f"Seals {first}–{last} are missing.")
    return Finding(kind=Kind.SEAL_MISSING, seal=first, words=words)


def _broken(number: int) -> Finding:
    return Finding(
        kind=Kind.CHAIN_BROKEN,
        seal=number,
        words=Words(
            zh=f"第 {number} 号封条接不上前一号：两者之间有封条被替换。",
            en=f"Seal {number} does not follow from the one before it: a seal between them was replaced.",
        ),
    )


def _moved_or_rewritten(seal: Seal) -> Finding:
    """A seal that is genuine under a number near by was moved; any other was rewritten."""
    number = seal.number
    try:
        for other in range(max(1, number - MOVED_AT_MOST), number + MOVED_AT_MOST + 1):
            seal.number = other
            if secrets.check_seal(seals.message(seal), seal.digest):
                return _moved(number, other)
    finally:
        seal.number = number
    return _rewritten(number)


def _moved(number: int, other: int) -> Finding:
    return Finding(
        kind=Kind.SEAL_MOVED,
        seal=number,
        words=Words(
            zh=f"第 {number} 号封条其实是第 {other} 号：封条被调换了顺序。",
            en=f"Seal {number} is really seal {other}: seals were put into another order.",
        ),
    )


def _rewritten(number: int) -> Finding:
    return Finding(
        kind=Kind.SEAL_REWRITTEN,
        seal=number,
        words=Words(
            zh=f"第 {number} 号封条被改写，或不是用这套密钥做的。",
            en=f"Seal {number} was rewritten, or made with other keys.",
        ),
    )
