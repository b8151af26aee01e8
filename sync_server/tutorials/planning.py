"""An experiment in the form in which a device assigns itself offline.  Pure."""

from __future__ import annotations

from collections.abc import Iterable

from client_sdk.contracts.changes import Change, override_of
from client_sdk.contracts.experiment import (
    ExperimentPlan,
    PlannedVariant,
    StepOverride,
)
from client_sdk.contracts.step import Step
from sync_server.tutorials.definition import Experiment
from sync_server.tutorials.store import PublishedVersion

__all__ = ["plan_of"]


def plan_of(
    experiment: Experiment,
    content: PublishedVersion,
    persona: str,
    *,
    shown: tuple[Step, ...],
) -> ExperimentPlan:
    """Return the plan for a device whose answer has the steps ``shown``."""
    allocation = experiment.allocation
    return ExperimentPlan(
        id=experiment.id,
        algorithm=allocation.algorithm,
        salt=allocation.salt,
        epoch=allocation.epoch,
        coverage=allocation.coverage,
        variants=tuple(
            PlannedVariant(
                id=variant.id,
                weight=variant.weight,
                overrides=_overrides(variant.changes),
            )
            for variant in experiment.variants
        ),
        steps=None if shown == content.steps else content.steps,
        persona_overrides=_overrides(content.personas.get(persona, ())),
    )


def _overrides(changes: Iterable[Change]) -> tuple[StepOverride, ...]:
    return tuple(override_of(change) for change in changes)
