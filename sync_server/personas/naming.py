"""Names for clusters, one to one, from the specification's heuristics (5.2).  Pure.

The number of a cluster means nothing: it changes from fit to fit.  What its users do
names it, and all four names are given out together, so that two clusters never fight
for one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from client_sdk.contracts.tutorial import PERSONAS
from sync_server.personas.chunk import Reals
from sync_server.personas.features import FEATURES

__all__ = ["HEURISTICS", "NAMES", "PLACES", "Naming", "name_centres"]

#: In the order of the codes in :class:`~sync_server.personas.chunk.Chunk`.
NAMES = PERSONAS
#: Where each feature stands.
PLACES = {feature.name: place for place, feature in enumerate(FEATURES)}

#: What speaks for a name and, below nothing, against it: a feature's weight on the
#: cluster's standardised centre.  "Solo" is said twice, because high AI usage alone
#: would make the first freelancer of the heaviest AI user.
HEURISTICS: Mapping[str, Mapping[str, float]] = {
    "newbie": {
        "events_per_active_day": -1.0,
        "active_days": -1.0,
        "time_to_first_value_hours": 1.0,
    },
    "freelancer-pro": {
        "solo_projects": 1.0,
        "shared_project_share": -0.5,
        "ai_calls_per_active_day": 0.5,
    },
    "team-manager": {
        "invites_sent": 1.0,
        "pm_feature_uses": 1.0,
        "shared_projects": 0.5,
    },
    "ai-power": {"ai_calls_per_active_day": 1.0, "ai_heavy_days": 1.0},
}
#: Evidence, in standard deviations, that yesterday's name is worth: between two names
#: that fit alike, users keep the one they had.
_HABIT = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Naming:
    """Which cluster has which name.

    ``clusters`` (k,) has the cluster's number for each name in the order of NAMES;
    ``evidence`` (k,) what speaks for each, in standard deviations above the population;
    ``lead`` by how much all together speak for these names rather than for the next best.
    """

    clusters: NDArray[np.intp]
    evidence: Reals
    lead: float


def name_centres(centres: Reals, before: Reals | None = None) -> Naming:
    """Name scaled centres (k, 32); ``before`` are yesterday's in the order of the names.

    The assignment with the greatest sum is found by the Hungarian method.
    """
    evidence = centres @ _weights().T
    habit = np.zeros_like(evidence)
    if before is not None:
        habit[_matched(centres, before), np.arange(len(NAMES))] = _HABIT
    scores = evidence + habit
    names, clusters = linear_sum_assignment(scores.T, maximize=True)
    return Naming(
        clusters=clusters,
        evidence=evidence[clusters, names],
        lead=_lead(scores.T, clusters),
    )


def _weights() -> Reals:
    """Return the heuristics as (names, 32), each with weights that add up to 1."""
    weights = np.zeros((len(NAMES), len(FEATURES)))
    for row, name in enumerate(NAMES):
        for feature, weight in HEURISTICS[name].items():
            weights[row, PLACES[feature]] = weight
    normed: Reals = weights / np.abs(weights).sum(axis=1, keepdims=True)
    return normed


def _matched(centres: Reals, before: Reals) -> NDArray[np.intp]:
    """Return the cluster (k,) that each of yesterday's has become."""
    squares = ((before[:, None] - centres[None]) ** 2).sum(axis=2)
    clusters: NDArray[np.intp] = linear_sum_assignment(squares)[1]
    return clusters


def _lead(scores: Reals, clusters: NDArray[np.intp]) -> float:
    """Return the best sum less the best one that gives some name to another cluster."""
    rows = np.arange(len(scores))
    best = scores[rows, clusters].sum()
    others = []
    for row in rows:
        barred = scores.copy()
        barred[row, clusters[row]] = -1e9
        found = linear_sum_assignment(barred, maximize=True)
        others.append(barred[found].sum())
    return float(best - max(others))
