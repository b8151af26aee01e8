"""What a device decides from an experiment's plan, as the server decides it.  Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from client_sdk.contracts.assignment import assign_variant
from client_sdk.contracts.changes import apply_changes, change_of
from client_sdk.contracts.codec import DecodeError
from client_sdk.contracts.experiment import (
    MAX_COVERAGE,
    SPEC_V1,
    ExperimentPlan,
    StepOverride,
)
from client_sdk.contracts.identity import is_canonical_uuid
from client_sdk.contracts.tutorial import TutorialConfig

__all__ = ["Allotment", "VariantReason", "allot", "render_arm"]


class VariantReason(StrEnum):
    """Why a user has a variant, in the words of OpenFeature."""

    #: This device computed it from the plan.
    SPLIT = "SPLIT"
    #: No experiment runs: everybody sees the published tutorial.
    DISABLED = "DISABLED"
    #: The server decided it, or this device did once, and it was kept.
    CACHED = "CACHED"
    #: As ``CACHED``, and it is time to ask the server again.
    STALE = "STALE"
    #: Nothing could be decided: the control is shown.
    DEFAULT = "DEFAULT"
    #: The plan holds something that this SDK does not know: the control is shown.
    ERROR = "ERROR"


class Allotment(NamedTuple):
    """The variant that a plan gives a user, None for the control, and why."""

    variant: str | None
    reason: VariantReason
    #: In words, for a support person.
    detail: str


def allot(
    plan: ExperimentPlan | None, user_id: str, *, kept: str | None = None
) -> Allotment:
    """Return the variant of a user who was not assigned by the server.

    ``kept`` is the variant that the user got earlier: the first one stays, whatever the
    weights are now.  An algorithm that this SDK does not know, and a coverage of which
    ``spec-v1`` does not say whom it leaves out, give none: guessing would put people
    into arms to which the server has not assigned them.
    """
    if plan is None:
        return Allotment(None, VariantReason.DISABLED, "no experiment runs")
    if kept is not None:
        return Allotment(kept, VariantReason.CACHED, "the first assignment stays")
    doubt = _doubt(plan, user_id)
    if doubt is not None:
        return Allotment(None, VariantReason.DEFAULT, doubt)
    variant = assign_variant(user_id, plan.variants)
    detail = f"computed on the device ({plan.algorithm}, epoch {plan.epoch})"
    return Allotment(variant, VariantReason.SPLIT, detail)


def _doubt(plan: ExperimentPlan, user_id: str) -> str | None:
    if plan.algorithm != SPEC_V1:
        return f"this SDK does not know the algorithm {plan.algorithm!r}"
    if plan.coverage != MAX_COVERAGE:
        return f"{SPEC_V1} does not say whom a coverage of {plan.coverage} leaves out"
    if not is_canonical_uuid(user_id):
        return "the user is not known yet"
    return None


def render_arm(config: TutorialConfig, variant_id: str) -> TutorialConfig:
    """Return the config of another arm, as the server renders it: variant, then persona.

    A variant that the plan no longer has shows the tutorial's own steps, as on the
    server.  DecodeError if the plan holds a change that we do not know, or leaves no
    step over: then the arm cannot be shown.
    """
    plan = config.experiment
    if plan is None:
        return config
    published = config.steps if plan.steps is None else plan.steps
    overrides = (*_overrides(plan, variant_id), *plan.persona_overrides)
    steps = apply_changes(published, [change_of(each) for each in overrides])
    if not steps:
        raise DecodeError("/steps", "the arm has no step")
    # the published steps go along: other arms can be rendered from this one, too
    plan = dataclasses.replace(plan, steps=None if steps == published else published)
    return dataclasses.replace(config, variant=variant_id, steps=steps, experiment=plan)


def _overrides(plan: ExperimentPlan, variant_id: str) -> Sequence[StepOverride]:
    arms = (arm.overrides for arm in plan.variants if arm.id == variant_id)
    return next(arms, ())
