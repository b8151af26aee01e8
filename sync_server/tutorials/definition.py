"""A tutorial as its author writes it, and its form in JSON columns.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from client_sdk.contracts.changes import Change, Insert, change_of, override_of
from client_sdk.contracts.codec import decode, encode
from client_sdk.contracts.experiment import MAX_COVERAGE, SPEC_V1, StepOverride
from client_sdk.contracts.tutorial import Rules, Step, SurveyPrompt

__all__ = [
    "Allocation",
    "Experiment",
    "ExperimentStatus",
    "Tutorial",
    "Variant",
    "change_from_json",
    "change_to_json",
    "step_ids",
]


class ExperimentStatus(StrEnum):
    """Where an experiment stands (specification 3.1)."""

    #: Being written; nobody sees it.
    DRAFT = "draft"
    #: Assigns users; its variants are frozen.
    RUNNING = "running"
    #: Over; everybody sees the published tutorial.
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One arm of an experiment: its share in per cent and what it changes."""

    id: str
    weight: int
    name: str | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """How an experiment assigns; ``coverage`` in basis points of the users."""

    algorithm: str = SPEC_V1
    salt: str | None = None
    epoch: int = 1
    coverage: int = MAX_COVERAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """An experiment on a tutorial; the order of the variants decides assignment."""

    id: str
    status: ExperimentStatus
    variants: tuple[Variant, ...]
    name: str | None = None
    #: Not in the author's file, so no difference between it and what is stored.
    allocation: Allocation = field(default=Allocation(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tutorial:
    """A tutorial's content: what everybody sees, and what personas see instead."""

    id: str
    name: str
    steps: tuple[Step, ...]
    survey: SurveyPrompt | None = None
    personas: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    experiments: tuple[Experiment, ...] = ()
    xp: int = 0
    rules: Rules | None = None


def change_to_json(change: Change) -> dict[str, Any]:
    """Return a change in the form in which authors write it."""
    data: dict[str, Any] = encode(override_of(change))
    return data


def change_from_json(data: Mapping[str, Any]) -> Change:
    """Return a change from its form in a JSON column; DecodeError if it has another one."""
    return change_of(decode(StepOverride, data))


def step_ids(steps: Sequence[Step], *changes: Sequence[Change]) -> frozenset[str]:
    """Return the ids of the steps and of all that changes insert."""
    inserted = (c.step.id for group in changes for c in group if isinstance(c, Insert))
    return frozenset(step.id for step in steps) | frozenset(inserted)
