"""Read a step, or new values for some of its fields.  Pure."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from pydantic import TypeAdapter, ValidationError

from client_sdk.contracts.behaviour import AdvanceOn, Branch, Hook
from client_sdk.contracts.changes import STEP_FIELDS
from client_sdk.contracts.step import Step, StepText
from client_sdk.contracts.wire import wire_name
from sync_server.tutorials.shape import ShapeReader
from sync_server.tutorials.step_checks import check_fields, check_step
from sync_server.validation import Location

__all__ = ["StepReader"]

_STEP = TypeAdapter(Step)
#: Stands for what every step must have.
_UNNAMED = {"id": "any", "title": "any"}
#: Fields on which it depends whether others fit.
_JUDGED = frozenset({"target", "kind", "advanceOn"})
_REPLACEABLE = tuple(key for key in STEP_FIELDS if key != "id")


def _keys(type_: Any) -> tuple[str, ...]:
    return tuple(wire_name(field.name) for field in dataclasses.fields(type_))


#: Keys of what stands in a step, by its key there.
_NESTED = {
    "advanceOn": _keys(AdvanceOn),
    "before": _keys(Hook),
    "after": _keys(Hook),
    "branches": _keys(Branch),
    "texts": _keys(StepText),
}


class StepReader(ShapeReader):
    """Turns plain data into steps.

    Of a step with faults the sound fields are read: one wrong line hides no other.
    """

    def step(self, location: Location, value: Any) -> Step:
        """Return the step; with faults in the source, what could be read of it."""
        data = self._mapping(location, value, STEP_FIELDS)
        step = self._read(location, data)
        if step is not None:
            check_step(location, step, self._source)
            return step
        return self._stand_in(location, data or {})

    def fields(self, location: Location, value: Any) -> dict[str, Any] | None:
        """Return new values by the Python names of a step's fields; None with faults."""
        data = self._mapping(location, value, _REPLACEABLE)
        if data is None:
            return None
        step = self._read(location, {**_UNNAMED, **data})
        if step is None:
            check_fields(location, _partial(_sound(data)), self._source)
            return None
        check_fields(location, step, self._source)
        names = [STEP_FIELDS[key] for key in data if key in _REPLACEABLE]
        return {name: getattr(step, name) for name in names}

    def _stand_in(self, location: Location, data: dict[str, Any]) -> Step:
        sound = _sound(data)
        step = dataclasses.replace(_partial(sound), id=str(data.get("id", "")))
        if _JUDGED & (data.keys() - sound.keys()):
            check_fields(location, step, self._source)
        else:
            check_step(location, step, self._source)
        return step

    def _read(self, location: Location, data: dict[str, Any] | None) -> Step | None:
        for key, keys in _NESTED.items():
            self._check_keys((*location, key), (data or {}).get(key), keys)
        return self._typed(location, _STEP, data)


def _sound(data: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a step that fit, each for itself."""
    known = {key: value for key, value in data.items() if key in STEP_FIELDS}
    return {key: value for key, value in known.items() if _fits(key, value)}


def _fits(key: str, value: Any) -> bool:
    try:
        _partial({key: value})
    except ValidationError:
        return False
    return True


def _partial(fields: dict[str, Any]) -> Step:
    return _STEP.validate_json(json.dumps({**_UNNAMED, **fields}))
