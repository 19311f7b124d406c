"""What stays beside a result file: the typed facts and the inputs, so that every number can be explained and redone."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from fenming.lake.engine import DuckEngine
from fenming.library.text import refuse
from fenming.pipeline.compute import FactFiles, Result, compute
from fenming.pipeline.inputs import Inputs


def folder_of(result: Path) -> Path:
    """The folder beside a result file."""
    return result.with_name(f"{result.name}.evidence")


@contextmanager
def fresh(result: Path) -> Iterator[Path]:
    """A new evidence folder for a result: it takes the old one's place only when all went well."""
    final, draft = folder_of(result), result.with_name(f".{result.name}.evidence.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        yield draft
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    shutil.rmtree(final, ignore_errors=True)
    draft.rename(final)


def save(inputs: Inputs, folder: Path, result: Path) -> None:
    """Keep the inputs, and the digest of the result file that they gave."""
    (folder / "inputs.json").write_text(inputs.model_dump_json(indent=1), encoding="utf-8")
    (folder / "digest").write_text(sha256(result.read_bytes()).hexdigest(), encoding="ascii")


def facts_in(folder: Path) -> FactFiles:
    """The typed facts of an evidence folder."""
    paths = {one.name: sorted(str(path) for path in one.glob("*.parquet")) for one in folder.iterdir() if one.is_dir()}
    return FactFiles({fact: found for fact, found in sorted(paths.items()) if found})


def again(result: Path) -> tuple[DuckEngine, FactFiles, Result]:
    """Compute a result anew from its evidence. Refuses when that is not there, or when it is not of this file."""
    folder = folder_of(result)
    if not (folder / "inputs.json").is_file():
        raise refuse(
            f"找不到“{result.name}”的依据文件夹“{folder.name}”，它应与结果文件放在一起。",
            f"The evidence folder “{folder.name}” of “{result.name}” is not there; it belongs beside the result file.",
        )
    if (folder / "digest").read_text(encoding="ascii") != sha256(result.read_bytes()).hexdigest():
        raise refuse(
            f"“{result.name}”在写出之后被改动过，与依据不符。请重新计分。",
            f"“{result.name}” was changed after it was written and no longer matches its evidence. Score again.",
        )
    inputs = Inputs.model_validate_json((folder / "inputs.json").read_text(encoding="utf-8"))
    engine, files = DuckEngine([folder]), facts_in(folder)
    return engine, files, compute(engine, files, inputs)
