"""Turn wire types into JSON values and back, strictly, with the place of every fault.

The server decodes requests with pydantic; this is the device's half.  It needs nothing
compiled, and reads answers leniently where a newer server may know more than we do.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import (
    Annotated,
    Any,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

from client_sdk.contracts.wire import wire_name

__all__ = ["DecodeError", "decode", "encode", "format_timestamp", "parse_timestamp"]

T = TypeVar("T")
Decoder = Callable[[Any, str], Any]


class DecodeError(ValueError):
    """A value does not fit its type; ``pointer`` is a JSON pointer to it."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(f"{pointer or '/'}: {detail}")
        self.pointer = pointer
        self.detail = detail


def encode(value: Any) -> Any:
    """Return the JSON value of a wire type: camelCase keys, fields that are None left out."""
    if dataclasses.is_dataclass(value):
        pairs = ((f.name, getattr(value, f.name)) for f in dataclasses.fields(value))
        return {
            wire_name(name): encode(item) for name, item in pairs if item is not None
        }
    if isinstance(value, datetime):
        return format_timestamp(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    return value


def decode(type_: type[T], data: Any) -> T:
    """Return ``data``, parsed JSON, as a ``type_``.

    Unknown fields are ignored; an unknown member of an enumeration becomes the field's
    default where it has one.  DecodeError names the first fault.
    """
    value: T = _object(cast(Hashable, type_))(data, "")
    return value


def format_timestamp(moment: datetime) -> str:
    """Return RFC 3339 in UTC with milliseconds, as ``2026-01-31T08:30:00.000Z``."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def parse_timestamp(text: str) -> datetime:
    """Return an aware datetime; ValueError if the text is not RFC 3339 with an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the time has no UTC offset")
    return moment


@cache
def _object(type_: Any) -> Decoder:
    hints = get_type_hints(type_, include_extras=True)
    fields = [
        (f.name, wire_name(f.name), _lenient(hints[f.name], f.default), f.default)
        for f in dataclasses.fields(type_)
    ]

    def decode_object(data: Any, pointer: str) -> Any:
        _expect(dict, data, pointer)
        values: dict[str, Any] = {}
        for name, key, decoder, default in fields:
            if key in data:
                values[name] = decoder(data[key], f"{pointer}/{key}")
            elif default is dataclasses.MISSING:
                raise DecodeError(f"{pointer}/{key}", "the field is missing")
        return type_(**values)

    return decode_object


def _lenient(hint: Any, default: Any) -> Decoder:
    """Return the decoder of a field; what a newer server may know becomes its default."""
    decoder, enumeration = _decoder(hint), _enumeration(hint)
    if enumeration is None or default is dataclasses.MISSING:
        return decoder
    known = {str(member) for member in enumeration}

    def decode_member(data: Any, pointer: str) -> Any:
        is_newer = isinstance(data, str) and data not in known
        return default if is_newer else decoder(data, pointer)

    return decode_member


def _enumeration(hint: Any) -> type[StrEnum] | None:
    """Return the enumeration of a field that holds one, or one or nothing."""
    inner = [one for one in get_args(hint) if one is not types.NoneType] or [hint]
    first = inner[0]
    is_one = len(inner) == 1 and isinstance(first, type) and issubclass(first, StrEnum)
    return first if is_one else None


def _decoder(hint: Any) -> Decoder:
    origin = get_origin(hint)
    if origin is Annotated:
        return _constrained(_decoder(get_args(hint)[0]), get_args(hint)[1:])
    if origin in (Union, types.UnionType):
        return _optional(hint)
    if origin is tuple:
        return _sequence(_decoder(get_args(hint)[0]))
    if origin is dict:
        return _plain(dict)
    if dataclasses.is_dataclass(hint):
        return _object(cast(Hashable, hint))
    if issubclass(hint, StrEnum):
        return _member(hint)
    return _SCALARS[hint]


def _constrained(decoder: Decoder, constraints: tuple[Any, ...]) -> Decoder:
    def decode_constrained(data: Any, pointer: str) -> Any:
        value = decoder(data, pointer)
        for constraint in constraints:
            fault = constraint.fault(value)
            if fault:
                raise DecodeError(pointer, fault)
        return value

    return decode_constrained


def _optional(hint: Any) -> Decoder:
    (inner,) = [arg for arg in get_args(hint) if arg is not types.NoneType]
    decoder = _decoder(inner)
    return lambda data, pointer: None if data is None else decoder(data, pointer)


def _sequence(decoder: Decoder) -> Decoder:
    def decode_sequence(data: Any, pointer: str) -> tuple[Any, ...]:
        _expect(list, data, pointer)
        return tuple(decoder(item, f"{pointer}/{i}") for i, item in enumerate(data))

    return decode_sequence


def _member(enumeration: type[StrEnum]) -> Decoder:
    def decode_member(data: Any, pointer: str) -> StrEnum:
        try:
            return enumeration(data)
        except ValueError as exc:
            known = ", ".join(enumeration)
            raise DecodeError(pointer, f"{data!r} is not one of {known}") from exc

    return decode_member


def _expect(type_: type[Any], data: Any, pointer: str) -> Any:
    # bool is an int to Python, and not to JSON
    if not isinstance(data, type_) or (type_ is int and isinstance(data, bool)):
        wanted = {
            dict: "an object",
            list: "an array",
            str: "a string",
            int: "an integer",
            float: "a number",
        }
        raise DecodeError(pointer, f"{wanted.get(type_, type_.__name__)} is needed")
    return data


def _parsed(parse: Callable[[str], Any]) -> Decoder:
    def decode_text(data: Any, pointer: str) -> Any:
        try:
            return parse(_expect(str, data, pointer))
        except DecodeError:
            raise
        except ValueError as exc:
            raise DecodeError(pointer, str(exc)) from exc

    return decode_text


def _number(data: Any, pointer: str) -> float:
    # JSON has one kind of number: 1 is as good as 1.0
    is_whole = isinstance(data, int) and not isinstance(data, bool)
    return float(data) if is_whole else float(_expect(float, data, pointer))


def _plain(type_: type[Any]) -> Decoder:
    return lambda data, pointer: _expect(type_, data, pointer)


_SCALARS: dict[Any, Decoder] = {
    str: _plain(str),
    int: _plain(int),
    float: _number,
    bool: _plain(bool),
    UUID: _parsed(UUID),
    datetime: _parsed(parse_timestamp),
}
