"""Refusals as RFC 9457 says them, in the language that was asked for, field by field."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.errors import ValidationError as Unreadable
from pydantic import BaseModel, Field

from fenming.library.text import Refusal

MEDIA_TYPE = "application/problem+json"
LONGEST_NAME = 80


class FieldError(BaseModel):
    field: str
    message: str


class Difference(BaseModel):
    field: str
    before: str
    after: str


class Change(BaseModel):
    """Something that somebody else changed meanwhile."""

    at: str
    by: str
    what: str
    differences: list[Difference]


class ProblemBody(BaseModel):
    """Why a request was refused."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] = Field(default_factory=list)
    current_version: int | None = None
    changes: list[Change] = Field(default_factory=list)


class Problem(Exception):  # noqa: N818 - its name in the standard
    """A refusal: its kind, what is wrong, and what to do."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail = status, kind, detail
        self.errors, self.headers, self.more = list(errors), dict(headers or {}), more


def invalid(errors: Mapping[str, Sequence[str]]) -> Problem:
    """Some fields are wrong; what is wrong with the whole stands under an empty name."""
    told = [FieldError(field=name[:LONGEST_NAME], message=text) for name, texts in errors.items() for text in texts]
    detail = " ".join(one.message for one in told if not one.field) or _("Some fields are not right.")
    return Problem(422, "invalid", detail, errors=[one for one in told if one.field])


def refused(error: ValidationError, names: Mapping[str, str]) -> Problem:
    """What an operation refused; ``names`` are those fields that have another name here."""
    if not hasattr(error, "error_dict"):
        return invalid({"": error.messages})
    found = {names.get(name, name): texts for name, texts in error.message_dict.items()}
    return invalid({"" if name == "__all__" else name: texts for name, texts in found.items()})


def missing() -> Problem:
    return Problem(404, "not-found", _("There is no such thing, or it lies outside what this key reaches."))


def answer(problem: Problem) -> HttpResponse:
    """A problem as a response."""
    body: dict[str, Any] = {
        "type": f"urn:fenming:{problem.kind}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.errors:
        body["errors"] = [one.model_dump() for one in problem.errors]
    text = json.dumps(body | problem.more, ensure_ascii=False)
    content = text.encode("utf-8", "replace")  # a name that was sent may be no Unicode
    return HttpResponse(content, status=problem.status, content_type=MEDIA_TYPE, headers=problem.headers)


# What pydantic finds, in the words of this house

WORDS: dict[str, str | Promise] = {
    "missing": gettext_lazy("This is required."),
    "extra_forbidden": gettext_lazy("There is no such field."),
    "string_type": gettext_lazy("This must be a text."),
    "string_unicode": gettext_lazy("This is not valid Unicode."),
    "string_too_short": gettext_lazy("This must not be empty."),
    "string_too_long": gettext_lazy("This is too long: at most %(max_length)s characters."),
    "string_pattern_mismatch": gettext_lazy("This is not written as it should be; it must match %(pattern)s."),
    "too_long": gettext_lazy("These are too many: at most %(max_length)s."),
    "bool_type": gettext_lazy("This must be true or false."),
    "int_type": gettext_lazy("This must be a whole number."),
    "int_parsing": gettext_lazy("This must be a whole number."),
    "greater_than_equal": gettext_lazy("This must be at least %(ge)s."),
    "less_than_equal": gettext_lazy("This must be at most %(le)s."),
    "enum": gettext_lazy("This must be one of %(expected)s."),
    "literal_error": gettext_lazy("This must be one of %(expected)s."),
    "dict_type": gettext_lazy("This must be an object."),
    "model_type": gettext_lazy("This must be an object."),
    "model_attributes_type": gettext_lazy("This must be an object."),
}


def _said(error: Mapping[str, Any]) -> str:
    context = error.get("ctx") or {}
    if error["type"] == "value_error":
        return str(context.get("error") or error["msg"]).removeprefix("Value error, ")
    words = WORDS.get(error["type"])
    return str(words) % context if words else _("This is not right.")


def _place(error: Mapping[str, Any]) -> str:
    """The field, without where ninja found it: ``("body", "change", "name")`` is ``name``."""
    inside = list(error["loc"])[1:]
    if error["loc"][0] == "body":
        inside = inside[1:]
    return ".".join(str(one) for one in inside)


def declare(api: NinjaAPI) -> None:
    """Let every error of the API be a problem. What nobody foresaw stays an error of the server."""

    @api.exception_handler(Problem)
    def problem(request: HttpRequest, error: Problem) -> HttpResponse:
        return answer(error)

    @api.exception_handler(Unreadable)
    def unreadable(request: HttpRequest, error: Unreadable) -> HttpResponse:
        found: dict[str, list[str]] = {}
        for one in error.errors:
            found.setdefault(_place(one), []).append(_said(one))
        return answer(invalid(found))

    @api.exception_handler(Refusal)
    def refusal(request: HttpRequest, error: Refusal) -> HttpResponse:
        return answer(invalid({"": [error.words.say(get_language() or "zh")]}))

    @api.exception_handler(HttpError)
    def unparsed(request: HttpRequest, error: HttpError) -> HttpResponse:
        """Ninja's own; a body that could not be read carries our reason inside."""
        cause = error.__cause__
        if isinstance(cause, Problem):
            return answer(cause)
        return answer(Problem(error.status_code, "unreadable", _("The request cannot be read.")))
