"""Jobs that write down when they begin and end, and wait while a file named ``hold`` is there."""

import os
import time

from django.conf import settings

from fenming.controls.jobs import Working, job


@job()
def slow(work: Working, *, number: int) -> dict[str, int]:
    note(f"begin {number}")
    while (settings.DATA / "hold").exists():
        time.sleep(0.02)
    note(f"end {number}")
    return {"process": os.getpid()}


def note(line: str) -> None:
    """One line; short appended lines of several processes do not mix."""
    with (settings.DATA / "notes").open("a") as file:
        file.write(f"{line} {os.getpid()}\n")
