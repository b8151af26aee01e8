"""An experiment as a device needs it to assign itself offline (DESIGN section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from client_sdk.contracts.constraints import AtLeast, AtMost, Length
from client_sdk.contracts.limits import Id
from client_sdk.contracts.step import Step
from client_sdk.contracts.wire import Wire

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


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOverride(Wire):
    """One change to a single step, as authors write it.

    Exactly one of ``replace``, ``omit``, ``insert`` and ``move`` is there.  ``with``
    holds the new values of a replaced step's fields by their JSON names, null where a
    field is taken away.  What is inserted or moved stands right ``after`` a step or right
    ``before`` it.
    """

    replace: Id | None = None
    with_: dict[str, Any] | None = None
    omit: Id | None = None
    insert: Step | None = None
    move: Id | None = None
    after: Id | None = None
    before: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVariant(Wire):
    """One arm: its share in per cent and what it changes."""

    id: Id
    weight: Annotated[int, AtLeast(1), AtMost(100)]
    overrides: tuple[StepOverride, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentPlan(Wire):
    """A running experiment; the order of the variants decides assignment.

    A device that does not know ``algorithm`` must not assign.  ``coverage`` is the share
    of users who take part, in basis points.  An arm's steps are ``steps`` (the
    answer's own where they are left out) after the variant's overrides and then the
    persona's.
    """

    id: Id
    algorithm: Id
    salt: Id | None = None
    epoch: Epoch
    coverage: Annotated[int, AtLeast(0), AtMost(MAX_COVERAGE)]
    variants: Annotated[tuple[PlannedVariant, ...], Length(1)]
    steps: tuple[Step, ...] | None = None
    persona_overrides: tuple[StepOverride, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAssignment(Wire):
    """The arm that a device took by itself, under which epoch of the experiment."""

    experiment_id: Id
    variant: Id
    epoch: Epoch
