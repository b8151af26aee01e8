"""What the users of one arm and one persona get, the running experiment included."""

from __future__ import annotations

from collections.abc import Iterable

from client_sdk.contracts.changes import Change, apply_changes, override_of
from client_sdk.contracts.experiment import (
    ExperimentPlan,
    PlannedVariant,
    StepOverride,
)
from client_sdk.contracts.step import Step
from client_sdk.contracts.tutorial import CONTROL, TutorialConfig
from sync_server.tutorials.definition import Experiment, Variant
from sync_server.tutorials.rendering import NO_TIME
from sync_server.tutorials.store import PublishedVersion

__all__ = ["config_of"]


def config_of(
    content: PublishedVersion,
    running: Experiment | None,
    variant: Variant | None,
    persona: str,
) -> TutorialConfig:
    """Return the answer for an arm, None for the published tutorial, but for ``expires``.

    The variant's changes come first, then the persona's.
    """
    of_variant = variant.changes if variant else ()
    of_persona = content.personas.get(persona, ())
    steps = apply_changes(content.steps, (*of_variant, *of_persona))
    return TutorialConfig(
        tutorial_id=content.tutorial_id,
        version=content.version,
        persona=persona,
        variant=variant.id if variant else CONTROL,
        steps=steps,
        survey=content.survey,
        xp=content.xp,
        rules=content.rules,
        experiment=_plan(running, content.steps, of_persona, shown=steps)
        if running
        else None,
        expires=NO_TIME,
    )


def _plan(
    experiment: Experiment,
    published: tuple[Step, ...],
    of_persona: Iterable[Change],
    *,
    shown: tuple[Step, ...],
) -> ExperimentPlan:
    """Return what a device needs to assign itself, beside the steps that it is shown."""
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
        steps=None if shown == published else published,
        persona_overrides=_overrides(of_persona),
    )


def _overrides(changes: Iterable[Change]) -> tuple[StepOverride, ...]:
    return tuple(override_of(change) for change in changes)
