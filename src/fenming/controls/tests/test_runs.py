"""Which run speaks: the newest of each period, found without reading every run that ever was."""

from datetime import date
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fenming.controls.models import Run
from fenming.controls.queries import complete_runs, run_of, runs

MONTHS = [(date(2026, one, 1), date(2026, one + 1, 1)) for one in range(1, 7)]
QUARTER = (date(2026, 1, 1), date(2026, 4, 1))
PLACES: list[list[int]] = [[], [1], [2], [1, 2], [3]]


@pytest.fixture
def many(db: None) -> list[Run]:
    """Every period scored for several choices of departments, again and again, some of it never completed."""
    rows = []
    for number, (span, places) in enumerate(product([*MONTHS, QUARTER], PLACES * 3)):
        kind = ("live", "live", "close", "adjust")[number % 4]
        rows.append(Run(kind=kind, label="x", start=span[0], end=span[1], departments=places, complete=number % 5 > 0))
    Run.objects.bulk_create(rows[::3] + rows[1::3] + rows[2::3])
    return list(Run.objects.filter(complete=True).exclude(kind="adjust").order_by("-start", "-id"))


def plainly(known: list[Run], department: int | None) -> list[Run]:
    """The same as it is defined."""
    found: dict[tuple[date, date], Run] = {}
    for run in known:
        if department is None or not run.departments or department in run.departments:
            found.setdefault((run.start, run.end), run)
    return list(found.values())


@pytest.mark.parametrize("department", [None, 1, 2, 3, 4])
def test_the_newest_run_of_each_period_speaks(many: list[Run], department: int | None) -> None:
    expected = plainly(many, department)
    assert runs(department) == expected
    for most in (1, 3, 100):
        assert runs(department, most=most) == expected[:most]
    if department is not None:
        for start, end in [*MONTHS, QUARTER]:
            same = [one for one in expected if (one.start, one.end) == (start, end)]
            assert run_of(department, start, end) == (same[0] if same else None)


def test_runs_made_again_are_not_read(many: list[Run]) -> None:
    def read(department: int | None) -> int:
        with CaptureQueriesContext(connection) as asked:
            runs(department)
        assert len(asked) == 1
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({asked[0]['sql']}) AS rows")
            return int(cursor.fetchone()[0])

    before = read(None), read(1)
    Run.objects.bulk_create(
        Run(kind="live", label="x", start=start, end=end, departments=places, complete=True)
        for _again, (start, end), places in product(range(20), MONTHS, PLACES)
    )
    assert complete_runs().count() > 600
    assert (read(None), read(1)) == (
        before[0],
        len({(one.start, one.end, tuple(one.departments)) for one in complete_runs()}),
    )
