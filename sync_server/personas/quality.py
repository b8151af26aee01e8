"""How good a fit is, and whether it may replace yesterday's.  Pure.

KMeans always returns four clusters, also of noise.  What tells real ones is that they
come back: in 32 dimensions the silhouette is low for good clusters too, the agreement
between fits to other draws of the same users is not.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

from sync_server.personas.chunk import Floats, Reals
from sync_server.personas.clustering import CLUSTERS, distances_to
from sync_server.personas.features import FEATURES
from sync_server.personas.naming import NAMES, Naming

__all__ = ["Gates", "Metrics", "drift", "evidence_of", "silhouette", "stability"]

#: Users that are looked at: the silhouette compares each with each.
SILHOUETTE_USERS = 2_000
STABILITY_USERS = 10_000
_BOOTSTRAPS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """What is told of a fit; None where it needs a yesterday and there is none."""

    #: Users with enough data, by persona.
    sizes: dict[str, int]
    #: Users with little data, and rows that were refused.
    thin: int
    refused: int
    #: -1 to 1, on a sample.
    silhouette: float
    #: Adjusted Rand index between the fit and fits to other draws, the median.
    stability: float
    #: Evidence for each name, and the lead of all over the next best (see naming).
    evidence: dict[str, float]
    lead: float
    #: Standard deviations a feature by which the centre that moved most did.
    drift: float | None = None
    #: Share of yesterday's users whose persona changed.
    changed_share: float | None = None
    #: Users whose persona would have changed, but for their being near the border.
    held: int = 0
    #: Users with enough data yesterday.
    users_before: int | None = None

    @property
    def users(self) -> int:
        """Users with enough data."""
        return sum(self.sizes.values())

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """Bounds that a model must keep to be served."""

    least_share: float = 0.005
    least_stability: float = 0.5
    least_lead: float = 0.1
    most_drift: float = 0.5
    most_changed: float = 0.25
    least_kept_users: float = 0.5
    most_refused: float = 0.05

    def faults(self, metrics: Metrics) -> tuple[str, ...]:
        """Return what is wrong, in words; nothing if the model may be served."""
        return tuple(self._of_fit(metrics) + self._of_change(metrics))

    def _of_fit(self, metrics: Metrics) -> list[str]:
        faults = []
        smallest = min(metrics.sizes, key=lambda name: metrics.sizes[name])
        share = metrics.sizes[smallest] / max(metrics.users, 1)
        if share < self.least_share:
            faults.append(
                f"only {share:.2%} of the users are {smallest}, at least "
                f"{self.least_share:.2%} must be"
            )
        if metrics.stability < self.least_stability:
            faults.append(
                f"the clusters do not come back: stability {metrics.stability:.2f}, at "
                f"least {self.least_stability:.2f} is needed"
            )
        faults += [
            f"nothing speaks for the name {name} (evidence {evidence:.2f})"
            for name, evidence in metrics.evidence.items()
            if evidence <= 0
        ]
        if metrics.lead < self.least_lead:
            faults.append(
                f"other names fit nearly as well: lead {metrics.lead:.2f}, at least "
                f"{self.least_lead:.2f} is needed"
            )
        rows = metrics.users + metrics.thin + metrics.refused
        if metrics.refused > self.most_refused * rows:
            faults.append(f"{metrics.refused:,} of {rows:,} rows had to be refused")
        return faults

    def _of_change(self, metrics: Metrics) -> list[str]:
        faults = []
        if metrics.drift is not None and metrics.drift > self.most_drift:
            faults.append(
                f"a persona moved by {metrics.drift:.2f} standard deviations a feature "
                f"since the last model, at most {self.most_drift:.2f} is allowed"
            )
        changed = metrics.changed_share
        if changed is not None and changed > self.most_changed:
            faults.append(
                f"{changed:.1%} of the users would change persona, at most "
                f"{self.most_changed:.1%} may"
            )
        before = metrics.users_before
        if before is not None and metrics.users < self.least_kept_users * before:
            faults.append(f"there are {metrics.users:,} users, {before:,} before")
        return faults


def silhouette(sample: Floats, centres: Reals, *, seed: int) -> float:
    """Return the silhouette of the centres' clusters on a sample; 0 if there is but one."""
    users = sample[:SILHOUETTE_USERS]
    labels = distances_to(users, centres).argmin(axis=1)
    if not 2 <= len(np.unique(labels)) < len(users):
        return 0.0
    return float(silhouette_score(users, labels, random_state=seed))


def stability(sample: Floats, centres: Reals, *, seed: int) -> float:
    """Return how far fits to other draws of the users agree with the centres' clusters.

    The median adjusted Rand index: 1 for the same clusters, 0 for agreement by chance.
    """
    users = sample[:STABILITY_USERS]
    labels = distances_to(users, centres).argmin(axis=1)
    rng = np.random.default_rng(seed)
    found = []
    for number in range(_BOOTSTRAPS):
        draw = users[rng.integers(0, len(users), len(users))]
        fit = KMeans(CLUSTERS, n_init=2, random_state=seed + number).fit(draw)
        found.append(adjusted_rand_score(labels, fit.predict(users)))
    return float(np.median(found))


def drift(centres: Reals, before: Reals) -> float:
    """Return how far the centre that moved most did, in standard deviations a feature."""
    moves = ((centres - before) ** 2).sum(axis=1) / len(FEATURES)
    return float(np.sqrt(moves.max()))


def evidence_of(naming: Naming) -> dict[str, float]:
    """Return the evidence by name."""
    return dict(zip(NAMES, naming.evidence.tolist(), strict=True))
