"""Exporting the log is an operation like any other: it is logged."""

from dataclasses import asdict
from pathlib import Path

from fenming.controls.operations import Actor, record
from fenming.controls.queries import Wanted, matching
from fenming.modules.audit.queries import files


def export(actor: Actor, wanted: Wanted, path: Path) -> int:
    """Write the wanted entries into a file (.xlsx, .csv, .json), and who took which ones into the log.

    The file is written before, outside a transaction: a long one would keep everybody else from writing.
    """
    count = files.write(matching(wanted).iterator(chunk_size=2000), path)
    asked = {name: value for name, value in asdict(wanted).items() if value}
    record(actor, "audit.export", "operation log", after={"entries": count, "file": path.suffix, "asked": asked})
    return count
