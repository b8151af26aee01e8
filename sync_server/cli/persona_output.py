"""How a refit is told: bars while it is at work, lines and a picture at its end."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

from client_sdk.contracts.tutorial import PERSONAS

if TYPE_CHECKING:
    from sync_server.personas.fitting import Fit
    from sync_server.personas.refit import Outcome, Stage

__all__ = ["Bars", "draw_fit", "metric_lines", "outcome_lines"]


class Bars:
    """A progress bar for each stage, one after the other, on standard error."""

    def __init__(self) -> None:
        self._stage: Stage | None = None
        self._bar: Any = None
        self._done = 0

    def show(self, stage: Stage, done: int, total: int) -> None:
        """Show that so much of a stage was done."""
        if stage is not self._stage:
            self._end()
            self._stage, self._done = stage, 0
            self._bar = click.progressbar(
                length=total, label=f"{stage:<18}", file=sys.stderr
            )
            self._bar.__enter__()
        self._bar.length = max(total, 1)
        self._bar.update(done - self._done)
        self._done = done

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)


def outcome_lines(outcome: Outcome) -> Iterator[str]:
    """Yield what became of a run."""
    if not outcome.is_written:
        yield f"version {outcome.version}: refused, the personas of before are served"
    elif outcome.is_served:
        yield f"version {outcome.version}: {outcome.users:,} users, served"
    else:
        yield f"version {outcome.version}: {outcome.users:,} users, held"
    if outcome.is_written and outcome.fit is None:
        yield "   by rule: there is no model that could be served"
    if outcome.fit is not None:
        yield from (f"   {li}" for li in metric_lines(outcome.fit.metrics.as_json()))
    yield from (f"   not good: {fault}" for fault in outcome.faults)


def metric_lines(metrics: Any) -> Iterator[str]:
    """Yield the metrics of a model as they are stored; nothing if there was none."""
    if "sizes" not in metrics:
        return
    sizes = ", ".join(f"{name} {size:,}" for name, size in _in_order(metrics["sizes"]))
    yield f"{sizes}; little data {metrics['thin']:,}, refused {metrics['refused']:,}"
    yield (
        f"stability {metrics['stability']:.2f}, silhouette {metrics['silhouette']:.2f}, "
        f"lead of the names {metrics['lead']:.2f}"
    )
    if metrics["drift"] is not None:
        changed = metrics["changed_share"] or 0.0
        yield (
            f"since the last model: drift {metrics['drift']:.3f}, changed persona "
            f"{changed:.2%}, held at a border {metrics['held']:,}"
        )


def _in_order(sizes: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the personas in the specification's order; JSON of the database has its own.

    Those of another release come last.
    """
    names = (*PERSONAS, *sorted(sizes.keys() - set(PERSONAS)))
    return [(name, sizes[name]) for name in names if name in sizes]


def draw_fit(fit: Fit, path: Path) -> None:
    """Draw a model into a PNG file; ClickException if it cannot be written."""
    from sync_server.personas.plot import draw

    try:
        draw(fit, path)
    except OSError as exc:
        raise click.ClickException(f"cannot write {path}: {exc.strerror}") from exc
    click.echo(f"drew {path}")
