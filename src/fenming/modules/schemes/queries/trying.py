"""Schemes that are not in force, as if they were: what a trial needs of drafts and versions."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import timezone
from pydantic import ValidationError

from fenming.library.schemes import Scheme
from fenming.library.text import Refusal, refuse
from fenming.modules.indicators.queries import own_indicators
from fenming.modules.schemes.models import SchemeVersion

ALONE = -1
"""The key of a version that is in no table."""


def provisional(identifier: str, department: int, definition: Mapping[str, Any]) -> SchemeVersion:
    """A version with this definition, as if it had always been in force; it stands in no table."""
    return SchemeVersion(
        pk=ALONE, identifier=identifier, department_id=department, definition=dict(definition), valid_from=date.min
    )


def readable(version: SchemeVersion, day: date) -> Scheme:
    """The scheme of a version, with the company's own indicators of a day; a refusal that says what is wrong.

    An indicator newer than the day is read as it stands today: a draft can be tried on the months before it.
    """
    known = {**own_indicators(timezone.localdate()), **own_indicators(day)}
    own = {name: one.model_dump(mode="json") for name, one in known.items()}
    given = version.definition
    whole = {
        **given,
        "id": version.identifier,
        "valid_from": given.get("valid_from") or str(day),
        "department": given.get("department") or str(version.department_id),
        "indicators": {**own, **(given.get("indicators") or {})},
    }
    try:
        return Scheme.model_validate(whole)
    except Refusal:
        raise
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = " · ".join(str(part) for part in first["loc"])
        raise refuse(
            f"这份方案还不完整，不能试算：{where} {first['msg']}",
            f"This scheme is not complete and cannot be tried out: {where} {first['msg']}",
        ) from error
