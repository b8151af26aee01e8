"""Changes that a variant or a persona makes to single steps.  Pure.

The server renders with this and a device that assigns itself offline does too: both show
the same steps.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from client_sdk.contracts.codec import DecodeError, decode, encode
from client_sdk.contracts.experiment import StepOverride
from client_sdk.contracts.step import Step, StepText
from client_sdk.contracts.wire import wire_name

__all__ = [
    "STEP_FIELDS",
    "Change",
    "Insert",
    "Move",
    "Omit",
    "Replace",
    "apply_changes",
    "change_of",
    "override_of",
]

#: JSON name of each field of a step to its Python name.
STEP_FIELDS = {wire_name(f.name): f.name for f in dataclasses.fields(Step)}
#: Fields of a step that its texts translate.
_WORDS = frozenset(f.name for f in dataclasses.fields(StepText)) - {"language"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """Replace some fields of a step; ``fields`` is by their Python names, without id.

    A replaced title, body or label takes its translations with it, unless ``texts`` is
    replaced too: they would say what the author said before.
    """

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


def change_of(override: StepOverride) -> Change:
    """Return the change that an override writes down.

    DecodeError if it is none that we know, or gives a field a value that does not fit.
    """
    anchor, after = override.after, True
    if anchor is None:
        anchor, after = override.before, False
    if override.replace is not None and override.with_ is not None:
        return Replace(step_id=override.replace, fields=_fields(override.with_))
    if override.omit is not None:
        return Omit(step_id=override.omit)
    if override.insert is not None and anchor is not None:
        return Insert(step=override.insert, anchor_id=anchor, after=after)
    if override.move is not None and anchor is not None:
        return Move(step_id=override.move, anchor_id=anchor, after=after)
    raise DecodeError("", "the change is none of replace, omit, insert, move")


def override_of(change: Change) -> StepOverride:
    """Return a change in the form in which authors write it."""
    match change:
        case Replace(step_id=step_id, fields=new):
            values = {wire_name(name): encode(value) for name, value in new.items()}
            return StepOverride(replace=step_id, with_=values)
        case Omit(step_id=step_id):
            return StepOverride(omit=step_id)
        case Insert(step=step, anchor_id=anchor, after=True):
            return StepOverride(insert=step, after=anchor)
        case Insert(step=step, anchor_id=anchor):
            return StepOverride(insert=step, before=anchor)
        case Move(step_id=step_id, anchor_id=anchor, after=True):
            return StepOverride(move=step_id, after=anchor)
        case Move(step_id=step_id, anchor_id=anchor):
            return StepOverride(move=step_id, before=anchor)


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return new values by their fields' Python names; fields unknown to us are left out."""
    known = {key: value for key, value in values.items() if key in STEP_FIELDS}
    step = decode(Step, {"id": "any", "title": "any", **known})
    return {STEP_FIELDS[key]: getattr(step, STEP_FIELDS[key]) for key in known}


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
                    place.step = _replaced(place.step, fields)
        case Omit(step_id=step_id):
            for place in places:
                if place.step.id == step_id:
                    place.is_omitted = True
        case Insert(step=step, anchor_id=anchor_id, after=after):
            _put(places, _Place(step), anchor_id, after=after)
        case Move(step_id=step_id, anchor_id=anchor_id, after=after):
            _move(places, step_id, anchor_id, after=after)


def _replaced(step: Step, fields: Mapping[str, Any]) -> Step:
    stale: dict[str, Any] = dict.fromkeys(_WORDS & fields.keys())
    if step.texts is None or not stale or "texts" in fields:
        return dataclasses.replace(step, **fields)
    texts = (dataclasses.replace(text, **stale) for text in step.texts)
    kept = tuple(text for text in texts if _says_something(text))
    return dataclasses.replace(step, **fields, texts=kept or None)


def _says_something(text: StepText) -> bool:
    return any(getattr(text, name) is not None for name in _WORDS)


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
