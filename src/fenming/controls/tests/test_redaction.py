"""What is sensitive never reaches the log in plain, wherever it stands."""

from datetime import date
from decimal import Decimal

import pytest

from fenming.controls.models import Operation
from fenming.controls.operations import SYSTEM, record
from fenming.controls.queries import Difference, differences
from fenming.controls.redaction import MASK, MASK_CHANGED, is_sensitive, kept


@pytest.mark.parametrize(
    "name", ["phone", "home_phone", "ID_NUMBER", "webhookSecret", "access-tokens", "base", "Base pay"]
)
def test_sensitive_names_are_found_in_any_spelling(name: str) -> None:
    assert is_sensitive(name)


@pytest.mark.parametrize("name", ["name", "database", "baseline", "telephone_model", "post", "valid_from", ""])
def test_other_names_are_not(name: str) -> None:
    assert not is_sensitive(name)


def test_changed_or_not_stays_visible() -> None:
    before = {"phone": "13800000000", "base": Decimal(6000), "token": None, "name": "王芳"}
    after = {"phone": "13800000000", "base": Decimal(7000), "token": "abc", "name": "王芳"}
    assert kept(before) == {"phone": MASK, "base": MASK, "token": None, "name": "王芳"}
    assert kept(after, before) == {"phone": MASK, "base": MASK_CHANGED, "token": MASK_CHANGED, "name": "王芳"}


def test_nested_values_are_masked_too() -> None:
    found = kept(
        {"people": [{"name": "王芳", "bank_account": "6222"}], "sso": {"client": {"secret": "s3"}}, "password": ["a"]}
    )
    assert found == {
        "people": [{"name": "王芳", "bank_account": MASK}],
        "sso": {"client": {"secret": MASK}},
        "password": MASK,
    }


@pytest.mark.django_db
def test_an_entry_holds_no_plain_secret_and_its_differences_tell_that_it_changed() -> None:
    before, after = (
        {"phone": "13800000000", "post": "a", "left": None},
        {"phone": "13911111111", "post": "a", "left": date(2026, 1, 2)},
    )
    record(SYSTEM, "people.change", "KF1", before=before, after=after)
    entry = Operation.objects.get()
    assert "138" not in str(entry.before)
    assert "139" not in str(entry.after)
    assert differences(entry) == [
        Difference(field="left", before=None, after="2026-01-02"),
        Difference(field="phone", before=MASK, after=MASK_CHANGED),
    ]


@pytest.mark.django_db
def test_what_no_database_can_store_is_replaced_and_not_an_error() -> None:
    record(
        SYSTEM,
        "people.change",
        "KF\0 1",
        after={"no\0te": "a\0b\udc80", "ratio": float("nan"), "amount": [Decimal("1.50")]},
    )
    entry = Operation.objects.get()
    assert entry.object == "KF\N{REPLACEMENT CHARACTER} 1"
    assert entry.after == {
        "no\N{REPLACEMENT CHARACTER}te": "a\N{REPLACEMENT CHARACTER}b?",
        "ratio": "nan",
        "amount": ["1.50"],
    }


@pytest.mark.parametrize(
    ("given", "expected"), [(1e16, 10**16), (-1e22, -(10**22)), (-0.0, 0.0), (0.1, 0.1), (1e-7, 1e-7)]
)
def test_numbers_are_kept_as_both_databases_give_them_back(given: float, expected: float) -> None:
    """PostgreSQL knows neither exponents nor a zero below zero; a log that moves there must be the same."""
    (number,) = kept({"a": [given]})["a"]
    assert repr(number) == repr(expected)
