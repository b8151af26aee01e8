"""A refit of a million users, beside the bare cost of moving them and clustering once.

The cost from 10,000 to 1,000,000 users is drawn into ``.bench/personas.png``.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.result import Measurement, Result, rounds_of
from benchmarks.servers import database, postgres
from sync_server.db.migrations import Migrator

ROUNDS = 3
SIZES = (10_000, 100_000, 1_000_000)
#: Times the bare cost.
BOUND = 3.0
MEMORY_BOUND_MB = 1_000.0
#: A user may cost so much more among a million than among a hundred thousand.
LINEAR_BOUND = 2.0
PLOT = Path(__file__).parents[1] / ".bench" / "personas.png"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took."""

    seconds: float
    memory_mb: float


def measure() -> list[Result]:
    """Return time and memory for a million users, and how the cost grows."""
    found: dict[int, Mapping[str, list[Cost]]] = {}
    with postgres() as postgres_url, database(postgres_url, "personas") as url:
        Migrator(url).apply()
        for size in SIZES:
            run("fill", url, size)
            cases = {case: partial(run, case, url) for case in ("ours", "bare")}
            found[size] = rounds_of(cases, rounds=ROUNDS)
    draw(found)
    return [*results(found[SIZES[-1]]), growth(found)]


def run(case: str, url: str, number: int = 0) -> Cost:
    """Run one case of :mod:`benchmarks.refits` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.refits", case, url, str(number)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return Cost(**json.loads(done.stdout))


def results(costs: Mapping[str, list[Cost]]) -> list[Result]:
    """Return the time beside the bare one, and the memory beside its bound."""
    ours, bare = costs["ours"], costs["bare"]
    what = f"a refit of {SIZES[-1]:,} users"
    return [
        Result(
            what=f"{what}, SQL to served personas",
            unit="s",
            ours=_measured("refit", [cost.seconds for cost in ours]),
            limit=_measured("COPY, KMeans, COPY", [cost.seconds for cost in bare]),
            bound=BOUND,
        ),
        Result(
            what=f"{what}, memory at most",
            unit="MB",
            ours=_measured("refit", [cost.memory_mb for cost in ours]),
            limit=_measured("bound", [MEMORY_BOUND_MB for _ in ours]),
            peers=(_measured("bare", [cost.memory_mb for cost in bare]),),
            bound=1.0,
        ),
    ]


def growth(found: Mapping[int, Mapping[str, list[Cost]]]) -> Result:
    """Return what a user costs among many, beside a tenth of them."""
    few, many = SIZES[-2:]
    return Result(
        what=f"a refit, a user among {many:,} to one among {few:,}",
        unit="us",
        ours=_measured("many", _microseconds(found, many)),
        limit=_measured("few", _microseconds(found, few)),
        bound=LINEAR_BOUND,
    )


def draw(found: Mapping[int, Mapping[str, list[Cost]]]) -> None:
    """Draw seconds over users, on logarithmic axes, beside a straight line."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for case, label in (("ours", "refit"), ("bare", "COPY, KMeans, COPY")):
        seconds = [
            statistics.median(cost.seconds for cost in found[size][case])
            for size in SIZES
        ]
        axes.plot(SIZES, seconds, marker="o", label=label)
        if case == "ours":
            line = [seconds[-1] * size / SIZES[-1] for size in SIZES]
            axes.plot(SIZES, line, "--", color="grey", label="as many times the users")
    axes.set(xscale="log", yscale="log", xlabel="users", ylabel="seconds")
    axes.legend()
    PLOT.parent.mkdir(exist_ok=True)
    figure.savefig(PLOT, format="png", dpi=100)


def _microseconds(
    found: Mapping[int, Mapping[str, list[Cost]]], size: int
) -> list[float]:
    return [cost.seconds / size * 1e6 for cost in found[size]["ours"]]


def _measured(name: str, rounds: Sequence[float]) -> Measurement:
    return Measurement(name=name, rounds=rounds)
