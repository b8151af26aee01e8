"""An experiment as a device needs it to assign itself offline (DESIGN section 4)."""

from __future__ import annotations

from typing import Annotated, Any

from client_sdk.contracts.constraints import AtLeast, AtMost, Length
from client_sdk.contracts.limits import Id
from client_sdk.contracts.step import Step
from client_sdk.contracts.wire import Wire, wire

__all__ = [
    "MAX_COVERAGE",
    "SPEC_V1",
    "DeviceAssignment",
    "ExperimentPlan",
    "PlannedVariant",
    "StepOverride",
]

#: The specification's assignment function (section 4.1), the only algorithm so far.
SPEC_V1 = "spec-v1"
#: Everybody, in basis points.
MAX_COVERAGE = 10_000

Epoch = Annotated[int, AtLeast(1), AtMost(2**31 - 1)]


@wire(frozen=True, kw_only=True)
class StepOverride(Wire):
    """One change to a single step, as authors write it.

    Exactly one of ``replace``, ``omit``, ``insert`` and ``move`` is there.  ``with``
    holds the new values of a replaced step's fields by their JSON names, null where a
    field is taken away; a replaced ``title``, ``body`` or ``cta`` goes with what ``texts``
    had for it, unless ``texts`` is among the new values.  What is inserted or moved stands right ``after`` a step or right
    ``before`` it.
    """

    #: The step whose fields `with` replaces.
    replace: Id | None = None
    #: New values by field; null takes a field away.
    with_: dict[str, Any] | None = None
    #: The step to leave out.
    omit: Id | None = None
    #: A step of this arm alone.
    insert: Step | None = None
    #: The step to stand elsewhere.
    move: Id | None = None
    #: The step right before the new place.
    after: Id | None = None
    #: The step right after the new place.
    before: Id | None = None


@wire(frozen=True, kw_only=True)
class PlannedVariant(Wire):
    """One arm: its share in per cent and what it changes."""

    #: Unique over all experiments.
    id: Id
    #: Share of the users in per cent.
    weight: Annotated[int, AtLeast(1), AtMost(100)]
    #: What the arm changes, one after the other.
    overrides: tuple[StepOverride, ...] = ()


@wire(frozen=True, kw_only=True)
class ExperimentPlan(Wire):
    """A running experiment; the order of the variants decides assignment.

    A device that does not know ``algorithm`` must not assign.  ``coverage`` is the share
    of users who take part, in basis points.  An arm's steps are ``steps`` (the
    answer's own where they are left out) after the variant's overrides and then the
    persona's.
    """

    #: The experiment's id.
    id: Id
    #: How to assign: `spec-v1` is the specification's function.
    algorithm: Id
    #: What to hash with the user's id, for an algorithm that wants it.
    salt: Id | None = None
    #: Counts the changes of the weights from 1.
    epoch: Epoch
    #: Share of the users who take part, in basis points.
    coverage: Annotated[int, AtLeast(0), AtMost(MAX_COVERAGE)]
    #: The arms, in the order that decides assignment.
    variants: Annotated[tuple[PlannedVariant, ...], Length(1)]
    #: The steps before any change; the answer's own where it is missing.
    steps: tuple[Step, ...] | None = None
    #: What the persona changes, after the arm.
    persona_overrides: tuple[StepOverride, ...] = ()


@wire(frozen=True, kw_only=True)
class DeviceAssignment(Wire):
    """The arm that a device took by itself, under which epoch of the experiment."""

    #: The experiment.
    experiment_id: Id
    #: The arm that the device found for the user.
    variant: Id
    #: The epoch of the plan that it was found with.
    epoch: Epoch
