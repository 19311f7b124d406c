"""A case with everything that is kept about it: one page for paper, one file for an arbitration."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _

from fenming.controls.scope import Scope
from fenming.library.facts import fact_types
from fenming.modules.cycles.models import Appeal
from fenming.modules.cycles.queries.appeals import Happened, disputed, history, name_of, period_of, stage_of
from fenming.modules.cycles.queries.evidence import Named, named
from fenming.modules.cycles.queries.outcomes import Papers, Result, Supplement, papers, supplement
from fenming.modules.cycles.queries.score import Score, score_of
from fenming.modules.indicators.queries import wording
from fenming.pipeline.result import safe_cell
from fenming.rules.trace import plain

_HEAD = {"bold": True, "bg_color": "#0F7B6C", "font_color": "#FFFFFF", "text_wrap": True, "valign": "top"}
Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """The whole case."""

    appeal: Appeal
    period: str
    stage: str
    handler: str
    facts: Pairs
    texts: Pairs
    named: Sequence[Named]
    score: Score | None
    papers: Papers
    supplement: Supplement | None
    history: Sequence[Happened]
    pins: Pairs


def dossier(appeal: Appeal, *, pays: bool) -> Dossier:
    """Everything about a case, as it is kept; amounts only with ``pays``."""
    card = disputed(appeal)
    kept = papers(appeal)
    score = score_of(card, card.run, Scope.all() if pays else Scope()) if card else None
    bonus = score.bonus.amount if score and score.bonus else None
    was = Result(total=score.card.total, grade=score.card.grade, bonus=bonus) if score else None
    return Dossier(
        appeal=appeal,
        period=period_of(appeal.participant.cycle),
        stage=stage_of(appeal),
        handler=name_of(appeal.handler),
        facts=_facts(appeal, kept),
        texts=_texts(appeal),
        named=named(appeal),
        score=score,
        papers=kept,
        supplement=supplement(appeal, was, pays=pays),
        history=history(appeal),
        pins=_pins(card),
    )


def _facts(appeal: Appeal, kept: Papers) -> Pairs:
    place = appeal.participant
    held = kept.interview.held_on.isoformat() if kept.interview else _("no record")
    said = _("yes") if appeal.had_interview else _("no")
    letter = kept.letter
    return [
        (_("Employee"), f"{place.employee.name} {place.employee.number}"),
        (_("Department"), place.cycle.department.name),
        (_("Period"), period_of(place.cycle)),
        (_("Reviewer"), place.reviewer.name if place.reviewer else ""),
        (_("Handler"), name_of(appeal.handler)),
        (_("Interview, as the employee says"), said),
        (_("Interview, as recorded"), held),
        (_("Letter issued"), _moment(letter.issued_at) if letter else ""),
        (_("Letter opened"), _moment(letter.opened_at) if letter else ""),
        (_("Appeals possible until"), letter.appeal_until.isoformat() if letter else ""),
        (_("Filed"), _moment(appeal.filed_at)),
        (_("To be answered by"), appeal.answer_by.isoformat()),
        (_("Decided"), _moment(appeal.decided_at)),
        (_("Answered"), _moment(appeal.answered_at)),
        (_("Answer read"), _moment(appeal.read_at)),
        (_("State"), stage_of(appeal)),
    ]


def _texts(appeal: Appeal) -> Pairs:
    effect = [_("%(points)s points") % {"points": f"{appeal.points:+}"}] if appeal.points is not None else []
    effect += [_("grade %(grade)s") % {"grade": appeal.grade}] if appeal.grade else []
    every = [
        (_("What is disputed, and why"), appeal.reason),
        (_("What should be"), appeal.wish),
        (_("What was asked for"), appeal.more_asked),
        (_("What was added"), appeal.more),
        (_("Findings"), appeal.findings),
        (_("The rater's view"), appeal.rater_words),
        (_("Decision"), str(appeal.get_decision_display()) if appeal.decision else ""),
        (_("Grounds"), appeal.decision_text),
        (_("Effect"), ", ".join(effect)),
        (_("Decided by"), name_of(appeal.decided_by)),
    ]
    return [(name, text) for name, text in every if text]


def _pins(card: Any) -> Pairs:
    if card is None:
        return []
    facts = "; ".join(
        _("%(fact)s: data version %(version)s") % {"fact": _fact_name(fact), "version": version}
        for fact, version in sorted(card.run.facts.items())
    )
    return [
        (_("Run"), f"#{card.run_id}"),
        (_("Fact versions"), facts),
        (_("Inputs"), card.run.inputs),
        (_("Code"), card.run.code),
    ]


def _fact_name(fact: str) -> str:
    known = fact_types().get(fact)  # a case outlives the library that its facts were defined in
    return known.name.say(wording.speaking()) if known else fact


def _moment(at: Any) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


# The file


def workbook(case: Dossier) -> bytes:
    """The case as an Excel file: a sheet for each kind of paper."""
    body = io.BytesIO()
    book = xlsxwriter.Workbook(body, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    _sheet(book, _("Case"), (), [*case.facts, *case.texts, *case.pins], widths=(26, 100))
    _sheet(book, _("Evidence"), _evidence_heads(), _evidence(case.named), widths=(24, 20, 40, 18, 30, 50))
    if case.score is not None:
        _sheet(book, _("Scorecard"), _score_heads(), _score(case.score), widths=(28, 16, 14, 10, 10, 10))
    _sheet(
        book, _("Papers"), (_("Paper"), _("By"), _("At"), _("Words")), _papers(case.papers), widths=(22, 16, 18, 100)
    )
    heads = (_("At"), _("By"), _("What"), _("Details"))
    _sheet(book, _("What happened"), heads, _history(case.history), widths=(18, 18, 28, 80))
    book.close()
    return body.getvalue()


def _sheet(book: Any, name: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, widths: Sequence[int]) -> None:
    page = book.add_worksheet(name)
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    first = 0
    if heads:
        page.write_row(0, 0, [safe_cell(one) for one in heads], book.add_format(_HEAD))
        page.freeze_panes(1, 0)
        first = 1
    for number, row in enumerate(rows, start=first):
        for column, text in enumerate(row):
            page.write_string(number, column, safe_cell(text), wrapped)
    for column, width in enumerate(widths):
        page.set_column(column, column, width)


def _evidence_heads() -> tuple[str, ...]:
    return _("Indicator"), _("Value or time"), _("Record"), _("Counted"), _("What is wrong with it"), _("Contents")


def _evidence(some: Iterable[Named]) -> Iterable[Sequence[str]]:
    for one in some:
        yield one.name, str(one.number.kept.get("shown", "")), "", "", one.number.note, ""
        for row in one.facts:
            kept = row.kept
            contents = "; ".join(f"{name}: {text}" for name, text in kept.get("cells", ()))
            yield (
                one.name, str(kept.get("at", "")), f"{kept.get('place', '')} {row.fact}".strip(),
                str(kept.get("excluded", "")) or _("counted"), row.note, contents,
            )  # fmt: skip


def _score_heads() -> tuple[str, ...]:
    return _("Indicator"), _("Value"), _("Target"), _("Weight"), _("Score"), _("Points")


def _score(score: Score) -> Iterable[Sequence[str]]:
    for line in score.lines:
        numbers = (line.weight, line.score, line.earned)
        yield line.name, line.shown, line.goal, *("" if one is None else plain(one) for one in numbers)
    for extra in score.extras:
        yield extra.name, "", "", "", "", f"{extra.points:+}"
    yield _("Total"), "", "", "", "", "" if score.card.total is None else plain(score.card.total)
    yield _("Grade"), "", "", "", "", score.card.grade
    for sentence in score.because:
        yield sentence, "", "", "", "", ""


def _papers(kept: Papers) -> Iterable[Sequence[str]]:
    for review in kept.reviews:
        words = "\n".join(text for text in (review.done_well, review.to_improve) if text)
        yield str(review.get_kind_display()), name_of(review.author), _moment(review.submitted_at), words
        for rating in review.ratings.all():
            yield rating.indicator, name_of(review.author), plain(rating.level), rating.note
    for one in kept.calibrations:
        change = " ".join(text for text in (one.grade, f"{one.points:+}" if one.points is not None else "") if text)
        yield _("Calibration") + f" {change}", name_of(one.author), _moment(one.at), one.reason
    if (talk := kept.interview) is not None:
        words = "\n".join(text for text in (talk.strengths, talk.gaps, talk.agreed, talk.words) if text)
        yield _("Interview"), name_of(talk.author), talk.held_on.isoformat(), words
    if kept.letter is not None:
        yield _("Result letter"), "", _moment(kept.letter.issued_at), _opened(kept.letter)


def _opened(letter: Any) -> str:
    return _("opened %(opened)s, confirmed %(confirmed)s") % {
        "opened": _moment(letter.opened_at) or "–", "confirmed": _moment(letter.confirmed_at) or "–",
    }  # fmt: skip


def _history(some: Iterable[Happened]) -> Iterable[Sequence[str]]:
    for one in some:
        yield _moment(one.entry.at), one.by, one.title, one.note
