"""Reads of the shared paperwork."""

from datetime import date

from fenming.controls.models import Run


def newest_run(start: date, end: date) -> Run | None:
    """The run that speaks for a period: the newest complete one."""
    return Run.objects.filter(start=start, end=end, complete=True).order_by("-id").first()


def runs() -> list[Run]:
    """The newest complete run of each period, the latest period first."""
    found: dict[tuple[date, date], Run] = {}
    for run in Run.objects.filter(complete=True).order_by("-start", "-id"):
        found.setdefault((run.start, run.end), run)
    return list(found.values())


def pinned_versions() -> list[dict[str, int]]:
    """The fact versions that some run still names, which vacuum keeps."""
    return list(Run.objects.values_list("facts", flat=True))
