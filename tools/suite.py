"""The whole suite: style, types, storeys, then the tests on SQLite and again on PostgreSQL."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tools import postgres

HERE = Path(sys.executable).parent
CHECKS: dict[str, list[str | Path]] = {
    "style": [HERE / "ruff", "check", "."],
    "format": [HERE / "ruff", "format", "--check", "."],
    "types": [HERE / "mypy"],
    "storeys": [HERE / "lint-imports"],
}
DATABASE_TESTS = ["src/fenming"]
COVERED = ["--cov=fenming.rules", "--cov-branch", "--cov-report=term:skip-covered", "--cov-fail-under=100"]
TWO = ["-n", "2"]
"""As many processes as a small machine has cores."""


def main() -> int:
    """Run everything, print one closing line, and fail when anything failed or, in CI, was skipped."""
    failed = [name for name, command in CHECKS.items() if _run(name, command)]
    counts = {"passed": 0, "failed": len(failed), "skipped": 0}
    with postgres.server() as address:
        _tests("rules", ["tests/rules", *COVERED], {}, counts)
        _tests("SQLite", [*TWO, "--ignore=tests/rules", "--ignore=tests/flows", *sys.argv[1:]], {}, counts)
        _tests("browsers and servers", [*TWO, "tests/flows"], {}, counts)  # apart: a browser's loop bars Django's ORM
        if address:
            _tests("PostgreSQL", [*TWO, *DATABASE_TESTS], {"FENMING_DB": address}, counts)
        else:
            print("Skipped: the database tests on PostgreSQL, which is not installed.")
            counts["skipped"] += 1
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    strict = os.environ.get("CI") == "true" and counts["skipped"]
    if strict:
        print("In CI nothing may be skipped.")
    return 1 if counts["failed"] or strict or not counts["passed"] else 0


def _run(name: str, command: list[str | Path]) -> int:
    print(f"── {name}", flush=True)
    return subprocess.run([str(part) for part in command], check=False).returncode


def _tests(name: str, arguments: list[str], environment: dict[str, str], counts: dict[str, int]) -> None:
    print(f"── tests on {name}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "--durations=15", *arguments]
    with subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        last = ""
        for line in running.stdout or ():
            print(line, end="", flush=True)
            last = line if re.search(r"\b(passed|failed|error|skipped)", line) else last
    for word in counts:
        found = re.search(rf"(\d+) {word}", last)
        counts[word] += int(found[1]) if found else 0
    errors = re.search(r"(\d+) error", last)
    counts["failed"] += int(errors[1]) if errors else 0
    if running.returncode and not re.search(r"\d+ (failed|error)", last):
        counts["failed"] += 1


if __name__ == "__main__":
    sys.exit(main())
