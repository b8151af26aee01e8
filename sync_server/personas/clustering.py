"""KMeans over a population that may be larger than memory.  Pure.

scikit-learn fits a sample; Lloyd's steps over everybody follow, chunk by chunk, until the
centres rest.  A step needs of each chunk only its sums, which merge, so that it takes the
memory of one chunk, and could be done by several workers.  (scikit-learn's own way for
large data, MiniBatchKMeans, draws every batch from all rows: 19 s for a million.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from sync_server.personas.chunk import Floats, Reals

__all__ = [
    "CLUSTERS",
    "Sums",
    "choose_start",
    "distances_to",
    "has_clusters",
    "lloyd",
    "step_sums",
    "sums_over",
]

#: The specification names four personas (5.2).
CLUSTERS = 4
_MAX_STEPS = 50
#: Sum of squared moves of the centres below which they rest, as scikit-learn's ``tol``.
_REST = 1e-4
#: Starts from new random centres.
_STARTS = 4
#: Yesterday's centres stay the start unless new ones fit better by this share: among
#: solutions as good as each other, the one that users know is best.
_WORTH_MOVING = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What one step of Lloyd needs: users (k,) and sums (k, 32) by centre, inertia."""

    counts: NDArray[np.int64]
    totals: Reals
    inertia: float

    def merged(self, other: Sums) -> Sums:
        """Return those of both together."""
        return Sums(
            self.counts + other.counts,
            self.totals + other.totals,
            self.inertia + other.inertia,
        )

    def centres(self, before: Reals) -> Reals:
        """Return the new centres (k, 32); one that nobody is near to stays."""
        counts = self.counts[:, None]
        means: Reals = np.where(counts > 0, self.totals / np.maximum(counts, 1), before)
        return means


def has_clusters(sample: Floats) -> bool:
    """Tell whether there are as many different users as clusters to find."""
    return len(np.unique(sample[:10_000], axis=0)) >= CLUSTERS or (
        len(np.unique(sample, axis=0)) >= CLUSTERS
    )


def choose_start(sample: Floats, warm: Reals | None, *, seed: int) -> Reals:
    """Return centres (k, 32) fitted to a sample (n, 32), in float64.

    They grow from ``warm``, yesterday's, unless a start at random fits clearly better.
    """
    cold = KMeans(CLUSTERS, n_init=_STARTS, random_state=seed).fit(sample)
    if warm is None:
        return _centres(cold)
    start = warm.astype(np.float32)
    kept = KMeans(CLUSTERS, init=start, n_init=1, random_state=seed).fit(sample)
    best = cold if cold.inertia_ < kept.inertia_ * (1 - _WORTH_MOVING) else kept
    return _centres(best)


def _centres(fitted: KMeans) -> Reals:
    centres: Reals = fitted.cluster_centers_.astype(np.float64)
    return centres


def lloyd(
    sums_of: Callable[[Reals], Sums], start: Reals, *, step: Callable[[], None]
) -> Reals:
    """Return the centres (k, 32) after Lloyd's steps over everybody.

    ``sums_of`` returns the sums of everybody for given centres; ``step`` is called after
    each step.
    """
    centres = start
    for _ in range(_MAX_STEPS):
        moved = sums_of(centres).centres(centres)
        step()
        is_resting = float(((moved - centres) ** 2).sum()) <= _REST
        centres = moved
        if is_resting:
            break
    return centres


def sums_over(chunks: Iterable[Floats], centres: Reals) -> Sums:
    """Return the sums of chunks (m, 32), one after the other."""
    nothing = step_sums(np.zeros((0, centres.shape[1]), np.float32), centres)
    return reduce(
        Sums.merged, (step_sums(scaled, centres) for scaled in chunks), nothing
    )


def step_sums(scaled: Floats, centres: Reals) -> Sums:
    """Return the sums of one chunk (m, 32)."""
    squares = _squared_distances(scaled, centres)
    labels = squares.argmin(axis=1)
    members = np.zeros((len(centres), len(scaled)), np.float32)
    members[labels, np.arange(len(scaled))] = 1.0
    return Sums(
        np.bincount(labels, minlength=len(centres)),
        (members @ scaled).astype(np.float64),
        float(squares.min(axis=1).sum(dtype=np.float64)),
    )


def distances_to(scaled: Floats, centres: Reals) -> Floats:
    """Return the distances (m, k) of scaled features (m, 32) to all centres (k, 32)."""
    return np.sqrt(_squared_distances(scaled, centres))


def _squared_distances(scaled: Floats, centres: Reals) -> Floats:
    near = centres.astype(np.float32)
    own = np.einsum("ij,ij->i", scaled, scaled)
    squares: Floats = own[:, None] + (near**2).sum(axis=1) - 2 * (scaled @ near.T)
    # rounding may leave a hair below nothing
    return np.maximum(squares, 0.0, out=squares)
