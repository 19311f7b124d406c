"""The API keeps its own word: whatever the document allows, and much that it does not, is answered as it says."""

import json
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

from fenming.api.site import document, operations
from fenming.api.tests.conftest import key_for
from fenming.modules.conftest import SmallCompany

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance, ignored_auth,
]  # fmt: skip
NAMES = [one.operation_id for _method, _address, one in operations()]
KNOWN = {"number": "KF4", "department": "customer_service", "post": "cs_agent", "store": "s1", "manager": "KF1"}


def hinted(value: Any) -> Any:
    """The document with names there are as examples of others, so that writes get beyond the first look."""
    if isinstance(value, list):
        return [hinted(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: hinted(one) for name, one in value.items()}
    for name, example in KNOWN.items():
        if isinstance(found.get("properties"), dict) and name in found["properties"]:
            found["properties"][name] = {"anyOf": [{"const": example}, found["properties"][name]]}
    if found.get("in") == "path" and found.get("name") == "number":
        found["schema"] = {"anyOf": [{"const": "KF4"}, found["schema"]]}
    return found


def asked() -> dict[str, Any]:
    """Only what is sent is hinted at; answers are held to the document as it is."""
    told = document("en")
    schemas = told["components"]["schemas"]
    for name in ("NewPerson", "Transfer"):
        schemas[name] = hinted(schemas[name])
    for methods in told["paths"].values():
        for one in methods.values():
            one["parameters"] = hinted(one["parameters"])
    return told


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("name", NAMES)
def test_every_answer_is_one_that_the_document_tells_of(
    name: str, mode: GenerationMode, company: SmallCompany, settings: Any
) -> None:
    settings.API_RATE = 100_000
    schema = schemathesis.openapi.from_dict(asked())
    schema.app = get_wsgi_application()
    operation = schema.find_operation_by_id(name)
    token = key_for("hr")[1]
    seen = _walk(operation, mode, token)
    assert seen
    if mode is GenerationMode.POSITIVE and name != "read_person" and operation.method == "get":
        assert 200 in seen


def _walk(operation: Any, mode: GenerationMode, token: str) -> set[int]:
    seen: set[int] = set()
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}  # in this process nobody unzips

    @seed(20261123)
    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(operation.as_strategy(generation_mode=mode)))
    def walk(case: Any) -> None:
        with transaction.atomic():
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=CHECKS, headers=headers)
            seen.add(answer.status_code)
            transaction.set_rollback(True)

    walk()
    return seen


def test_the_open_api_tells_nobody_a_rank() -> None:
    """A department may hide it from its people; whoever adds results here has to ask the plan first."""
    assert document()["paths"]
    assert '"rank"' not in json.dumps(document()).lower()
