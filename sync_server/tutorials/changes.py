"""Changes that a variant or a persona makes to single steps.  Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from client_sdk.contracts.tutorial import Step

__all__ = ["Change", "Insert", "Move", "Omit", "Replace", "apply_changes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """Replace some fields of a step; ``fields`` is by their Python names, without id."""

    step_id: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Omit:
    """Leave a step out."""

    step_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Insert:
    """Put a new step right after another one, or right before it."""

    step: Step
    anchor_id: str
    after: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Take a step to the place right after another one, or right before it."""

    step_id: str
    anchor_id: str
    after: bool


Change = Replace | Omit | Insert | Move


@dataclass(slots=True)
class _Place:
    """A step in its place.  An omitted one keeps it, for others to stand beside it."""

    step: Step
    is_omitted: bool = False


def apply_changes(steps: Sequence[Step], changes: Iterable[Change]) -> tuple[Step, ...]:
    """Return the steps after all changes, in order.

    Never fails: changes of a variant and of a persona meet only here, and a change to a
    step that is not there has no effect.  An omitted step can still be an anchor.
    """
    places = [_Place(step) for step in steps]
    for change in changes:
        _apply(places, change)
    return tuple(place.step for place in places if not place.is_omitted)


def _apply(places: list[_Place], change: Change) -> None:
    match change:
        case Replace(step_id=step_id, fields=fields):
            for place in places:
                if place.step.id == step_id:
                    place.step = dataclasses.replace(place.step, **fields)
        case Omit(step_id=step_id):
            for place in places:
                if place.step.id == step_id:
                    place.is_omitted = True
        case Insert(step=step, anchor_id=anchor_id, after=after):
            _put(places, _Place(step), anchor_id, after=after)
        case Move(step_id=step_id, anchor_id=anchor_id, after=after):
            _move(places, step_id, anchor_id, after=after)


def _move(places: list[_Place], step_id: str, anchor_id: str, *, after: bool) -> None:
    source = _find(places, step_id)
    if source is None or step_id == anchor_id or _find(places, anchor_id) is None:
        return
    _put(places, places.pop(source), anchor_id, after=after)


def _put(places: list[_Place], place: _Place, anchor_id: str, *, after: bool) -> None:
    anchor = _find(places, anchor_id)
    if anchor is not None:
        places.insert(anchor + after, place)


def _find(places: list[_Place], step_id: str) -> int | None:
    for index, place in enumerate(places):
        if place.step.id == step_id:
            return index
    return None
