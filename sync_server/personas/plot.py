"""A picture of a model: where its users lie, and what each persona is like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sync_server.personas.chunk import Floats, Reals
from sync_server.personas.clustering import distances_to
from sync_server.personas.features import FEATURES
from sync_server.personas.fitting import Fit
from sync_server.personas.model import Model
from sync_server.personas.naming import NAMES

__all__ = ["draw"]

#: Dots that can be told apart.
_USERS = 5_000
#: Told apart also by who sees no red or no green (Okabe and Ito).
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7")

#: Standard deviations from which a field is too dark for black letters.
_DARK = 1.2


def draw(fit: Fit, path: Path) -> None:
    """Write a PNG; OSError if it cannot be written."""
    figure = Figure(figsize=(15, 9), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    metrics = fit.metrics
    figure.suptitle(
        f"{metrics.users:,} users: stability {metrics.stability:.2f}, "
        f"silhouette {metrics.silhouette:.2f}"
    )
    _draw_users(left, fit.sample[:_USERS], fit.model)
    _draw_profiles(right, fit.model)
    figure.savefig(path, format="png", dpi=100)


def _draw_users(axes: Axes, sample: Floats, model: Model) -> None:
    """Draw users in the plane in which the four centres lie farthest apart."""
    plane = _plane(model.centres)
    codes = distances_to(sample, model.centres).argmin(axis=1)
    places, centres = sample @ plane, model.centres @ plane
    for code, (name, colour) in enumerate(zip(NAMES, _COLOURS, strict=True)):
        own = places[codes == code]
        share = len(own) / max(len(places), 1)
        label = f"{name} ({share:.0%})"
        axes.scatter(own[:, 0], own[:, 1], s=6, c=colour, alpha=0.4, label=label)
        x, y = centres[code]
        axes.scatter(x, y, s=160, c=colour, marker="X", edgecolors="black")
    axes.set_title("Users, seen where the personas lie farthest apart")
    axes.set_xlabel("first direction, standard deviations")
    axes.set_ylabel("second direction, standard deviations")
    axes.legend(markerscale=3)


def _draw_profiles(axes: Axes, model: Model) -> None:
    """Draw how far each persona is above or below everybody, feature by feature."""
    axes.imshow(model.centres.T, cmap="PuOr", vmin=-2, vmax=2, aspect="auto")
    typical = model.typical()
    for place in range(len(FEATURES)):
        for code in range(len(NAMES)):
            axes.text(
                code,
                place,
                f"{typical[code, place]:.3g}",
                ha="center",
                va="center",
                fontsize=7,
                color="white" if abs(model.centres[code, place]) > _DARK else "black",
            )
    axes.set_xticks(range(len(NAMES)), NAMES)
    axes.set_yticks(
        range(len(FEATURES)), [f"{f.name} ({f.unit})" for f in FEATURES], fontsize=7
    )
    axes.set_title("Typical users (orange: less than all)")


def _plane(centres: Reals) -> Reals:
    """Return the two directions (32, 2) that hold most of how the centres differ."""
    plane: Reals = np.linalg.svd(centres - centres.mean(axis=0))[2][:2].T
    return plane
