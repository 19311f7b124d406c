"""What an appeal may rest on: numbers of one's own scorecard and the records behind them, nothing of anybody else."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from fenming.lake.raw import RawRow, RawRows
from fenming.library.indicators import Indicator
from fenming.library.text import refuse
from fenming.modules.cycles.models import Appeal, Evidence
from fenming.modules.cycles.queries import records
from fenming.modules.cycles.queries.score import Line, lines_of
from fenming.modules.indicators.queries import wording
from fenming.modules.schemes.queries import pinned
from fenming.modules.schemes.queries.again import pinned_inputs

Card = Any
Key = tuple[str, int]
"""Indicator and stay."""
PAGE = 20
LONGEST_NOTE = 500
MOST = 100
"""How many records one appeal names at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One thing that an appeal names: a number, or with ``fact`` one of the records behind it."""

    indicator: str
    span: int = 0
    fact: str = ""
    note: str = ""

    @property
    def key(self) -> Key:
        return self.indicator, self.span


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number of the scorecard that can be disputed; ``line`` is none for one that only gave points beside it."""

    indicator: Indicator
    span: int
    line: Line | None
    shown: str
    points: Decimal | None

    @property
    def key(self) -> str:
        return f"{self.indicator.id}:{self.span}"

    @property
    def name(self) -> str:
        return self.indicator.name.say(wording.speaking())


