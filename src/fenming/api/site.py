"""The API as one: its routes, what a request may look like, and the document that describes it."""

import json
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import URLPattern, path, re_path
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.operation import Operation
from ninja.parser import Parser
from ninja.renderers import JSONRenderer
from ninja.responses import NinjaJSONEncoder

from fenming.api import organisation, people
from fenming.api.problems import MEDIA_TYPE, Problem, ProblemBody, answer, declare, missing
from fenming.api.security import Key
from fenming.api.writing import TOKEN
from fenming.controls.routes import API, EVERYONE, allow

VERSION = "v1"
ROOT = f"/api/{VERSION}/"
BODY_MOST = 64 * 1024
DEPTH_MOST = 8


class Body(Parser):
    """JSON of a sensible size and depth."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise Problem(415, "media-type", _("Send JSON, with Content-Type: application/json."))
        try:
            found = json.loads(request.body, parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise Problem(400, "unreadable", _("The body is not valid JSON.")) from None
        if _depth(found) > DEPTH_MOST:
            raise Problem(400, "unreadable", _("The body is nested too deeply."))
        return found


def _no_number(text: str) -> None:
    raise ValueError(text)


def _depth(value: Any) -> int:
    """How deep lists and objects stand in each other; counted level by level, for nobody's stack is endless."""
    level, depth = [value], 0
    while level := [inner for one in level if isinstance(one, dict | list) for inner in _inside(one)]:
        depth += 1
    return depth


def _inside(one: Any) -> Any:
    return (one.values() if isinstance(one, dict) else one) or [None]


class Text(JSONRenderer):
    """Chinese as it is, not as escapes."""

    json_dumps_params = {"ensure_ascii": False}  # noqa: RUF012 - as ninja declares it


api = NinjaAPI(
    title="Fenming 分明", version=VERSION, urls_namespace="api", openapi_url=None, docs_url=None, parser=Body(),
    renderer=Text(),
    description=gettext_noop(
        "People and the organisation, for programs. Every request carries a key and reaches what the key's account "
        "reaches, at most. Within a version of the API, fields may be added but none is taken away or changes its "
        "meaning."
    ),
)  # fmt: skip
declare(api)
api.add_router("people", people.router)
api.add_router("", organisation.router)


def operations() -> Iterator[tuple[str, str, Operation]]:
    """Method, address and operation of everything that the API can do."""
    for router in api._get_bound_routers():
        for address, view in router.path_operations.items():
            for one in view.operations:
                for method in one.methods:
                    yield method, f"{ROOT}{router.prefix}{address}".replace("//", "/"), one


def key_of(operation: Operation) -> Key:
    """What an operation asks for; one without a key of its own is a mistake that stops the site from starting."""
    match operation.auth_callbacks:
        case [Key() as key]:
            return key
    raise LookupError(f"{operation.operation_id} declares no key.")


def _tell_parameters() -> None:
    for _method, _address, one in operations():
        models = [model for model in one.models if model.__ninja_param_source__ == "query"]
        key_of(one).parameters = frozenset(name for model in models for name in _names(model))


def _names(model: Any) -> set[str]:
    return set(model.__ninja_flatten_map__)


def guarded(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A route of the API: no body is too long, nothing is kept on the way, and every refusal is a problem."""

    @wraps(view)
    def guarding(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > BODY_MOST:
            response: Any = answer(Problem(413, "too-long", _("The body is too long: at most 64 KiB.")))
        else:
            response = view(request, *args, **named)
        if response.status_code == 405:
            allowed = {"Allow": ", ".join(sorted(response["Allow"].split(", ")))}
            words = _("This address does not know the method %(method)s.") % {"method": str(request.method)[:20]}
            response = answer(Problem(405, "method", words, headers=allowed))
        response["Cache-Control"] = "no-store"
        patch_vary_headers(response, ["Authorization", "Accept-Language"])
        return response  # type: ignore[no-any-return]

    return allow(API)(guarding)


@csrf_exempt
def nowhere(request: HttpRequest) -> HttpResponse:
    return answer(missing())


@allow(EVERYONE)
def openapi(request: HttpRequest) -> JsonResponse:
    """The document, for programs that make clients of it. It holds nothing of the company."""
    return JsonResponse(document())


def _urls() -> list[URLPattern]:
    _tell_parameters()
    routes = [one for one in api.urls[0] if isinstance(one, URLPattern) and one.name != "api-root"]
    for one in routes:
        one.callback = guarded(one.callback)
    return [path("openapi.json", openapi, name="openapi"), *routes, re_path("", guarded(nowhere), name="api-nowhere")]


# The document

READ_REFUSED = (401, 403, 422, 429)
WRITE_REFUSED = (400, 409, 413, 415)
TITLES = {
    400: gettext_noop("The body cannot be read."),
    401: gettext_noop("No valid key."),
    403: gettext_noop("The key may not do this."),
    404: gettext_noop("Not there, or out of the key's reach."),
    409: gettext_noop("Changed meanwhile (version), or the Idempotency-Key was used for another request."),
    412: gettext_noop("Changed meanwhile (If-Match)."),
    413: gettext_noop("The body is longer than 64 KiB."),
    415: gettext_noop("The body is not JSON."),
    422: gettext_noop("A field is wrong: “errors” says which and why."),
    428: gettext_noop("Neither version nor If-Match was sent."),
    429: gettext_noop("Too many requests: wait as Retry-After says."),
}
TRANSLATED = frozenset({"description", "summary"})


def document(language: str | None = None) -> dict[str, Any]:
    """The OpenAPI document, with its words in a language; by default in that of the request."""
    schema = json.loads(json.dumps(api.get_openapi_schema(path_prefix=ROOT), cls=NinjaJSONEncoder))
    problem = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    schema["components"]["schemas"] |= problem.pop("$defs") | {"Problem": problem}
    schema["servers"] = [{"url": settings.SITE_URL or "/"}]
    for method, address, one in operations():
        _complete(schema["paths"][address][method.lower()], method, address, one)
    if language is None:
        return _translated(schema)  # type: ignore[no-any-return]
    with override(language):
        return _translated(schema)  # type: ignore[no-any-return]


def _complete(told: dict[str, Any], method: str, address: str, one: Operation) -> None:
    """What every operation has in common."""
    told["x-permissions"] = list(key_of(one).rules)
    refused = set(READ_REFUSED)
    if "{number}" in address:
        refused.add(404)
    if method != "GET":
        refused |= {*WRITE_REFUSED}
        told["parameters"].append(
            _header("Idempotency-Key", gettext_noop("Makes sending again harmless for 24 hours."), f"^{TOKEN}$")
        )
    if method != "GET" and "{number}" in address:
        refused |= {412, 428}
        told["parameters"].append(_header("If-Match", gettext_noop("The ETag that was read, in place of version."), ""))
    for status in sorted(refused):
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        told["responses"][str(status)] = {"description": TITLES[status], "content": content}


def _header(name: str, words: str, pattern: str) -> dict[str, Any]:
    schema = {"type": "string"} | ({"pattern": pattern} if pattern else {"examples": ['"3"']})
    return {"in": "header", "name": name, "required": False, "description": words, "schema": schema}


def _translated(value: Any) -> Any:
    if isinstance(value, list):
        return [_translated(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _(inner) if name in TRANSLATED and isinstance(inner, str) and inner else _translated(inner)
        for name, inner in value.items()
    }


urls = _urls()
