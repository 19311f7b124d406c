"""File layouts: exports of platforms that are known by their headers, with what each column means and its traps."""

from collections.abc import Mapping
from functools import cache
from typing import Literal, Self

from pydantic import Field, model_validator

from fenming.library.facts import fact_type
from fenming.library.files import load_folder
from fenming.library.text import Model, Words, did_you_mean


class Layout(Model):
    """One export. ``rows`` become facts; a ``summary`` is recognised in order to be refused with a clear word."""

    id: str
    name: Words
    kind: Literal["rows", "summary"]
    fact: str | None = None
    headers: tuple[str, ...] = Field(min_length=2)
    """Headers that must all be there."""
    columns: Mapping[str, str] = Field(default_factory=dict)
    """Header → field. A date and a time column may both be occurred_at."""
    constants: Mapping[str, str] = Field(default_factory=dict)
    notes: tuple[Words, ...] = ()

    @model_validator(mode="after")
    def fields_are_known(self) -> Self:
        if self.kind == "summary":
            return self
        if self.fact is None:
            raise ValueError("a layout of rows names its fact")
        known = ["occurred_at", *fact_type(self.fact).all_columns]
        for field in [*self.columns.values(), *self.constants]:
            if field not in known:
                raise ValueError(f"“{field}” is no field of {self.fact}.{did_you_mean(field, known).en}")
        return self


@cache
def layouts() -> dict[str, Layout]:
    """Every shipped layout by id."""
    return load_folder("layouts", Layout)
