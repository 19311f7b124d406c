"""The mapping file: for exports whose headers say too little, what each field is made of; and ``--map``."""

from collections import abc
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from fenming.library.facts import fact_type, fact_types
from fenming.library.files import load_file
from fenming.library.text import Model, Words
from fenming.pipeline.reading.findings import ReadingError
from fenming.pipeline.reading.headings import hint


def _as_text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int | float) else value


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Text = Annotated[str, BeforeValidator(_as_text)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_list)]


class Cell(Model):
    """Where a field comes from: one column, or several joined with "-"; a time of day may name the column of its day.

    ``format`` is that of the day, e.g. %y%m%d, or epoch_s, epoch_ms; ``unit`` that of a bare number: s, min, 万元, %.
    """

    column: Texts = Field(min_length=1)
    on_day_of: str | None = None
    format: str | None = None
    unit: str | None = None

    @model_validator(mode="before")
    @classmethod
    def short_form(cls, value: Any) -> Any:
        return value if isinstance(value, abc.Mapping) else {"column": value}


class Where(Model):
    """Which rows count: those with one of these values, or with none of those."""

    only: Texts = ()
    not_: Texts = Field(default=(), alias="not")

    @model_validator(mode="before")
    @classmethod
    def short_form(cls, value: Any) -> Any:
        return value if isinstance(value, abc.Mapping) else {"only": value}


class Lookup(Model):
    """A second file, beside the first, whose row with the same ``on`` adds its columns."""

    file: str
    on: str
    to: str | None = None
    """The name of the column there, when it is another."""
    required: bool = True
    """Whether a row without its match is left out and listed."""

    @model_validator(mode="before")
    @classmethod
    def on_is_a_word(cls, value: Any) -> Any:
        """YAML 1.1 reads a bare ``on`` as true."""
        return (
            {"on" if name is True else name: one for name, one in value.items()}
            if isinstance(value, abc.Mapping)
            else value
        )


class FileMapping(Model):
    """How one file, or all files of a name pattern, become facts."""

    file: str
    fact: str
    sheet: str | None = None
    columns: abc.Mapping[str, Cell]
    constants: abc.Mapping[str, Text] = Field(default_factory=dict)
    lookup: tuple[Lookup, ...] = ()
    where: abc.Mapping[str, Where] = Field(default_factory=dict)
    missing: abc.Mapping[str, Texts] = Field(default_factory=dict)
    """Field → further words that mean "no value" there, such as NO_SERVER, or 0 for a customer nobody identified."""
    zone: str | None = None

    @model_validator(mode="after")
    def fields_are_known(self) -> Self:
        known = fields_of(fact_type(self.fact).id)
        for field in [*self.columns, *self.constants, *self.missing]:
            if field not in known:
                raise ValueError(f"“{field}” is no field of {self.fact}.{hint([field], known)[1]}")
        if "occurred_at" not in {*self.columns, *self.constants}:
            raise ValueError("occurred_at, the time of the event, is missing")
        return self

    def headers(self) -> list[str]:
        """Every column that the mapping speaks of."""
        cells = [name for cell in self.columns.values() for name in (*cell.column, cell.on_day_of) if name]
        return list(dict.fromkeys([*cells, *self.where, *(one.on for one in self.lookup)]))


class Mapping(Model):
    """A whole mapping file."""

    facts: tuple[FileMapping, ...] = ()
    ignore: tuple[str, ...] = ()

    def of(self, path: Path) -> list[FileMapping]:
        """What the mapping says about this file; a file may hold several kinds of facts."""
        return [one for one in self.facts if fnmatch(path.name, one.file)]

    def ignores(self, path: Path) -> bool:
        """Whether the file is to be left alone: said so, or only there to be looked up."""
        looked_up = any(fnmatch(path.name, one.file) for mapping in self.facts for one in mapping.lookup)
        return any(fnmatch(path.name, one) for one in self.ignore) or (looked_up and not self.of(path))


def load_mapping(path: Path) -> Mapping:
    """A mapping file of the user's; errors name the file and the field."""
    return load_file(path, Mapping)


def fields_of(fact: str) -> list[str]:
    return ["occurred_at", *fact_type(fact).all_columns]


@dataclass(frozen=True, slots=True)
class Forced:
    """One ``--map column=field`` or ``column=field:%d/%m/%Y``."""

    header: str
    field: str
    format: str | None = None


def forced(columns: abc.Mapping[str, str], fact: str | None) -> list[Forced]:
    """The ``--map`` arguments, their fields checked; an unknown one raises with the nearest names."""
    known = fields_of(fact) if fact else list(dict.fromkeys(name for one in fact_types() for name in fields_of(one)))
    found = [Forced(header, *_field_and_format(said)) for header, said in columns.items()]
    for one in found:
        if one.field not in known:
            zh, en = hint([one.field], known)
            of_zh, of_en = (f"{fact} 的", f" of {fact}") if fact else ("", "")
            raise ReadingError(
                Words(
                    zh=f"--map {one.header}={one.field}：没有{of_zh}字段“{one.field}”。{zh}",
                    en=f"--map {one.header}={one.field}: there is no field “{one.field}”{of_en}.{en}",
                )
            )
    return found


def _field_and_format(said: str) -> tuple[str, str | None]:
    field, _, form = said.partition(":")
    return field.strip(), form.strip() or None


def check_headers(wanted: abc.Sequence[Forced], seen: abc.Sequence[str]) -> None:
    """Raise when a ``--map`` column is in none of the files."""
    for one in wanted:
        if one.header not in seen:
            zh, en = hint([one.header], seen)
            raise ReadingError(
                Words(
                    zh=f"--map {one.header}={one.field}：没有“{one.header}”这一列。{zh}列有：{'、'.join(seen)}。",
                    en=f"--map {one.header}={one.field}: there is no column “{one.header}”.{en} "
                    f"Columns: {', '.join(seen)}.",
                )
            )
