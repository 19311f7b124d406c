"""The pure parts of the chain: ranges and the canonical form."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from fenming.controls import seals
from fenming.controls.models import Operation

NUMBERS = st.sets(st.integers(1, 60))


@given(NUMBERS)
def test_runs_hold_exactly_the_ids_they_were_made_of(numbers: set[int]) -> None:
    found = list(seals.runs(sorted(numbers)))
    assert list(seals.ids(found)) == sorted(numbers)
    assert seals.joined(found) == found
    assert seals.size(found) == len(numbers)


@given(NUMBERS, NUMBERS)
def test_without_is_the_difference_of_sets(some: set[int], covered: set[int]) -> None:
    rest = seals.without(list(seals.runs(sorted(some))), list(seals.runs(sorted(covered))))
    assert list(seals.ids(rest)) == sorted(some - covered)


@given(st.lists(NUMBERS, max_size=4))
def test_joined_is_the_union_in_any_order(several: list[set[int]]) -> None:
    ranges = [one for numbers in several for one in seals.runs(sorted(numbers))]
    assert list(seals.ids(seals.joined(reversed(ranges)))) == sorted(set().union(*several))


def test_one_moment_has_one_form_to_the_microsecond() -> None:
    moment = datetime(2026, 10, 1, 9, 30, 0, 123_456, tzinfo=UTC)
    there = moment.astimezone(timezone(timedelta(hours=8)))
    assert seals.canonical(there) == seals.canonical(moment)
    assert seals.canonical(moment + timedelta(microseconds=1)) != seals.canonical(moment)


def test_the_order_of_keys_does_not_matter_but_every_value_does() -> None:
    assert seals.fingerprint([{"a": 1, "b": "二"}]) == seals.fingerprint([{"b": "二", "a": 1}])
    assert len({seals.fingerprint([one]) for one in (1, "1", True, None, 1.0, [1], {"1": 1})}) == 7


def test_every_column_of_an_entry_is_hashed() -> None:
    assert set(seals.COLUMNS) == {one.attname for one in Operation._meta.concrete_fields}
