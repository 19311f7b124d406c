"""People over the open API: pages, secrets, versions, repeated writes, languages, and whatever is sent."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from fenming.api.tests.conftest import Call, calling, key_for
from fenming.controls.models import Operation
from fenming.modules.accounts.models import KeptAnswer
from fenming.modules.accounts.operations.keys import tidy_answers
from fenming.modules.conftest import SmallCompany
from fenming.modules.people.models import Assignment, CustomField, Employee

NEW = {"number": "E1", "name": "王小明", "department": "logistics", "post": "courier", "first_day": "2026-11-01"}


def numbers(answer: Any) -> list[str]:
    return [one["number"] for one in answer.json()["items"]]


def fields(answer: Any) -> set[str]:
    return {one["field"] for one in answer.json()["errors"]}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 200])
def test_pages_together_are_everybody_once(size: int, hr: Call) -> None:
    found, cursor = [], ""
    for _ in range(10):
        page = hr("GET", f"people?limit={size}&cursor={cursor}")
        found += numbers(page)
        cursor = page.json()["next"]
        if cursor is None:
            break
    assert found == ["KF1", "KF2", "KF3", "KF4", "WL1", "WL2", "WL3"]


def test_the_list_narrows_by_each_filter(hr: Call) -> None:
    assert numbers(hr("GET", "people?department=logistics")) == ["WL1", "WL2", "WL3"]
    assert numbers(hr("GET", "people?store=s1")) == ["KF2", "KF4"]
    assert numbers(hr("GET", "people?q=WL2")) == ["WL2"]
    assert numbers(hr("GET", "people?state=left")) == []
    assert fields(hr("GET", "people?department=nix&store=nix")) == {"department"}
    assert fields(hr("GET", "people?cursor=%00&limit=201&state=x&on=1&q=%00")) == {"limit", "state", "on", "q"}
    assert fields(hr("GET", "people?cursor=AA")) == {"cursor"}


def test_changes_since_a_moment(hr: Call) -> None:
    Employee.objects.update(updated_at=timezone.now() - timedelta(days=1))
    since = timezone.now().isoformat().replace("+", "%2B")
    hr("PATCH", "people/KF2", {"version": 1, "tag": "x"})
    hr("POST", "people/KF3/leave", {"version": 1, "last_day": "2026-12-31", "reason": "r"})
    assert numbers(hr("GET", f"people?updated_since={since}")) == ["KF2", "KF3"]
    assert fields(hr("GET", "people?updated_since=2026-11-01T00:00:00")) == {"updated_since"}


def test_regions_are_kept_apart(company: SmallCompany) -> None:
    call = calling(key_for("KF3")[1])
    assert numbers(call("GET", "people")) == ["KF1", "KF2", "KF3", "KF4"]
    assert numbers(call("GET", "people?q=WL2")) == []
    for address in ("departments", "stores", "shops", "regions"):
        codes = {one["code"] for one in call("GET", address).json()["items"]}
        assert not codes & {"logistics", "s2", "t2", "west"}
        assert codes
    assert fields(call("GET", "people?department=logistics")) == {"department"}
    there, nobody = call("GET", "people/WL2"), call("GET", "people/NOBODY")
    assert (there.status_code, there.content) == (404, nobody.content)
    sent = {"version": 1, "first_day": "2026-12-01", "reason": "r", "department": "logistics", "store": None}
    assert fields(call("POST", "people/KF4/assignments", sent)) == {"department"}
    sent = {"version": 1, "first_day": "2026-12-01", "reason": "r", "manager": "WL1"}
    assert fields(call("POST", "people/KF4/assignments", sent)) == {"manager"}


def test_secrets_come_only_by_name_and_permission_and_are_logged(company: SmallCompany) -> None:
    secret = {"phone", "id_number", "base_pay"}
    everything = calling(key_for("hr")[1])
    assert not secret & everything("GET", "people/KF4").json().keys()
    assert not secret & everything("GET", "people").json()["items"][0].keys()
    asked = everything("GET", "people/KF4?include=phone,base_pay").json()
    assert {name: asked.get(name) for name in secret} == {
        "phone": "13800001234", "base_pay": "6000.00", "id_number": None,
    }  # fmt: skip
    entry = Operation.objects.get(action="people.reveal_by_key")
    assert (entry.object, entry.after["field"]) == ("employee KF4", "phone, base")
    for permission, shown in (("people.unmask", {"phone", "id_number"}), ("people.pay", {"base_pay"})):
        call = calling(key_for("hr", "people.view", permission)[1])
        assert secret & call("GET", "people/KF4?include=phone,id_number,base_pay").json().keys() == shown
    plain = calling(key_for("KF3", "people.view")[1])
    assert not secret & plain("GET", "people/KF4?include=phone,id_number,base_pay").json().keys()
    assert Operation.objects.filter(action="people.reveal_by_key").count() == 3


def test_pay_is_set_only_with_its_permission(company: SmallCompany) -> None:
    call = calling(key_for("hr", "people.edit")[1])
    assert fields(call("POST", "people", NEW | {"base_pay": "5000.00"})) == {"base_pay"}
    sent = {"version": 1, "first_day": "2026-12-01", "reason": "r", "base_pay": "9000.00"}
    assert fields(call("POST", "people/KF4/assignments", sent)) == {"base_pay"}
    assert call("POST", "people/KF4/assignments", sent | {"base_pay": None, "team": "x"}).status_code == 201
    assert {one.base for one in Assignment.objects.filter(employee__number="KF4")} == {6000}


def test_everything_that_is_wrong_is_told_at_once(hr: Call) -> None:
    CustomField.objects.create(code="size", name_zh="尺码", kind="number", required=True)
    wrong = NEW | {"department": "nix", "post": "nix", "phone": "x", "email": "x", "manager": "NOBODY",
                   "custom": {"size": "x", "nix": "1"}}  # fmt: skip
    assert fields(hr("POST", "people", wrong)) == {
        "department", "post", "phone", "email", "manager", "custom.size", "custom.nix",
    }  # fmt: skip
    assert fields(hr("POST", "people", NEW)) == {"custom.size"}
    assert hr("POST", "people", NEW | {"custom": {"size": "42.50"}}).status_code == 201
    assert hr("GET", "people/E1").json()["custom"] == {"size": "42.5"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "KF1"},
        {"number": "nodigits"},
        {"name": "a\u0000b"},
        {"name": "\u202ename"},
        {"first_day": "2026-02-30"},
        {"first_day": "1800-01-01"},
        {"first_day": 1_700_000_000},
        {"base_pay": 5000.0},
        {"base_pay": "1e3"},
        {"base_pay": "-1"},
        {"id_number": "110105194912310021"},
        {"unknown": 1},
        {"name": None},
        {"custom": []},
    ],
)
def test_what_a_page_refuses_is_refused_here(wrong: dict[str, Any], hr: Call) -> None:
    answer = hr("POST", "people", NEW | wrong)
    assert (answer.status_code, fields(answer)) == (422, set(wrong))
    assert not Employee.objects.filter(number="E1").exists()


def test_of_two_editors_the_second_is_told(hr: Call) -> None:
    assert hr("PATCH", "people/KF2", {"tag": "x"}).status_code == 428
    assert hr("GET", "people/KF2")["ETag"] == '"1"'
    assert hr("PATCH", "people/KF2", {"tag": "x"}, if_match='"1"').json() == {"number": "KF2", "version": 2}
    for sent, headers, status in (({"version": 1}, {}, 409), ({}, {"if_match": 'W/"1"'}, 412)):
        answer = hr("PATCH", "people/KF2", {"tag": "y", **sent}, **headers)
        assert answer.status_code == status
        told = answer.json()
        assert told["current_version"] == 2
        assert told["changes"][0]["differences"] == [{"field": "Service tag", "before": "KF2", "after": "x"}]
    assert fields(hr("PATCH", "people/KF2", {"tag": "y"}, if_match="x")) == {"If-Match"}


def test_what_is_not_sent_stays(hr: Call) -> None:
    before = Employee.objects.get(number="KF2")
    assert hr("PATCH", "people/KF2", {"version": 1, "email": "a@example.com", "phone": None}).status_code == 200
    after = Employee.objects.get(number="KF2")
    assert (after.name, after.tag, after.id_number) == (before.name, before.tag, before.id_number)
    assert (after.email, after.phone) == ("a@example.com", "")


def test_a_write_sent_again_is_done_once(hr: Call) -> None:
    first = hr("POST", "people", NEW, idempotency_key="one")
    again = hr("POST", "people", NEW, idempotency_key="one")
    assert (first.status_code, first.content) == (again.status_code, again.content) == (201, first.content)
    assert again["Idempotency-Replayed"] == "true"
    assert Employee.objects.filter(number="E1").count() == 1
    assert Operation.objects.filter(action="people.take_on_one").count() == 1
    other = hr("POST", "people", NEW | {"number": "E2"}, idempotency_key="one")
    assert (other.status_code, other.json()["type"]) == (409, "urn:fenming:key-used")
    assert hr("POST", "people", NEW, idempotency_key="two").status_code == 422


def test_a_refused_write_may_be_sent_again_mended(hr: Call) -> None:
    assert hr("POST", "people", NEW | {"post": "nix"}, idempotency_key="one").status_code == 422
    assert not KeptAnswer.objects.exists()
    assert hr("POST", "people", NEW, idempotency_key="one").status_code == 201


def test_keys_do_not_share_their_answers(company: SmallCompany) -> None:
    one, other = calling(key_for("hr")[1]), calling(key_for("hr")[1])
    assert one("POST", "people", NEW, idempotency_key="same").status_code == 201
    assert other("POST", "people", NEW, idempotency_key="same").status_code == 422


def test_answers_are_forgotten_after_a_day(hr: Call) -> None:
    hr("PATCH", "people/KF2", {"version": 1, "tag": "x"}, idempotency_key="one")
    KeptAnswer.objects.update(made_at=timezone.now() - timedelta(hours=25))
    assert hr("PATCH", "people/KF2", {"version": 2, "tag": "y"}, idempotency_key="one").status_code == 200
    KeptAnswer.objects.update(made_at=timezone.now() - timedelta(hours=25))
    assert tidy_answers(timezone.now()) == 1


def test_refusals_speak_the_language_asked_for(company: SmallCompany) -> None:
    token = key_for("hr")[1]
    told = {
        language: calling(token, language)("POST", "people", NEW | {"custom": {"size": "x"}, "number": "KF1"}).json()
        for language in ("zh-CN", "en")
    }
    assert told["en"]["errors"][0]["field"] == told["zh-CN"]["errors"][0]["field"]
    assert calling(token, "en")("GET", "nowhere").json()["title"] == "Not Found"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b'{"name": NaN}', "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"number": ' + b"9" * 5000 + b"}", "application/json", 400),
        (json.dumps({"custom": {"a": [[[[[[[[[[1]]]]]]]]]]}}).encode(), "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"x" * 70_000, "application/json", 413),
        (b"x" * 3_000_000, "application/json", 413),
        (b'{"\\ud800": 1}', "application/json", 422),
        (b"[]", "application/json", 422),
        (b"", "application/json", 422),
    ],
)
def test_whatever_is_sent_is_answered_in_words(body: bytes, kind: str, status: int, company: SmallCompany) -> None:
    from django.test import Client

    headers = {"authorization": f"Bearer {key_for('hr')[1]}"}
    answer = Client(headers=headers).post("/api/v1/people", data=body, content_type=kind)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["detail"]


def test_other_methods_and_addresses_are_problems_too(hr: Call) -> None:
    answer = hr("DELETE", "people/KF2")
    assert (answer.status_code, answer["Allow"], answer["Content-Type"]) == (
        405, "GET, PATCH", "application/problem+json",
    )  # fmt: skip
    for address in ("nowhere", "people/", "people/%00", "people/" + "x" * 3000):
        assert hr("GET", address).status_code == 404
