"""How the grades of people are spread, beside the split that is recommended; small groups are put together."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from fenming.library.distributions import distributions
from fenming.library.schemes import Scheme
from fenming.rules.grades import Quota
from fenming.rules.money import split_whole, whole_weights

USUAL = "usual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """Somebody with a grade, and the department in which one is compared."""

    department: str
    grade: str
    scheme: Scheme


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One grade: how many have it, how many would by the recommended split (None: nothing to compare with)."""

    grade: str
    count: int
    wanted: int | None
    of: int

    @property
    def share(self) -> Decimal:
        return Decimal(self.count * 100) / self.of if self.of else Decimal(0)

    @property
    def wanted_share(self) -> Decimal | None:
        return None if self.wanted is None else Decimal(self.wanted * 100) / self.of if self.of else Decimal(0)

    @property
    def over(self) -> int:
        """How many more than recommended; below 0 fewer."""
        return 0 if self.wanted is None else self.count - self.wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A department, or several small ones together. ``least`` is what they would need to be compared."""

    name: str
    names: list[str]
    people: int
    bars: list[Bar]
    least: int
    compared: bool
    by_scheme: bool = field(default=False)
    """Whether the split is the scheme's own, not the usual one."""

    @property
    def pooled(self) -> bool:
        return len(self.names) > 1


def split_of(scheme: Scheme) -> tuple[Mapping[str, Decimal] | None, int, bool]:
    """The recommended shares of a scheme's grades, from how many people on they mean anything, whether it is its own.

    A scheme with other letters than the usual split has nothing to be compared with.
    """
    if isinstance(scheme.grades, Quota):
        return scheme.grades.shares, scheme.grades.small_group, True
    usual = distributions()[USUAL]
    fits = tuple(usual.shares) == scheme.grades.grades
    return usual.shares if fits else None, usual.small_group, False


def spreads(people: Iterable[Graded]) -> list[Spread]:
    """One spread for each department that is large enough, and one for all small ones together."""
    groups: dict[str, list[Graded]] = {}
    for one in people:
        groups.setdefault(one.department, []).append(one)
    small = {name for name, members in groups.items() if len(members) < _least(members)}
    found = [_spread(name, [name], members) for name, members in groups.items() if name not in small]
    if small:
        names = [name for name in groups if name in small]
        together = [one for name in names for one in groups[name]]
        found.append(_spread(names[0] if len(names) == 1 else "", names, together))
    return found


def _least(members: Sequence[Graded]) -> int:
    return max((split_of(one.scheme)[1] for one in members), default=0)


def _spread(name: str, names: list[str], members: Sequence[Graded]) -> Spread:
    letters = list(dict.fromkeys(letter for one in members for letter in one.scheme.grades.grades))
    counted = Counter(one.grade for one in members)
    least = _least(members)
    wanted = _wanted(members) if len(members) >= least else None
    bars = [
        Bar(grade=letter, count=counted[letter], wanted=wanted.get(letter, 0) if wanted else None, of=len(members))
        for letter in letters
    ]
    return Spread(
        name=name,
        names=names,
        people=len(members),
        bars=bars,
        least=least,
        compared=wanted is not None,
        by_scheme=all(split_of(one.scheme)[2] for one in members),
    )


def _wanted(members: Sequence[Graded]) -> dict[str, int] | None:
    """Whole people by largest remainder, from the mean of the shares of everybody's scheme."""
    sums: dict[str, Decimal] = {}
    for one in members:
        shares = split_of(one.scheme)[0]
        if shares is None:
            return None
        for letter, share in shares.items():
            sums[letter] = sums.get(letter, Decimal(0)) + share
    return dict(split_whole(len(members), whole_weights(sums)))
