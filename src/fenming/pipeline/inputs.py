"""Everything that a result depends on, beside the facts: what a run pins, and what computing it again needs."""

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from pydantic import Field

from fenming.library.indicators import Indicator
from fenming.library.schemes import Scheme
from fenming.library.text import Model, Words
from fenming.rules.decisions import Decision
from fenming.rules.trace import Because


class StayUnder(Model):
    """Part of a period under one scheme, for who changes post in mid-period."""

    scheme: str
    start: date
    end: date


class Person(Model):
    """Who is scored. Base and attendance default to equal and full; without stays: the first scheme, all the time.

    ``group`` is graded, ranked and rewarded together; empty: everybody under the same scheme. ``subject`` names the
    store, shop or department whose facts count for the person, where the scheme scores those.
    """

    person: str
    subject: str = ""
    name: str = ""
    post: str = ""
    group: str = ""
    base: Decimal = Decimal(1)
    attendance: Decimal = Decimal(1)
    stays: tuple[StayUnder, ...] = ()
    targets: dict[str, Decimal] = Field(default_factory=dict)
    """Indicator → the person's own target, in place of the one on the scheme's curve."""
    targets_told: dict[str, tuple[Because, ...]] = Field(default_factory=dict)
    """Indicator → how that target came about, or why there is none though the scheme asks for one."""
    decisions: tuple[Decision, ...] = ()
    """What people decided about the result, in the order in which they did."""


class Duty(Model):
    """One shift on an account; ``row`` is its row in the roster file."""

    person: str
    account: str
    start: datetime
    end: datetime
    weight: Decimal = Decimal(1)
    row: int | None = None


class Rejection(Model):
    """One thing that could not be used, where it stands, and what to do."""

    file: str
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    field: str | None = None
    value: str | None = None
    code: str
    reason: Words
    remedy: Words


class Inputs(Model):
    """Schemes, period, people, roster, tags and pools.

    ``files`` maps a fact file to its digest, or a fact type to its table's version.
    """

    schemes: tuple[Scheme, ...]
    start: date
    end: date
    people: tuple[Person, ...] = ()
    roster: tuple[Duty, ...] = ()
    tags: dict[str, str] = Field(default_factory=dict)
    pools: dict[str, Decimal] = Field(default_factory=dict)
    files: dict[str, str] = Field(default_factory=dict)
    rejected: tuple[Rejection, ...] = ()
    language: Literal["zh", "en"] = "zh"
    code: str

    def digest(self) -> str:
        """One digest of all of it but the rejected rows and the code, which are told apart."""
        return digest(self.model_dump_json(exclude={"rejected", "code"}))

    def definitions(self) -> dict[str, Indicator]:
        """Every indicator that any of the schemes reads."""
        return {name: one for scheme in self.schemes for name, one in scheme.definitions().items()}


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@cache
def code_version() -> str:
    """The release, and a digest of the code and definitions that numbers pass through."""
    package = Path(__file__).parent.parent
    whole = sha256()
    for storey in ("rules", "library", "lake", "pipeline"):
        for path in sorted((package / storey).rglob("*")):
            if path.suffix in {".py", ".yaml"}:
                whole.update(path.relative_to(package).as_posix().encode())
                whole.update(path.read_bytes())
    return f"{version('fenming')}+{whole.hexdigest()[:12]}"
