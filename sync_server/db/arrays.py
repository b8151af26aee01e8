"""Columns of a batch as PostgreSQL arrays, written down in its binary format.

psycopg writes any list by asking for each element what it is and how it is written, which
takes longer than storing the batch.  Here a column says its type once.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from psycopg.adapt import AdaptersMap, Dumper
from psycopg.pq import Format

__all__ = [
    "Array",
    "bigint_array",
    "int_array",
    "register_arrays",
    "text_array",
    "timestamptz_array",
    "uuid_array",
]

#: Type numbers of an element and of its array (PostgreSQL's pg_type.dat).
_UUID, _UUIDS = 2950, 2951
_TEXT, _TEXTS = 25, 1009
_INT, _INTS = 23, 1007
_BIGINT, _BIGINTS = 20, 1016
_TIMESTAMPTZ, _TIMESTAMPTZS = 1184, 1185
#: Dimensions, whether there are nulls, type of the elements, length, first index.
_HEADER = struct.Struct("!iiIii")
_NULL = b"\xff\xff\xff\xff"
#: PostgreSQL counts microseconds from here.
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Array:
    """An array as PostgreSQL reads it: the type's number, and the bytes."""

    oid: int
    data: bytes


def uuid_array(values: Sequence[UUID | None]) -> Array:
    """Return a ``uuid[]``."""
    elements = (
        _NULL if value is None else b"\x00\x00\x00\x10" + value.bytes
        for value in values
    )
    return _array(_UUIDS, _UUID, len(values), b"".join(elements))


def text_array(values: Sequence[str | None]) -> Array:
    """Return a ``text[]``; few different texts are written down once."""
    written: dict[str | None, bytes] = {None: _NULL}
    elements = []
    for value in values:
        element = written.get(value)
        if element is None:
            raw = (value or "").encode()
            element = written[value] = len(raw).to_bytes(4, "big") + raw
        elements.append(element)
    return _array(_TEXTS, _TEXT, len(values), b"".join(elements))


def int_array(values: Sequence[int | None]) -> Array:
    """Return an ``int[]``; struct.error if a value has more than 32 bits."""
    return _array(_INTS, _INT, len(values), _numbers(values, "i", 4))


def bigint_array(values: Sequence[int | None]) -> Array:
    """Return a ``bigint[]``; struct.error if a value has more than 64 bits."""
    return _array(_BIGINTS, _BIGINT, len(values), _numbers(values, "q", 8))


def timestamptz_array(values: Sequence[datetime | None]) -> Array:
    """Return a ``timestamptz[]``; the times have a UTC offset."""
    numbers = [
        None if value is None else (value - _EPOCH) // _MICROSECOND for value in values
    ]
    data = _numbers(numbers, "q", 8)
    return _array(_TIMESTAMPTZS, _TIMESTAMPTZ, len(values), data)


def register_arrays(adapters: AdaptersMap) -> None:
    """Let statements take an :class:`Array`."""
    adapters.register_dumper(Array, _ArrayDumper)


class _ArrayDumper(Dumper):
    """Hands over what is written down already."""

    format = Format.BINARY

    def dump(self, obj: Array) -> bytes:
        return obj.data

    def get_key(self, obj: Array, format: Any) -> Any:  # noqa: A002
        return (self.cls, obj.oid)

    def upgrade(self, obj: Array, format: Any) -> Dumper:  # noqa: A002
        dumper = type(self)(self.cls)
        dumper.oid = obj.oid
        return dumper


def _numbers(values: Sequence[int | None], code: str, size: int) -> bytes:
    """Return each number behind its size."""
    if None not in values:
        pairs = chain.from_iterable((size, value) for value in values)
        return struct.pack("!" + f"i{code}" * len(values), *pairs)
    pack = struct.Struct(f"!i{code}").pack
    return b"".join(_NULL if value is None else pack(size, value) for value in values)


def _array(oid: int, element_oid: int, length: int, elements: bytes) -> Array:
    if not length:
        return Array(oid, _HEADER.pack(0, 0, element_oid, 0, 0)[:12])
    return Array(oid, _HEADER.pack(1, 1, element_oid, length, 1) + elements)
