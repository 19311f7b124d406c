"""Splits of grades that a calibration compares with, where a scheme sets no shares of its own."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Self

from pydantic import Field, model_validator

from fenming.library.files import load_folder
from fenming.library.text import Model, Words


class Distribution(Model):
    """Grade → share of the people, best first. Groups smaller than ``small_group`` are not compared."""

    id: str
    name: Words
    shares: Mapping[str, Decimal]
    small_group: int = Field(default=10, ge=2)
    basis: Words
    ours: bool = True

    @model_validator(mode="after")
    def is_whole(self) -> Self:
        if any(share < 0 for share in self.shares.values()) or sum(self.shares.values()) != 1:
            raise ValueError(f"shares must be 0 or more and sum to 1, they sum to {sum(self.shares.values())}.")
        return self


@cache
def distributions() -> dict[str, Distribution]:
    """Every shipped split by id."""
    return load_folder("distributions", Distribution)
