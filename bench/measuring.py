"""Rounds, medians, tables and the machine: what every figure is made with."""

import json
import math
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

LIBRARIES = ("duckdb", "deltalake", "pyarrow", "polars", "pandas", "pyspark", "django", "psycopg")
Times = dict[str, list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """``scale`` shrinks the facts and people of quick runs; ``rounds`` is how often each contender has its turn."""

    scale: float = 1.0
    rounds: int = 5

    def of(self, count: int) -> int:
        return max(1, round(count * self.scale))


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a table; a ratio or seconds with a target get a verdict."""

    what: str
    seconds: float | None = None
    ratio: float | None = None
    target: float | None = None
    note: str = ""
    of: str = "ratio"

    @property
    def verdict(self) -> str:
        measured = self.ratio if self.of == "ratio" else self.seconds
        if self.target is None or measured is None:
            return ""
        return "reached" if measured <= self.target else "missed"


@dataclass(frozen=True, slots=True)
class Section:
    """The figures of one benchmark, with what was measured and how."""

    title: str
    about: str
    figures: Sequence[Figure]


def interleaved(contenders: Mapping[str, Callable[[], Any]], rounds: int) -> Times:
    """Seconds of each contender; all have their turn in each round, so that noise meets all of them. One warm-up."""
    times: Times = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            if turn:
                times[name].append(time.perf_counter() - start)
    return times


def medians(times: Times) -> dict[str, float]:
    return {name: median(taken) for name, taken in times.items()}


def ratio(times: Times, ours: str, theirs: str) -> float:
    """Ours as a multiple of theirs: the median of the rounds, each compared with itself."""
    return median(one / other for one, other in zip(times[ours], times[theirs], strict=True))


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The exponent: how steep y rises with x when both are drawn on logarithmic scales."""
    xs, ys = [math.log(x) for x, _ in points], [math.log(y) for _, y in points]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def peak() -> float:
    """The most memory that this process held so far, in MiB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / 1024 if found else math.nan


def apart(module: str, function: str, *arguments: Any, environ: Mapping[str, str] | None = None) -> Any:
    """What ``function`` of a bench module returns, run in a process of its own; the last line it prints is JSON."""
    code = (
        f"import json, sys; from bench.{module} import {function} as f; "
        "r = f(*json.loads(sys.argv[1])); print(); print(json.dumps(r))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, json.dumps(arguments)],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{module}.{function}{arguments} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def machine() -> list[str]:
    """What the figures were measured on."""
    text = Path("/proc/meminfo").read_text(encoding="ascii")
    memory = int(re.search(r"MemTotal:\s+(\d+)", text)[1]) / 1024**2  # type: ignore[index]  # Linux always says it
    names = re.findall(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return [
        f"{os.cpu_count()} cores{f' ({names[0]})' if names else ''}, {memory:.0f} GiB memory, {platform.system()}",
        ", ".join([f"Python {platform.python_version()}", *_versions()]),
    ]


def _versions() -> list[str]:
    found = []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found


HEADS = ("", "seconds", "ratio", "target", "verdict", "")


def markdown(sections: Sequence[Section], options: Options) -> str:
    """Everything as one page."""
    scale = "" if options.scale == 1 else f" Sizes × {options.scale:g}: not the sizes that targets are stated for."
    head = [
        "# Figures",
        "",
        "Made by `make bench`; each contender has its turn in every round, seconds are medians, a ratio is the median",
        f"of the rounds' ratios ({options.rounds} rounds after a warm-up).{scale}",
        "",
        *(f"- {line}" for line in machine()),
    ]
    return "\n".join([*head, *(line for section in sections for line in _section(section))]) + "\n"


def _section(section: Section) -> list[str]:
    rows = [_row(figure) for figure in section.figures]
    shown = [number for number in range(len(HEADS)) if number == 0 or any(row[number] for row in rows)]
    lines = [
        [HEADS[number] for number in shown],
        ["---"] * len(shown),
        *([row[number] for number in shown] for row in rows),
    ]
    return ["", f"## {section.title}", "", section.about, "", *(f"| {' | '.join(cells)} |" for cells in lines)]


def _row(figure: Figure) -> tuple[str, ...]:
    unit = "×" if figure.of == "ratio" else " s"
    return (
        figure.what,
        "" if figure.seconds is None else f"{figure.seconds:.3f}" if figure.seconds < 10 else f"{figure.seconds:.1f}",
        "" if figure.ratio is None else f"{figure.ratio:.2f}×",
        "" if figure.target is None else f"≤ {figure.target:g}{unit}",
        figure.verdict,
        figure.note,
    )
