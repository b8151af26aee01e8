"""From a crowd to a model: the whole fit.  Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from threadpoolctl import threadpool_limits

from sync_server.personas.chunk import Floats
from sync_server.personas.clustering import choose_start, has_clusters, lloyd
from sync_server.personas.gathered import Counts, Gathered, Tally
from sync_server.personas.model import Model
from sync_server.personas.naming import NAMES, Naming, name_centres
from sync_server.personas.quality import (
    Metrics,
    drift,
    evidence_of,
    silhouette,
    stability,
)
from sync_server.personas.scaling import Scaling

__all__ = ["MIN_USERS", "Fit", "NoModelError", "fit"]

#: Fewer users with enough data than this are named by rule.
MIN_USERS = 100
#: Users whom scikit-learn fits at once; the others follow in steps of Lloyd.
SAMPLE_USERS = 50_000


class NoModelError(ValueError):
    """There is nothing to cluster; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A model, what is to be told of it, and the sample (m, 32) that it was looked at with."""

    model: Model
    metrics: Metrics
    sample: Floats


def fit(
    crowd: Gathered,
    before: Model | None = None,
    *,
    seed: int,
    users_before: int | None = None,
    step: Callable[[], None] = lambda: None,
) -> Fit:
    """Fit the users with enough data; the same crowd and seed give the same model.

    ``before`` is the model that is served, and ``users_before`` how many users it was
    fitted to.  ``step`` is called now and then, for a progress bar.

    Raises:
        NoModelError: There are too few users, or too few that differ.
    """
    counts = crowd.counts()
    known = counts.users - counts.thin
    if known < MIN_USERS:
        raise NoModelError(
            f"{known} users have enough data for a model, {MIN_USERS} are needed"
        )
    # Sums over more threads come out otherwise on a machine with more cores; and on a busy
    # one the threads wait for each other ten times as long as one alone takes.
    with threadpool_limits(1):
        found = _fit(crowd, counts, before, seed, step)
    return replace(found, metrics=replace(found.metrics, users_before=users_before))


def _fit(
    crowd: Gathered,
    counts: Counts,
    before: Model | None,
    seed: int,
    step: Callable[[], None],
) -> Fit:
    known = counts.users - counts.thin
    scaling = Scaling.of(counts.moments)
    sample = crowd.sample(SAMPLE_USERS / known, scaling, seed=seed).in_order()
    if not has_clusters(sample):
        raise NoModelError("there are fewer than four different users")
    warm = None if before is None else before.centres_in(scaling)
    centres = choose_start(sample, warm, seed=seed)
    step()
    if len(sample) < known:
        centres = lloyd(lambda now: crowd.sums(scaling, now), centres, step=step)
    naming = name_centres(centres, warm)
    model = Model(scaling, centres[naming.clusters])
    metrics = _metrics(counts, crowd.tally(model), model, naming, sample, seed)
    if warm is not None:
        metrics = replace(metrics, drift=drift(model.centres, warm))
    step()
    return Fit(model, metrics, sample)


def _metrics(
    counts: Counts,
    tally: Tally,
    model: Model,
    naming: Naming,
    sample: Floats,
    seed: int,
) -> Metrics:
    return Metrics(
        sizes=dict(zip(NAMES, tally.sizes.tolist(), strict=True)),
        thin=counts.thin,
        refused=counts.refused,
        silhouette=silhouette(sample, model.centres, seed=seed),
        stability=stability(sample, model.centres, seed=seed),
        evidence=evidence_of(naming),
        lead=naming.lead,
        changed_share=tally.changed / tally.compared if tally.compared else None,
        held=tally.held,
    )
