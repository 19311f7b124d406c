from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from fenming.rules.comparing import Difference, Part, compare, whole

ONE = Decimal(1)
AMOUNTS = st.integers(0, 10**6).map(Decimal)
GROUPS = st.dictionaries(st.sampled_from("abcdef"), st.builds(Part, AMOUNTS, st.integers(1, 10**6).map(Decimal)))


def test_a_sum_s_contribution_is_its_own_difference() -> None:
    found = compare({"a": Part(Decimal(10)), "b": Part(Decimal(5))}, {"a": Part(Decimal(16))}, scale=ONE, rate=False)
    assert found["a"] == Difference(before=Decimal(10), after=Decimal(16), contribution=Decimal(6), share=Decimal(6))
    assert (found["b"].after, found["b"].change, found["b"].contribution) == (None, None, -5)


def test_a_group_that_only_grew_contributes_nothing_to_a_rate() -> None:
    before = {"a": Part(Decimal(50), Decimal(100)), "b": Part(Decimal(50), Decimal(100))}
    after = {"a": Part(Decimal(500), Decimal(1000)), "b": Part(Decimal(80), Decimal(100))}
    found = compare(before, after, scale=ONE, rate=True)
    assert (found["a"].contribution, found["a"].share, found["b"].share) == (0, 0, 1)


def test_without_a_difference_nobody_has_a_share() -> None:
    same = {"a": Part(Decimal(1), Decimal(2))}
    assert compare(same, same, scale=ONE, rate=True)["a"].share is None
    assert compare({}, same, scale=ONE, rate=True)["a"].contribution == 0


def test_parts_add_up_and_nothing_is_not_zero() -> None:
    assert whole({"a": Part(Decimal(1)), "b": Part(None, Decimal(2))}) == Part(Decimal(1), Decimal(2))
    assert whole({}).value(ONE, rate=False) is None


@given(GROUPS, GROUPS, st.booleans())
def test_contributions_add_up_to_the_difference_of_the_whole(
    before: dict[str, Part], after: dict[str, Part], rate: bool
) -> None:
    found = compare(before, after, scale=ONE, rate=rate)
    first, last = (whole(one).value(ONE, rate=rate) for one in (before, after))
    if first is not None and last is not None:
        total = sum(one.contribution for one in found.values())
        assert abs(total - (last - first)) < Decimal("0.0001")
