"""Run the benchmarks in this folder and print one table: ``python -m benchmarks [NAME...]``."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.result import Measurement, Result, paired_ratio

FOLDER = Path(__file__).parent

EXAMPLES = """
examples:
  python -m benchmarks                         all of them
  python -m benchmarks bench_ping bench_drain  two of them
  make bench ARGS=bench_step                   with everything set up first
  KAZI_BENCH_JSON=out.json python -m benchmarks bench_import

It exits with 1 where a bound was missed.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the named benchmarks, or all; return 1 if one missed its bound."""
    known = find()
    names = parser(known).parse_args(arguments).names
    console = Console(width=max(Console().width, 110))
    console.print(f"Python {platform.python_version()}, {os.cpu_count()} cores")
    results: list[Result] = []
    for name in names or known:
        with console.status(f"measuring {name} ..."):
            results += importlib.import_module(f"benchmarks.{name}").measure()
    console.print(table(results))
    missed = [result.what for result in results if not result.is_reached]
    console.print(f"Missed: {', '.join(missed)}" if missed else "All bounds are kept.")
    output = os.environ.get("KAZI_BENCH_JSON")
    if output:
        Path(output).write_text(json.dumps([asdict(r) for r in results], indent=2))
    return 1 if missed else 0


def find() -> list[str]:
    """Return the names of the benchmarks: ``bench_*.py`` without the ending."""
    return sorted(path.stem for path in FOLDER.glob("bench_*.py"))


def parser(known: Sequence[str]) -> argparse.ArgumentParser:
    """Return what reads the command line; it ends with 2 where a name is not known."""

    def name(text: str) -> str:
        if text not in known:
            there_are = ", ".join(known)
            raise argparse.ArgumentTypeError(
                f"no benchmark {text!r}; there are: {there_are}"
            )
        return text

    found = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure every speed claim beside its limit and its peers.",
        epilog=f"benchmarks:\n  {'  '.join(known)}\n{EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument(
        "names", nargs="*", type=name, metavar="NAME", help="all without one"
    )
    return found


def table(results: list[Result]) -> Table:
    """Return the table: what, ours, limit, peers, ratio."""
    grid = Table(show_lines=True)
    for heading in (
        "what",
        "ours",
        "limit",
        "peers (to the limit)",
        "ratio",
        "must be",
    ):
        grid.add_column(heading)
    for result in results:
        sign = "≤" if result.is_upper_bound else "≥"
        style = "green" if result.is_reached else "bold red"
        peers = [
            f"{shown(p, result)} ({paired_ratio(p, result.limit):.2f})"
            for p in result.peers
        ]
        grid.add_row(
            result.what,
            shown(result.ours, result),
            shown(result.limit, result),
            "\n".join(peers) or "-",
            f"[{style}]{result.ratio:.2f}[/]",
            "-" if result.bound is None else f"{sign} {result.bound:g}",
        )
    return grid


def shown(measurement: Measurement, result: Result) -> str:
    """Return a measurement as the table shows it."""
    return f"{measurement.name}: {measurement.median:,.4g} {result.unit}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
