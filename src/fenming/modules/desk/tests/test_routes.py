"""Every address declares who may open it, and holds to it."""

import pytest
from django.test import Client
from django.urls import reverse

from fenming.modules.conftest import SignIn
from fenming.modules.desk.tests.conftest import October

STAFF = frozenset({"hr", "lead"})
ALLOWED = {
    "board": STAFF,
    "board-ranking": STAFF,
    "board-export": STAFF,
    "score": STAFF,
    "rows": STAFF | {"employee"},
    "me": frozenset({"lead", "employee"}),
}
PAGES = ("board", "board-ranking", "board-export", "score", "rows", "me")
USERS = {"hr": "hr", "lead": "KF1", "employee": "KF2"}


def address(name: str, october: October) -> str:
    card = october.cards["KF2"].pk
    return reverse(name, args={"score": [card], "rows": [card, "response_time"]}.get(name, []))


@pytest.mark.parametrize("role", ["hr", "lead", "employee"])
def test_each_role_opens_what_it_may_and_nothing_else(role: str, october: October, signed_in: SignIn) -> None:
    client = signed_in(USERS[role])
    answers = {name: client.get(address(name, october)).status_code for name in PAGES}
    assert answers == {name: 200 if role in ALLOWED[name] else 403 for name in PAGES}


def test_visitors_are_sent_to_sign_in(october: October) -> None:
    for name in PAGES:
        answer = Client().get(address(name, october))
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("sign-in"))


def test_pages_only_answer_reads(october: October, signed_in: SignIn) -> None:
    client = signed_in("KF1")
    assert {client.post(address(name, october)).status_code for name in PAGES} == {405}


def test_no_page_needs_an_unsafe_policy(october: October, signed_in: SignIn) -> None:
    client = signed_in("KF1")
    for name in ("board", "score", "rows", "me"):
        answer = client.get(address(name, october))
        assert "'unsafe" not in answer["Content-Security-Policy"]
        assert b"style=" not in answer.content
