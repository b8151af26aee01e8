"""The specification's assignment function, the same on device and server (section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from client_sdk.contracts.identity import UserId
from client_sdk.contracts.limits import Id
from client_sdk.contracts.wire import Wire, wire

try:
    from xxhash import xxh32_intdigest
except ImportError:  # kivy-ios has no recipe for it
    from client_sdk.contracts.xxh32 import (  # type: ignore[assignment]
        xxh32_intdigest,
    )

__all__ = [
    "AssignmentAnswer",
    "AssignmentReason",
    "AssignmentRequest",
    "WeightedVariant",
    "assign_variant",
]


class AssignmentReason(StrEnum):
    """Why a user has a variant, in the words of OpenFeature."""

    #: The experiment runs, and users are split over its variants.
    SPLIT = "SPLIT"
    #: The experiment is a draft or over: everybody sees the published tutorial.
    DISABLED = "DISABLED"


@wire(frozen=True, kw_only=True)
class AssignmentRequest(Wire):
    """Body of ``POST /_internal/experiments/assign`` (specification 2.3)."""

    #: The user to assign.
    user_id: UserId
    #: The experiment to assign in.
    experiment_id: Id


@wire(frozen=True, kw_only=True)
class AssignmentAnswer(Wire):
    """The user's variant, and why it is that one."""

    #: The user's arm; `control` where the experiment does not run.
    variant: Id
    #: Why it is that one.
    reason: AssignmentReason


class WeightedVariant(Protocol):
    """What the function needs of a variant: its id and its weight in per cent."""

    @property
    def id(self) -> str:
        """Unique over all experiments."""

    @property
    def weight(self) -> int:
        """Share of the users, 1 to 100."""


def assign_variant(
    user_id: str, variants: Sequence[WeightedVariant], seed: int = 0
) -> str:
    """Return the id of the variant that a user falls into (algorithm ``spec-v1``).

    Bit for bit the specification's function: xxh32 of the UTF-8 bytes of the user id as
    given, modulo 100, strictly below the running sum of the weights in the order given,
    the first variant where the weights do not reach 100.  ValueError without variants.
    """
    if not variants:
        raise ValueError("an experiment needs at least one variant")
    bucket = xxh32_intdigest(user_id.encode(), seed) % 100
    cumulative = 0
    for variant in variants:
        cumulative += variant.weight
        if bucket < cumulative:
            return variant.id
    return variants[0].id
