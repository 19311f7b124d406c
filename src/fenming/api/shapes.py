"""How values are written in requests and answers: days and moments by ISO 8601, decimals as texts, nothing unknown."""

import re
from datetime import date
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)

from fenming.modules.people.operations.given import refuse_far_days, refuse_odd_characters

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _plain(text: str) -> str:
    try:
        refuse_odd_characters(text)
    except ValidationError as error:
        raise ValueError(error.messages[0]) from None
    return text


def _written(value: Any) -> Any:
    """Only ``2026-03-01``: pydantic itself would take numbers and moments too."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError(_("This must be a day, written like 2026-03-01."))


def _near(day: date) -> date:
    try:
        refuse_far_days(day)
    except ValidationError as error:
        raise ValueError(error.messages[0]) from None
    return day


Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_plain)]
Name = Annotated[Text, StringConstraints(min_length=1, max_length=80)]
Code = Annotated[Text, StringConstraints(min_length=1, max_length=60)]
Number = Annotated[Text, StringConstraints(min_length=1, max_length=30)]
Short = Annotated[Text, StringConstraints(max_length=30)]
Reason = Annotated[Text, StringConstraints(max_length=200)]
Day = Annotated[date, BeforeValidator(_written), AfterValidator(_near)]
Money = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,10}(\.[0-9]{1,2})?$")]
Version = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]


def _simple(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= 500:
        return _plain(value)
    raise ValueError(_("This must be a text of at most 500 characters, true, false or null; numbers are texts too."))


_SIMPLE = {"anyOf": [{"type": "string", "maxLength": 500}, {"type": "boolean"}, {"type": "null"}]}
Value = Annotated[Any, PlainValidator(_simple), WithJsonSchema(_SIMPLE)]
"""Of a field of the company's own: a day and a number are texts."""


class Sent(BaseModel):
    """The body of a request. What it does not know is refused, so that no misspelt field is silently lost."""

    model_config = ConfigDict(extra="forbid")


class Told(BaseModel):
    """The body of an answer. Further fields may join it within a version of the API."""
