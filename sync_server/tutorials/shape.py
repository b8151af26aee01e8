"""The shape of what an author wrote: mappings with known keys, lists, typed values.  Pure."""

from __future__ import annotations

import json
from collections.abc import Collection
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from sync_server.tutorials.source import Source
from sync_server.validation import Location, faults_of

__all__ = ["ShapeReader", "suggestion"]

T = TypeVar("T")
#: Longest value, in characters, that an error repeats whole.
_MAX_SHOWN = 60


class ShapeReader:
    """Takes plain data apart; what does not fit becomes a fault of the source."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def _mapping(
        self, location: Location, value: Any, keys: Collection[str]
    ) -> dict[str, Any] | None:
        """Return a mapping; fault what is none, and every key that is unknown."""
        if not isinstance(value, dict):
            self._source.fault(location, f"keys are needed here: {', '.join(keys)}")
            return None
        for key in value:
            if key not in keys:
                self._source.fault(
                    (*location, key), f"unknown key; {suggestion(key, keys)}"
                )
        return value

    def _check_keys(
        self, location: Location, value: Any, keys: Collection[str]
    ) -> None:
        """Fault the unknown keys of a mapping, or of each one in a list.

        What has another shape is told with the types.
        """
        if isinstance(value, dict):
            self._mapping(location, value, keys)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self._check_keys((*location, index), item, keys)

    def _optional_mapping(self, location: Location, value: Any) -> dict[str, Any]:
        if value is None or isinstance(value, dict):
            return value or {}
        self._source.fault(location, "names are needed here, each with its changes")
        return {}

    def _optional_list(self, location: Location, value: Any) -> list[Any]:
        return [] if value is None else self._list(location, value)

    def _list(self, location: Location, value: Any) -> list[Any]:
        if isinstance(value, list) and value:
            return value
        self._source.fault(
            location, "a list is needed, one item starting with - a line"
        )
        return []

    def _typed(
        self, location: Location, adapter: TypeAdapter[T], data: dict[str, Any] | None
    ) -> T | None:
        if data is None:
            return None
        try:
            return adapter.validate_json(json.dumps(data))
        except ValidationError as exc:
            for place, detail in faults_of(exc):
                self._source.fault(
                    (*location, *place), _with_value(detail, _at(data, place))
                )
            return None


def _at(data: Any, place: Location) -> Any:
    for key in place:
        if isinstance(data, dict):
            data = data.get(key)
        elif isinstance(data, list) and isinstance(key, int):
            data = data[key] if key < len(data) else None
        else:
            return None
    return data


def _with_value(detail: str, value: Any) -> str:
    """Add the author's value to a sentence about it."""
    if value is None:
        return detail
    shown = (
        repr(value)
        if len(repr(value)) <= _MAX_SHOWN
        else f"{repr(value)[:_MAX_SHOWN]}…"
    )
    if detail.startswith("the value is not"):
        return detail.replace("the value", shown, 1)
    is_unquoted = detail == "a string is needed" and not isinstance(value, list | dict)
    return f"{detail}, not {shown}" + ("; put it in quotes" if is_unquoted else "")


def suggestion(value: Any, known: Collection[str]) -> str:
    """Return the known word that the author may have meant, or all of them."""
    close = get_close_matches(str(value), known, n=1)
    if close:
        return f"did you mean {close[0]}?"
    return f"known: {', '.join(sorted(known))}"
