"""What must hold between the parts of a tutorial.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sync_server.tutorials.arm_checks import check_arms, check_own_steps
from sync_server.tutorials.definition import (
    Experiment,
    ExperimentStatus,
    Tutorial,
    Variant,
)
from sync_server.tutorials.rule_checks import check_rules
from sync_server.tutorials.source import Source
from sync_server.validation import Location

__all__ = ["check_tutorial"]

#: Per cent that the variants of an experiment must add up to.
_WHOLE = 100


def check_tutorial(tutorial: Tutorial, source: Source) -> None:
    """Add to the source's faults whatever does not fit together."""
    _check_unique(
        source,
        "step id",
        [(("steps", i), step.id) for i, step in enumerate(tutorial.steps)],
    )
    check_own_steps(tutorial, source)
    _check_experiments(tutorial.experiments, source)
    check_rules(tutorial, source)
    if not source.faults:
        # with a step or change missing, this would find what is not there
        check_arms(tutorial, source)


def _check_experiments(experiments: Sequence[Experiment], source: Source) -> None:
    places = [(("experiments", i), e) for i, e in enumerate(experiments)]
    _check_unique(source, "experiment id", [(place, e.id) for place, e in places])
    variants = [
        ((*place, "variants", i), variant)
        for place, experiment in places
        for i, variant in enumerate(experiment.variants)
    ]
    _check_unique(
        source,
        "variant id",
        [(place, variant.id) for place, variant in variants],
        reason="; variant ids are unique over all experiments",
    )
    for place, experiment in places:
        _check_weights((*place, "variants"), experiment.variants, source)
    running = [p for p, e in places if e.status is ExperimentStatus.RUNNING]
    for place in running[1:]:
        source.fault(
            (*place, "status"),
            "at most one experiment may run on a tutorial; the first one stands on "
            f"line {source.line(running[0])}",
        )


def _check_weights(
    place: Location, variants: Sequence[Variant], source: Source
) -> None:
    weights = [variant.weight for variant in variants]
    if 0 not in weights and weights and sum(weights) != _WHOLE:
        source.fault(
            place,
            f"the weights add up to {sum(weights)} ({' + '.join(map(str, weights))}); "
            f"they must add up to exactly {_WHOLE}",
        )


def _check_unique(
    source: Source,
    what: str,
    items: Iterable[tuple[Location, str]],
    *,
    reason: str = "",
) -> None:
    first: dict[str, Location] = {}
    for place, name in items:
        if name and name in first:
            source.fault(
                (*place, "id"),
                f"the {what} {name!r} is taken on line {source.line(first[name])}"
                + reason,
            )
        first.setdefault(name, place)
