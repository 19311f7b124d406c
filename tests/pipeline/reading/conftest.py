"""Files as people have them, written with real bytes, and a short way to load them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from fenming.pipeline.reading import Loaded, load

HERE = Path(__file__).parent
MAPPINGS = HERE / "mappings"
REAL = HERE.parents[2].parent / "shared" / "data"


@dataclass(frozen=True)
class Read:
    """What a load gave, with its facts as one frame a type."""

    loaded: Loaded

    @property
    def codes(self) -> list[str]:
        return [one.code for one in self.loaded.rejected]

    def facts(self, fact: str = "service_session") -> pl.DataFrame:
        files = self.loaded.tables.get(fact, [])
        return pl.read_parquet(files) if files else pl.DataFrame()

    def column(self, name: str, fact: str = "service_session") -> list[Any]:
        return self.facts(fact)[name].to_list()


@pytest.fixture
def reading(tmp_path: Path) -> Callable[..., Read]:
    def read(*paths: Path, **options: Any) -> Read:
        return Read(load(paths, into=tmp_path / "typed", **options))

    return read


@pytest.fixture
def text_file(tmp_path: Path) -> Callable[..., Path]:
    """A text file from its lines; every row is one string, cells as they stand."""

    def write(lines: Iterable[str], *, name: str = "会话.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes("\r\n".join([*lines, ""]).encode(encoding))
        return path

    return write


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    def write(rows: Sequence[Sequence[object]], *, name: str = "会话.xlsx", sheet: str = "数据") -> Path:
        path = tmp_path / name
        with xlsxwriter.Workbook(path, {"default_date_format": "yyyy/m/d h:mm"}) as book:
            page = book.add_worksheet(sheet)
            for at, row in enumerate(rows):
                page.write_row(at, 0, row)
        return path

    return write


@pytest.fixture
def one_cell(text_file: Callable[..., Path], reading: Callable[..., Read]) -> Callable[[str, str], Read]:
    """A session of which one column has one cell."""

    def read(header: str, cell: str) -> Read:
        lines = [f"会话编号\t客服\t会话开始时间\t{header}", f"S1\t阿芳\t2026-11-03 09:00:00\t{cell}"]
        return reading(text_file(lines, name="一格.tsv"))

    return read


@pytest.fixture
def real() -> Path:
    if not REAL.is_dir():
        pytest.skip(f"the real data are not here: {REAL}")
    return REAL
