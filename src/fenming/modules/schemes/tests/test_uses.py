"""An indicator of the company's own stays while a scheme reads it."""

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from fenming.controls.operations import SYSTEM
from fenming.library.indicators import indicator
from fenming.library.text import Refusal
from fenming.modules.conftest import SignIn, SmallCompany
from fenming.modules.indicators.models import OwnIndicator
from fenming.modules.indicators.operations.publishing import end, publish, withdraw
from fenming.modules.schemes.models import Draft, SchemeVersion
from fenming.modules.schemes.queries.uses import reads

BEGUN, DAY = date(2026, 9, 1), date(2026, 12, 1)
CHATS = indicator("thirty_second_reply_rate").model_copy(update={"id": "chats"})


@pytest.fixture
def own(small_company: SmallCompany) -> OwnIndicator:
    return publish(SYSTEM, CHATS, BEGUN, "")


def with_chats(definition: dict[str, Any], part: str = "items") -> dict[str, Any]:
    first = definition["items"][0]
    row = {**first, "indicator": "chats"} if part == "items" else {"id": "v", "indicator": "chats", "limit": "0"}
    rows = [row, *definition["items"][1:]] if part == "items" else [row]
    return {**definition, part: rows}


def change(part: str, **values: Any) -> SchemeVersion:
    version = SchemeVersion.objects.get(identifier="customer_service")
    SchemeVersion.objects.filter(pk=version.pk).update(definition=with_chats(version.definition, part), **values)
    return version


@pytest.mark.parametrize("part", ["items", "vetoes"])
def test_what_a_scheme_in_force_reads_is_neither_ended_nor_withdrawn(part: str, own: OwnIndicator) -> None:
    change(part)
    with pytest.raises(Refusal, match=r"Customer service\. First take it out .* from 2026-12-01 or earlier"):
        end(SYSTEM, "chats", DAY, "", version=own.pk)
    with pytest.raises(Refusal, match="Schemes still use this indicator: Customer service"):
        withdraw(SYSTEM, own)
    own.refresh_from_db()
    assert own.valid_to is None


def test_what_only_a_scheme_of_the_past_read_may_end(own: OwnIndicator) -> None:
    change("items", valid_to=DAY)
    with pytest.raises(Refusal):
        end(SYSTEM, "chats", date(2026, 11, 30), "", version=own.pk)
    assert end(SYSTEM, "chats", DAY, "", version=own.pk).valid_to == DAY


def test_what_a_scheme_to_come_reads_is_kept_for_it(own: OwnIndicator) -> None:
    change("items", valid_from=date(2027, 3, 1))
    with pytest.raises(Refusal, match="Customer service"):
        end(SYSTEM, "chats", DAY, "", version=own.pk)


@pytest.mark.parametrize(
    ("state", "kept"), [("drafting", True), ("returned", True), ("submitted", True), ("approved", True),
                        ("published", False), ("withdrawn", False)],
)  # fmt: skip
def test_what_a_draft_reads_is_kept_until_it_is_given_up(
    state: str, kept: bool, own: OwnIndicator, draft: Draft
) -> None:
    Draft.objects.filter(pk=draft.pk).update(definition=with_chats(draft.definition), state=state)
    if not kept:
        withdraw(SYSTEM, own)
        assert not OwnIndicator.objects.exists()
        return
    with pytest.raises(Refusal, match=r"Customer service \(draft\)"):
        withdraw(SYSTEM, own)


def test_a_finer_version_is_taken_back_as_the_one_before_holds_again(own: OwnIndicator) -> None:
    change("items")
    finer = publish(SYSTEM, CHATS.model_copy(update={"digits": 3}), DAY, "")
    withdraw(SYSTEM, finer)
    own.refresh_from_db()
    assert own.valid_to is None


def test_a_shipped_indicator_speaks_again_though_schemes_read_it(small_company: SmallCompany) -> None:
    changed = indicator("response_time").model_copy(update={"digits": 3})
    row = publish(SYSTEM, changed, BEGUN, "")
    assert end(SYSTEM, "response_time", DAY, "", version=row.pk).valid_to == DAY


def test_a_scheme_that_brings_its_own_definition_needs_no_other(own: OwnIndicator) -> None:
    version = change("items")
    version.refresh_from_db()
    embedded = {"chats": CHATS.model_dump(mode="json")}
    SchemeVersion.objects.filter(pk=version.pk).update(definition={**version.definition, "indicators": embedded})
    withdraw(SYSTEM, own)


@pytest.mark.parametrize("definition", [{}, {"items": None}, {"items": ["x", {}]}])
def test_an_unfinished_definition_reads_nothing(definition: dict[str, Any]) -> None:
    assert not reads(definition, "chats")


def test_the_page_says_which_schemes_and_what_to_do(own: OwnIndicator, signed_in: SignIn) -> None:
    change("items")
    client = signed_in("hr")
    sent = {"version": own.pk, "valid_from": "2026-12-01", "reason": ""}
    page = client.post(reverse("indicator-end", args=["chats"]), sent, follow=True).content.decode()
    assert "Schemes still use this indicator: Customer service. First take it out" in page
    withdrawn = client.post(reverse("indicator-withdraw", args=["chats", own.pk]), follow=True)
    assert "Schemes still use this indicator" in withdrawn.content.decode()
