"""What a closed period would be with further decisions or later facts. Nothing is stored."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from fenming.controls.models import Run
from fenming.library.text import Refusal, refuse
from fenming.modules.bonus.queries.adjustments import Standing
from fenming.modules.schemes.queries.again import again, pinned_inputs
from fenming.pipeline.compute import Result
from fenming.pipeline.inputs import Inputs, Person, code_version
from fenming.rules.decisions import Decision

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What is to be made good of a closed run: added decisions by employee number, upon facts of these versions."""

    closed: Run
    added: Mapping[str, Sequence[Decision]]
    facts: Mapping[str, int]
    reason: str = ""
    source: str = ""


def both(wanted: Correction, before: Mapping[str, Standing]) -> tuple[Result, Result]:
    """The closed result and the corrected one, both by today's code: an upgrade since is nobody's gain or loss."""
    inputs = _concerned(pinned_inputs(wanted.closed), wanted.added)
    changed = inputs.model_copy(
        update={
            "people": tuple(_with(one, before.get(one.person), wanted.added.get(one.person)) for one in inputs.people),
            "files": {fact: str(version) for fact, version in sorted(wanted.facts.items())},
        }
    )
    try:
        return again(inputs, wanted.closed.facts), again(changed, wanted.facts)
    except Refusal:
        raise
    except ValueError as error:
        raise refuse(f"无法按此更正计算：{error}", f"It cannot be computed with this correction: {error}") from error


def differences(wanted: Correction, before: Mapping[str, Standing], was: Result, now: Result) -> dict[str, Decimal]:
    """Employee number → what is still to be made good, in yuan: less what earlier corrections did."""
    old, new = bonuses(was), bonuses(now)
    return {number: new[number] - old[number] - before.get(number, Standing()).amount for number in wanted.added}


def bonuses(result: Result) -> dict[str, Decimal]:
    """Employee number → bonus in yuan; without a pool nothing."""
    return {card.person: card.bonus.amount if card.bonus else ZERO for card in result.cards}


def _concerned(inputs: Inputs, numbers: Collection[str]) -> Inputs:
    """The departments of these people only: what others have does not depend on them."""
    groups = {one.group for one in inputs.people if one.person in numbers}
    people = tuple(one for one in inputs.people if one.group in groups)
    return inputs.model_copy(update={"people": people, "code": code_version()})


def _with(person: Person, before: Standing | None, added: Sequence[Decision] | None) -> Person:
    if added is None:
        return person
    return person.model_copy(update={"decisions": (*(before.decisions if before else person.decisions), *added)})
