"""The demo company's cycles can be led: whoever takes part has somebody who reviews."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
ALONE = """
    SELECT COUNT(*), SUM(reviewer_id IS NULL), SUM(reviewer_id = employee_id)
    FROM cycles_participant WHERE removed_at IS NULL
"""


def test_everybody_has_a_reviewer_who_is_somebody_else(demo_with_cycles: Path) -> None:
    with closing(sqlite3.connect(demo_with_cycles / "fenming.sqlite3")) as kept:
        people, without, of_oneself = kept.execute(ALONE).fetchone()
    assert people > 0
    assert (without, of_oneself) == (0, 0)
