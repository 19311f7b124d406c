import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenming.controls.masking import Kind, masked

texts = st.text(max_size=30) | st.text("👩‍🦰1é", max_size=30)


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("id_number", "11010119900307002X", "110***********002X"),
        ("id_number", "110101900307002", "110********7002"),
        ("phone", "13812341234", "138****1234"),
        ("phone", "1381234123", "**********"),
        ("phone", "+8613812341234", "+86*******1234"),
        ("email", "linxiaowen@example.com", "l***@example.com"),
        ("email", "l@example.com", "***@example.com"),
        ("email", "linxiaowen", "**********"),
        ("email", '"a@b"@example.com', '"***@example.com'),
        ("account", "6222020200112341234", "***************1234"),
        ("account", "1234", "****"),
        ("pay", "6000.00", "***"),
        ("pay", "", "***"),
        ("phone", "", ""),
    ],
)
def test_what_is_shown(kind: Kind, text: str, shown: str) -> None:
    assert masked(kind, text) == shown


@given(texts, st.sampled_from([("id_number", 3, 4), ("phone", 3, 4), ("account", 0, 4)]))
def test_no_more_than_the_stated_characters_are_shown(text: str, rule: tuple[Kind, int, int]) -> None:
    kind, front, end = rule
    shown = masked(kind, text)
    assert len(shown) == len(text)
    if len(text) < front + end + 4:
        assert shown == "*" * len(text)
    else:
        assert shown[front : len(text) - end] == "*" * (len(text) - front - end)
        assert (shown[:front], shown[len(text) - end :]) == (text[:front], text[len(text) - end :])


@given(texts, texts.filter(lambda text: "@" not in text))
def test_an_address_shows_its_first_letter_and_its_domain(name: str, domain: str) -> None:
    first = name[0] if len(name) > 1 else ""
    assert masked("email", f"{name}@{domain}") == f"{first}***@{domain}"
    assert set(masked("email", domain)) <= {"*"}


@given(texts)
def test_pay_shows_nothing(text: str) -> None:
    assert masked("pay", text) == "***"
