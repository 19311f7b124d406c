"""Definitions that tests publish."""

from datetime import date

import pytest

from fenming.library.indicators import Indicator, indicator


@pytest.fixture
def definition() -> Indicator:
    """A new indicator that counts sessions answered within twenty seconds."""
    one = indicator("thirty_second_reply_rate")
    return one.model_copy(update={"id": "twenty_seconds", "valid_from": date(2026, 11, 1)})
