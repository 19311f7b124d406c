"""``python -m bench [names] [--scale 0.1] [--rounds 5] [--out bench/results.md]``."""

import argparse
from importlib import import_module
from pathlib import Path

from bench.measuring import Options, Section, markdown

BENCHMARKS = ("readings", "spark", "attribution", "append", "growth", "close", "people", "load")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"some of {', '.join(BENCHMARKS)}; none: all")
    parser.add_argument("--scale", type=float, default=1.0, help="a share of the sizes, for quick runs")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, help="where the page is written")
    given = parser.parse_args()
    if unknown := set(given.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    options = Options(scale=given.scale, rounds=given.rounds)
    sections: list[Section] = []
    for name in given.names or BENCHMARKS:
        print(f"{name} …", flush=True)
        section = import_module(f"bench.{name}").run(options)
        sections.append(section)
        print(markdown([section], options).split("\n## ", 1)[1], flush=True)
    if given.out:
        given.out.write_text(markdown(sections, options), encoding="utf-8")


if __name__ == "__main__":
    main()
