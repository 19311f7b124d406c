"""The typed facts on disk, part by part, and the settling of repeated keys once all parts are there."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow.parquet as pq

from fenming.library.facts import FactType
from fenming.pipeline.reading.findings import Findings
from fenming.pipeline.reading.rows import CONTENT_MARK, arrow_schema

COARSE_ROWS = 20
COARSE_SHARE = 5
"""A sheet is too coarse for its fact when this many rows, and one in so many, repeat a key with other values."""

_SHEET = ["source_file", "source_sheet"]
_OWN = ("fact_id", "source", "batch", "source_file", "source_sheet", "source_row")


@dataclass(slots=True)
class Parts:
    """The Parquet files of one fact type. Only eight bytes a row stay in memory: the hash of its id."""

    fact: FactType
    folder: Path
    files: list[Path] = field(default_factory=list)
    hashes: list[npt.NDArray[np.uint64]] = field(default_factory=list)

    def add(self, facts: pl.DataFrame) -> None:
        if not facts.height:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"part-{len(self.files) + 1:05d}.parquet"
        _write(facts, path, self.fact)
        self.files.append(path)
        self.hashes.append(facts["fact_id"].hash().to_numpy())

    def back_to(self, count: int) -> None:
        """Forget the parts after the first ``count``: their file turned out to be broken."""
        for path in self.files[count:]:
            path.unlink()
        del self.files[count:], self.hashes[count:]

    def settle(self, findings: Findings) -> None:
        """One row a fact: of equal rows the first, of rows with one key the last; the others are listed."""
        repeated = self._repeated()
        if not len(repeated):
            return
        suspects = self._suspects(repeated)
        numbered = _number_repetitions(suspects, self.fact)
        judged = _judge(numbered)
        coarse = self._coarse(judged, findings)
        _list(
            judged.filter(pl.col("verdict") != "kept").join(coarse, on=_SHEET, how="anti", nulls_equal=True), findings
        )
        self._rewrite(judged, coarse)

    def _coarse(self, judged: pl.DataFrame, findings: Findings) -> pl.DataFrame:
        """The sheets in which one fact takes several rows, as an order's articles do in a list of articles.

        To keep the last row of each would lose the others' amounts, so none is taken and the sheet is named.
        """
        within = pl.col("verdict").eq("superseded") & pl.col("by_file").eq(pl.col("source_file"))
        repeats = judged.group_by(_SHEET, maintain_order=True).agg(within.sum().alias("repeats"))
        rows = pl.scan_parquet(self.files).group_by(_SHEET).agg(pl.len().alias("rows")).collect()
        counted = repeats.join(rows, on=_SHEET, nulls_equal=True)
        coarse = counted.filter(pl.col("repeats") >= COARSE_ROWS, pl.col("repeats") * COARSE_SHARE >= pl.col("rows"))
        for file, sheet, repeated, total in coarse.iter_rows():
            findings.add(
                "key_repeats",
                file=file,
                sheet=sheet,
                rows=total,
                repeats=repeated,
                fact=self.fact.name.en,
                fact_zh=self.fact.name.zh,
            )
        return coarse.select(_SHEET)

    def _repeated(self) -> npt.NDArray[np.uint64]:
        if not self.hashes:
            return np.empty(0, dtype=np.uint64)
        ordered = np.sort(np.concatenate(self.hashes))
        return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])

    def _suspects(self, repeated: npt.NDArray[np.uint64]) -> pl.DataFrame:
        """Where the rows are whose id comes up more than once, with a hash of their values."""
        found = []
        for at, (path, hashes) in enumerate(zip(self.files, self.hashes, strict=True)):
            places = np.flatnonzero(np.isin(hashes, repeated))
            if len(places):
                rows = pl.read_parquet(path)[places]
                found.append(
                    rows.select("fact_id", "source_file", "source_sheet", "source_row").with_columns(
                        rows.drop(*_OWN).hash_rows().alias("content"),
                        pl.lit(at).alias("part"),
                        pl.Series("place", places, dtype=pl.Int64),
                    )
                )
        return pl.concat(found).with_row_index("order")

    def _rewrite(self, judged: pl.DataFrame, coarse: pl.DataFrame) -> None:
        """Write again the parts that lose a row or get a new id; all parts when a whole sheet goes."""
        verdicts = judged.select("part", "place", "verdict", pl.col("fact_id").alias("new"))
        touched = range(len(self.files)) if coarse.height else verdicts["part"].unique().sort()
        for part in touched:
            path = self.files[part]
            rows = verdicts.filter(pl.col("part") == part).drop("part")
            whole = pl.read_parquet(path, memory_map=False).with_row_index("place").cast({"place": pl.Int64})
            whole = whole.join(rows, on="place", how="left", maintain_order="left").join(
                coarse,
                on=_SHEET,
                how="anti",
                nulls_equal=True,
                maintain_order="left",
            )
            kept = whole.filter(pl.col("verdict").is_null() | (pl.col("verdict") == "kept"))
            kept = kept.with_columns(pl.coalesce("new", "fact_id").alias("fact_id")).drop("place", "verdict", "new")
            path.unlink()
            if kept.height:
                _write(kept, path, self.fact)
        self.files = [path for path in self.files if path.exists()]


def _write(facts: pl.DataFrame, path: Path, fact: FactType) -> None:
    pq.write_table(facts.to_arrow().cast(arrow_schema(fact)), path, compression="zstd")


def _number_repetitions(suspects: pl.DataFrame, fact: FactType) -> pl.DataFrame:
    """Rows without a key that are equal within one sheet are several facts: the second has -2 behind its hash."""
    nth = pl.int_range(1, pl.len() + 1).over("fact_id", "source_file", "source_sheet")
    keyless = pl.col("fact_id").str.starts_with(f"{fact.id}:{CONTENT_MARK}")
    again = pl.format("{}-{}", "fact_id", nth)
    return suspects.with_columns(pl.when(keyless & (nth > 1)).then(again).otherwise("fact_id").alias("fact_id"))


def _judge(rows: pl.DataFrame) -> pl.DataFrame:
    """Kept, duplicate or superseded, and by which row."""
    last = pl.col("content").last().over("fact_id", order_by="order")
    rows = rows.with_columns((pl.col("content") != last).alias("other")).with_columns(
        pl.col("order").filter(pl.col("other")).max().over("fact_id").alias("changed"),
    )
    final = pl.col("changed").is_null() | (pl.col("order") > pl.col("changed"))
    rows = rows.with_columns(final.alias("final")).with_columns(
        pl.col("order").filter(pl.col("final")).min().over("fact_id").alias("keeper"),
    )
    verdict = (
        pl.when(pl.col("order") == pl.col("keeper"))
        .then(pl.lit("kept"))
        .when("final")
        .then(pl.lit("duplicate"))
        .otherwise(pl.lit("superseded"))
    )
    keeper = rows.select(
        pl.col("order").alias("keeper"),
        pl.col("source_row").alias("by_row"),
        pl.col("source_file").alias("by_file"),
        pl.col("source_sheet").alias("by_sheet"),
    )
    return rows.with_columns(verdict.alias("verdict")).join(keeper, on="keeper", how="left").sort("order")


def _list(rows: pl.DataFrame, findings: Findings) -> None:
    for one in rows.iter_rows(named=True):
        elsewhere = (one["by_file"], one["by_sheet"]) != (one["source_file"], one["source_sheet"])
        place = " ".join(filter(None, (one["by_file"], one["by_sheet"])))
        findings.add(
            one["verdict"],
            file=one["source_file"],
            sheet=one["source_sheet"],
            row=one["source_row"],
            field="fact_id",
            value=one["fact_id"].partition(":")[2],
            where=f" of {place}" if elsewhere else "",
            where_zh=f" {place} " if elsewhere else "",
            by=one["by_row"],
        )
