"""A tutorial as its author writes it, and its form in JSON columns.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from client_sdk.contracts.codec import decode, encode
from client_sdk.contracts.tutorial import Step, SurveyPrompt
from client_sdk.contracts.wire import wire_name
from sync_server.tutorials.changes import Change, Insert, Move, Omit, Replace

__all__ = [
    "STEP_FIELDS",
    "Experiment",
    "ExperimentStatus",
    "Tutorial",
    "Variant",
    "change_from_json",
    "change_to_json",
    "replaced_fields",
    "step_ids",
]

#: JSON name of each field of a step to its Python name.
STEP_FIELDS = {wire_name(f.name): f.name for f in fields(Step)}


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
class Experiment:
    """An experiment on a tutorial; the order of the variants decides assignment."""

    id: str
    status: ExperimentStatus
    variants: tuple[Variant, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tutorial:
    """A tutorial's content: what everybody sees, and what personas see instead."""

    id: str
    name: str
    steps: tuple[Step, ...]
    survey: SurveyPrompt | None = None
    personas: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    experiments: tuple[Experiment, ...] = ()


def change_to_json(change: Change) -> dict[str, Any]:
    """Return a change in the form in which authors write it."""
    match change:
        case Replace(step_id=step_id, fields=new):
            return {
                "replace": step_id,
                "with": {wire_name(name): value for name, value in new.items()},
            }
        case Omit(step_id=step_id):
            return {"omit": step_id}
        case Insert(step=step, anchor_id=anchor_id, after=after):
            return {"insert": encode(step), _side(after): anchor_id}
        case Move(step_id=step_id, anchor_id=anchor_id, after=after):
            return {"move": step_id, _side(after): anchor_id}


def change_from_json(data: Mapping[str, Any]) -> Change:
    """Return a change from its form in a JSON column; KeyError if it has another one."""
    if "replace" in data:
        return Replace(step_id=data["replace"], fields=replaced_fields(data["with"]))
    if "omit" in data:
        return Omit(step_id=data["omit"])
    after = "after" in data
    anchor_id = data[_side(after)]
    if "insert" in data:
        step = decode(Step, data["insert"])
        return Insert(step=step, anchor_id=anchor_id, after=after)
    return Move(step_id=data["move"], anchor_id=anchor_id, after=after)


def replaced_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given fields of a step with the values' Python types."""
    step = decode(Step, {"id": "any", "title": "any", **data})
    return {STEP_FIELDS[key]: getattr(step, STEP_FIELDS[key]) for key in data}


def step_ids(steps: Sequence[Step], *changes: Sequence[Change]) -> frozenset[str]:
    """Return the ids of the steps and of all that changes insert."""
    inserted = (c.step.id for group in changes for c in group if isinstance(c, Insert))
    return frozenset(step.id for step in steps) | frozenset(inserted)


def _side(after: bool) -> str:
    return "after" if after else "before"
