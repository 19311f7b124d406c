"""Whoever looks at the records of one person needs few shifts, and reads the shares that the score was made with."""

from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from fenming.lake.credits import Credits
from fenming.library.schemes import Attribution, schemes
from fenming.pipeline.compute import credits_for, credits_of
from fenming.pipeline.inputs import Duty, Inputs, Person

FIRST = datetime(2026, 10, 1)
HOURS = st.integers(0, 24 * 6)
DUTIES = st.lists(
    st.builds(
        lambda person, account, start, hours, weight: Duty(
            person=person, account=account, start=FIRST + timedelta(hours=start),
            end=FIRST + timedelta(hours=start + hours), weight=Decimal(weight),
        ),
        st.sampled_from("ABC"), st.sampled_from("xy"), HOURS, st.integers(1, 40), st.sampled_from([1, 2]),
    ),
    max_size=14,
)  # fmt: skip


def share_of(credits: Credits | None, account: str, moment: datetime) -> int:
    """Parts per million of a fact at this moment that are A's."""
    return sum(
        dict(one.shares).get("A", 0)
        for one in (credits.segments if credits else ())
        if one.account == account and one.start <= moment < one.end
    )


@settings(max_examples=30)
@given(DUTIES, st.sampled_from(["equal", "minutes"]))
def test_one_persons_shares_are_the_same_with_the_few_shifts_that_matter(duties: list[Duty], method: str) -> None:
    scheme = schemes()["customer_service"].model_copy(update={"attribution": Attribution(roster=method)})  # type: ignore[arg-type]
    inputs = Inputs(
        schemes=(scheme,), start=FIRST.date(), end=FIRST.date() + timedelta(days=8), roster=tuple(duties),
        people=tuple(Person(person=one) for one in "ABC"), code="test",
    )  # fmt: skip
    whole, part = credits_of(inputs), credits_for(inputs, "A")
    for hour in range(-1, 24 * 8):
        moment = FIRST + timedelta(hours=hour, minutes=30)
        for account in "xy":
            assert share_of(part, account, moment) == share_of(whole, account, moment)
