"""The pages of the log: who may, what they show, and that nothing hostile breaks them."""

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from fenming.controls import queries
from fenming.controls.models import Operation
from fenming.controls.operations import seal_log
from fenming.modules.audit import views
from fenming.modules.audit.tests.conftest import SignIn

PAGES = ("audit-log", "audit-export", "audit-seals")


def page(client: Client, **asked: object) -> str:
    answer = client.get("/audit/", asked)
    assert answer.status_code == 200
    return str(answer.content.decode())


def shown(text: str) -> list[str]:
    """The objects in the table."""
    return re.findall(r'data-label="Object"><a [^>]*>([^<]*)<', text)


def test_only_auditors_come_in(signed_in: SignIn) -> None:
    auditor, hr = signed_in("auditor"), signed_in("hr")
    for name in PAGES:
        assert auditor.get(reverse(name)).status_code == 200
        assert hr.get(reverse(name)).status_code == 403
        assert Client().get(reverse(name)).status_code == 302
        assert auditor.post(reverse(name)).status_code == 405
    assert hr.post(reverse("audit-verify")).status_code == 403
    assert auditor.get(reverse("audit-verify")).status_code == 405


def test_the_newest_come_first_and_older_ones_by_pages(signed_in: SignIn, some_log: None) -> None:
    client = signed_in("auditor")
    first = shown(page(client, q="KF"))
    assert first[:2] == ["=KF59", "=KF58"]
    older = Operation.objects.get(object="=KF10").pk
    assert shown(page(client, q="KF", before=older)) == [f"=KF{number}" for number in range(9, -1, -1)]


def test_person_operation_object_and_period_narrow_it(signed_in: SignIn, some_log: None) -> None:
    client = signed_in("auditor")
    assert set(shown(page(client, actor="KF1"))) == {f"=KF{number}" for number in range(1, 60, 2)}
    assert set(shown(page(client, action="bonus.set_pool"))) == {f"=KF{number}" for number in range(0, 60, 3)}
    assert shown(page(client, object="=KF7")) == ["=KF7"]
    today = timezone.localdate()
    assert shown(page(client, q="KF", start=today, end=today))
    assert shown(page(client, end=today - timedelta(days=1))) == []
    assert shown(page(client, start=today + timedelta(days=1))) == []


def test_before_and_after_are_told_and_sensitive_values_only_as_changed(signed_in: SignIn, some_log: None) -> None:
    text = page(signed_in("auditor"), object="=KF7")
    assert "<del>cs_agent</del>" in text
    assert "<ins>cs_lead</ins>" in text
    assert "(another value)" in text
    assert "13800000000" not in text
    assert "n7@example" not in text


def test_a_text_that_is_not_found_says_how_far_was_searched(
    signed_in: SignIn, some_log: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "SEARCHED_AT_ONCE", 20)
    client = signed_in("auditor")
    text = page(client, q="=kf0")
    assert "Nothing found so far" in text
    for _ in range(5):
        before = text.split("before=")[-1].split('"')[0]
        text = page(client, q="=kf0", before=before)
        if shown(text):
            break
    assert shown(text) == ["=KF0"]


def test_the_page_takes_few_queries(
    signed_in: SignIn, some_log: None, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client = signed_in("auditor")
    seal_log()
    for address in ("/audit/?q=KF&actor=KF1", "/audit/?before=30", "/audit/seals/"):
        with django_assert_max_num_queries(12):
            client.get(address)


@pytest.mark.parametrize(
    "asked",
    [
        {"before": "9" * 30}, {"before": "-1"}, {"before": "x"}, {"before": "9" * 18}, {"q": "\0"}, {"q": "%_\\'\""},
        {"q": "x" * 5000}, {"start": "x"}, {"start": "0001-01-01"}, {"end": "9999-12-31"}, {"actor": "\0" * 3},
        {"start": "2026-02-02", "end": "2026-01-01"}, {"action": "y" * 500}, {"object": "<script>"}, {"q": "\ud800"},
    ],
)  # fmt: skip
def test_nothing_hostile_breaks_the_page(signed_in: SignIn, some_log: None, asked: dict[str, str]) -> None:
    client = signed_in("auditor")
    query = "&".join(f"{name}={quoted(value)}" for name, value in asked.items())
    for name in PAGES:
        answer = client.get(f"{reverse(name)}?{query}")
        assert answer.status_code == 200
        assert b"<script>" not in b"".join(answer)


def quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))


def test_what_cannot_be_understood_is_said_and_kept(signed_in: SignIn, some_log: None) -> None:
    text = page(signed_in("auditor"), start="soon")
    assert "Enter a valid date" in text
    assert 'value="soon"' in text


def test_the_export_holds_what_is_seen_runs_nothing_and_is_logged(signed_in: SignIn, some_log: None) -> None:
    answer = signed_in("auditor").get("/audit/export/", {"actor": "KF1"})
    rows = list(load_workbook(BytesIO(b"".join(answer))).active.values)
    assert rows[0][:3] == ("No.", "Time", "Who")
    assert len(rows) == 31
    assert rows[1][4] == "'=KF59"
    assert "13800000000" not in str(rows)
    entry = Operation.objects.filter(action="audit.export").get()
    assert (entry.actor_name, entry.after["entries"], entry.after["asked"]) == ("auditor", 30, {"actor": "KF1"})


def test_too_long_an_export_is_refused_with_the_remedy(
    signed_in: SignIn, some_log: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "EXPORTED_MAX", 10)
    answer = signed_in("auditor").get("/audit/export/", {"actor": "KF1", "before": 3}, follow=True)
    assert answer.redirect_chain == [("/audit/?actor=KF1", 302)]
    assert b"Choose a shorter period" in answer.content
    assert not Operation.objects.filter(action="audit.export").exists()


def test_seals_are_shown_and_verified(signed_in: SignIn, some_log: None) -> None:
    client = signed_in("auditor")
    assert b"Nothing is sealed yet" in client.get("/audit/seals/").content
    sealed = seal_log()
    text = client.get("/audit/seals/").content.decode()
    assert f'<span class="num">{sealed}</span>' in text
    assert b"Everything holds" in client.post("/audit/seals/verify/").content
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE controls_operation DISABLE TRIGGER USER")
        else:
            cursor.execute("DROP TRIGGER controls_operation_append_only_update")
        cursor.execute("UPDATE controls_operation SET actor_name = 'WL1' WHERE object = '=KF7'")
    number = Operation.objects.get(object="=KF7").pk
    text = client.post("/audit/seals/verify/").content.decode()
    assert "The log is not what was sealed" in text
    assert f"Entry {number} changed after being sealed" in text


def test_pages_hold_no_inline_style_and_need_no_unsafe_policy(signed_in: SignIn, some_log: None) -> None:
    client = signed_in("auditor")
    for name in ("audit-log", "audit-seals"):
        answer = client.get(reverse(name))
        assert "'unsafe" not in answer["Content-Security-Policy"]
        assert b"style=" not in answer.content


def test_typing_searches_because_a_selector_with_a_space_is_quoted(signed_in: SignIn) -> None:
    """Without quotes htmx takes what follows the space for something else, and typing does nothing."""
    assert """from:"find [type=search]",""" in page(signed_in("auditor"))
