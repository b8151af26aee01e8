"""Run the benchmarks in this folder and print one table: ``python -m benchmarks [NAME...]``."""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.result import Measurement, Result, paired_ratio

FOLDER = Path(__file__).parent


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; return 1 if one missed its bound."""
    console = Console(width=max(Console().width, 110))
    console.print(f"Python {platform.python_version()}, {os.cpu_count()} cores")
    results: list[Result] = []
    for name in names or sorted(find()):
        with console.status(f"measuring {name} ..."):
            results += importlib.import_module(f"benchmarks.{name}").measure()
    console.print(table(results))
    missed = [result.what for result in results if not result.is_reached]
    console.print(f"Missed: {', '.join(missed)}" if missed else "All bounds are kept.")
    output = os.environ.get("KAZI_BENCH_JSON")
    if output:
        Path(output).write_text(json.dumps([asdict(r) for r in results], indent=2))
    return 1 if missed else 0


def find() -> Iterator[str]:
    """Return the names of the benchmarks: ``bench_*.py`` without the ending."""
    return (path.stem for path in FOLDER.glob("bench_*.py"))


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
