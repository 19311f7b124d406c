"""The reference of the open API, written from its own document: no script, nothing from another host."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fenming.api.site import document
from fenming.controls.permissions import PERMISSIONS
from fenming.library.text import Words


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: str
    required: bool
    note: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An operation as the page tells it."""

    id: str
    method: str
    address: str
    summary: str
    description: str
    permissions: list[tuple[str, Words]]
    parameters: list[Field]
    body: list[Field]
    answer: list[Field]
    statuses: list[tuple[str, str]]
    curl: str


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Every operation, with an example to copy."""
    told = document()
    host = settings.SITE_URL or request.build_absolute_uri("/").rstrip("/")
    entries = [
        _entry(told, host, method, address, one)
        for address, methods in told["paths"].items()
        for method, one in methods.items()
    ]

    context = {"entries": entries, "about": told["info"], "host": host}
    return render(request, "api-docs.html", context)


def _entry(told: dict[str, Any], host: str, method: str, address: str, one: dict[str, Any]) -> Entry:
    schemas = told["components"]["schemas"]
    body = _schema(one.get("requestBody"), schemas)
    success = next((given for code, given in one["responses"].items() if code.startswith("2")), None)
    return Entry(
        id=one["operationId"],
        method=method.upper(),
        address=address,
        summary=one["summary"],
        description=one.get("description", ""),
        permissions=[(code, PERMISSIONS[code].name) for code in one["x-permissions"]],
        parameters=[
            Field(given["name"], _kind(given["schema"]), given.get("required", False), given.get("description", ""))
            for given in one["parameters"]
        ],
        body=_fields(body),
        answer=_fields(_schema(success, schemas)),
        statuses=[(code, given["description"]) for code, given in one["responses"].items()],
        curl=_curl(host, method.upper(), address, body),
    )


def _schema(holder: dict[str, Any] | None, schemas: dict[str, Any]) -> dict[str, Any]:
    """The object that a request or an answer holds; of a list, one of its items."""
    found: dict[str, Any] = ((holder or {}).get("content") or {}).get("application/json", {}).get("schema", {})
    found = schemas.get(found.get("$ref", "").rpartition("/")[2], found)
    items: Any = found.get("properties", {}).get("items", {}).get("items", {})
    inner: dict[str, Any] | None = schemas.get(items.get("$ref", "").rpartition("/")[2])
    return inner or found


def _fields(schema: dict[str, Any]) -> list[Field]:
    required = schema.get("required", [])
    return [
        Field(name, _kind(one), name in required, one.get("description", ""))
        for name, one in schema.get("properties", {}).items()
    ]


def _kind(schema: dict[str, Any]) -> str:
    """A type in a word or two, as programmers write it."""
    if "anyOf" in schema:
        return " | ".join(_kind(one) for one in schema["anyOf"])
    if "allOf" in schema:
        return _kind(schema["allOf"][0])
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return " | ".join(f'"{one}"' for one in schema["enum"])
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    return str(schema.get("format") or schema.get("type", ""))


def _curl(host: str, method: str, address: str, body: dict[str, Any]) -> str:
    """What to type in a shell."""
    address = address.replace("{number}", "E0042")
    lines = [f"curl {'' if method == 'GET' else f'-X {method} '}{host}{address}", '-H "Authorization: Bearer $KEY"']
    for example in body.get("examples", [])[:1]:
        lines += ['-H "Content-Type: application/json"', '-H "Idempotency-Key: $(uuidgen)"']
        lines.append(f"-d '{json.dumps(example, ensure_ascii=False)}'")
    return " \\\n  ".join(lines)