def numbers(card: Card) -> dict[Key, Number]:
    """All numbers of a scorecard, in the order of its scheme, then those that gave extra points."""
    inputs = pinned_inputs(card.run)
    found: dict[Key, Number] = {}
    for line in lines_of(card, inputs):
        found[line.indicator.id, line.span] = Number(
            indicator=line.indicator, span=line.span, line=line, shown=line.shown, points=line.earned
        )
    definitions = inputs.definitions()
    rules = {rule.id: rule.indicator for rule in pinned.scheme_of(inputs, card.scheme).adjustments}
    for extra in card.adjustments.all():
        name = rules.get(extra.identifier)
        if name in definitions and (name, 0) not in found:
            found[name, 0] = Number(
                indicator=definitions[name], span=0, line=None, shown=wording.named(extra.name), points=extra.points
            )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """A record that was chosen, with what is wrong with it."""

    record: records.Record
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A number on the form: whether it is disputed, what of its records is chosen, and a page of others to choose.

    ``page`` 0: none are offered.
    """

    number: Number
    checked: bool
    note: str
    picked: list[Picked]
    offered: list[records.Record]
    page: int
    pages: int
    total: int
    left_out: int


def choices(card: Card, chosen: Collection[Piece], opened: Mapping[str, int]) -> list[Choice]:
    """All numbers of a scorecard as the form shows them; records only where they are open or chosen."""
    by_key: dict[Key, dict[str, Piece]] = {}
    for one in chosen:
        by_key.setdefault(one.key, {})[one.fact] = one
    return [
        _choice(card, number, by_key.get(key, {}), opened.get(number.key, 0)) for key, number in numbers(card).items()
    ]


def _choice(card: Card, number: Number, mine: Mapping[str, Piece], page: int) -> Choice:
    inputs = pinned_inputs(card.run)
    ids = [fact for fact in mine if fact][:MOST]
    named = records.behind(card, inputs, number.indicator, number.line, limit=MOST, ids=ids).rows if ids else ()
    total = out = pages = 0
    offered: list[records.Record] = []
    if page:
        found = _page(card, number, page)
        total, out = found.total, sum(count for _words, count in found.excluded)
        pages = max(1, -(-total // PAGE))
        if page > pages:
            page, found = pages, _page(card, number, pages)
        offered = _flat(one for one in found.rows if one.fact_id not in ids)
    return Choice(
        number=number,
        checked=bool(mine),
        note=mine[""].note if "" in mine else "",
        picked=[Picked(record=one, note=mine[one.fact_id].note) for one in _flat(named)],
        offered=offered,
        page=page,
        pages=pages,
        total=total,
        left_out=out,
    )


def _page(card: Card, number: Number, page: int) -> RawRows:
    inputs = pinned_inputs(card.run)
    return records.behind(card, inputs, number.indicator, number.line, limit=PAGE, offset=(page - 1) * PAGE)


def _flat(rows: Iterable[RawRow]) -> list[records.Record]:
    return [one for table in records.tables(list(rows)) for one in table.records]


def kept(card: Card | None, pieces: Sequence[Piece]) -> list[Evidence]:
    """What an appeal names, with each number and record as it is now. Refuses what is not behind the own result."""
    if not pieces:
        return []
    if card is None:
        raise refuse(
            "这期没有可以引用的计分卡，请只写文字理由。",
            "There is no scorecard of this period to point to. Say in words what is wrong.",
        )
    known = numbers(card)
    by_key: dict[Key, dict[str, Piece]] = {}
    for one in pieces:
        if one.key not in known:
            raise refuse(
                f"“{one.indicator}”不在这张计分卡里，请从计分卡上的指标中选择。",
                f"{one.indicator!r} is not part of this scorecard. Choose among the indicators on it.",
            )
        by_key.setdefault(one.key, {})[one.fact] = one
    if sum(bool(one.fact) for one in pieces) > MOST:
        raise refuse(f"最多引用 {MOST} 条记录。", f"Name at most {MOST} records.")
    if any(len(one.note) > LONGEST_NOTE for one in pieces):
        raise refuse(
            f"每条说明不超过 {LONGEST_NOTE} 字，更长的内容请写在申诉理由里。",
            f"A note has at most {LONGEST_NOTE} characters. Write what is longer into the reason.",
        )
    return [row for key, some in by_key.items() for row in _of_number(card, known[key], some)]


def _of_number(card: Card, number: Number, pieces: Mapping[str, Piece]) -> list[Evidence]:
    facts = [fact for fact in pieces if fact]
    own = pieces.get("", Piece(indicator=number.indicator.id, span=number.span))
    found = [Evidence(indicator=own.indicator, span=own.span, note=own.note, kept=_number_kept(card, number))]
    if not facts:
        return found
    inputs = pinned_inputs(card.run)
    behind = records.behind(card, inputs, number.indicator, number.line, limit=len(facts), ids=facts)
    rows = {one.fact_id: one for table in records.tables(behind.rows) for one in table.records}
    if strange := [one for one in facts if one not in rows]:
        raise refuse(
            f"记录“{strange[0][:60]}”不是您“{number.name}”这个数字背后的记录，请从本人的记录中选择。",
            f"The record {strange[0][:60]!r} is not behind your own {number.name}. Choose among your own records.",
        )
    return found + [
        Evidence(
            indicator=number.indicator.id, span=number.span, fact=one, note=pieces[one].note,
            kept=_record_kept(rows[one]),
        )
        for one in facts
    ]  # fmt: skip


def _number_kept(card: Card, number: Number) -> dict[str, Any]:
    line = number.line
    return {
        "run": card.run_id,
        "name": {"zh": number.indicator.name.zh, "en": number.indicator.name.en},
        "shown": number.shown,
        "goal": line.goal if line else "",
        "score": None if line is None or line.score is None else str(line.score),
        "weight": None if line is None else str(line.weight),
        "points": None if number.points is None else str(number.points),
    }


def _record_kept(one: records.Record) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(sep=" ", timespec="seconds"),
        "place": one.place,
        "origin": one.origin,
        "key": one.key,
        "share": one.share,
        "excluded": one.excluded,
        "cells": [[cell.name, cell.text] for cell in one.cells],
    }


@dataclass(slots=True, kw_only=True)
class Named:
    """A disputed number with the records named of it, as they were kept."""

    number: Evidence
    name: str
    facts: list[Evidence] = field(default_factory=list)


def named(appeal: Appeal) -> list[Named]:
    """What an appeal rests on, number by number; one query."""
    found: dict[Key, Named] = {}
    for one in appeal.evidence.all():
        key = one.indicator, one.span
        if not one.fact:
            found.setdefault(key, Named(number=one, name=name_of(one)))
        elif key in found:
            found[key].facts.append(one)
    return list(found.values())


def name_of(one: Evidence) -> str:
    """The disputed indicator in the language of the page."""
    names = one.kept.get("name")
    return wording.named(names) if isinstance(names, dict) and names else one.indicator
