"""Columns of a batch as PostgreSQL arrays, written down in its binary format.

psycopg writes any list by asking for each element what it is and how it is written, which
takes longer than storing the batch.  Here a column says its type once.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from uuid import UUID

__all__ = ["BIGINTS", "INTS", "TEXTS", "TIMES", "UUIDS", "ArrayType"]

#: Type numbers of elements (PostgreSQL's pg_type.dat).
_UUID, _TEXT, _INT, _BIGINT, _TIMESTAMPTZ = 2950, 25, 23, 20, 1184
#: Dimensions, whether there may be nulls, type of the elements, length, first index.
_HEADER = struct.Struct("!iiIii")
_NO_ELEMENTS = struct.Struct("!iiI")
_NULL = b"\xff\xff\xff\xff"
#: PostgreSQL counts microseconds from here.
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ArrayType:
    """A type of arrays: its number in PostgreSQL, and how its values are written."""

    oid: int
    write: Callable[[Sequence[Any]], bytes]


def _uuids(values: Sequence[UUID | None]) -> bytes:
    # what UUID.bytes returns, without the price of a property
    elements = [
        _NULL if value is None else b"\x00\x00\x00\x10" + value.int.to_bytes(16, "big")
        for value in values
    ]
    return _array(_UUID, len(values), b"".join(elements))


def _texts(values: Sequence[str | None]) -> bytes:
    """Return a ``text[]``; few different texts are written down once."""
    written: dict[str | None, bytes] = {None: _NULL}
    elements = []
    for value in values:
        element = written.get(value)
        if element is None:
            raw = (value or "").encode()
            element = written[value] = len(raw).to_bytes(4, "big") + raw
        elements.append(element)
    return _array(_TEXT, len(values), b"".join(elements))


def _ints(values: Sequence[int | None]) -> bytes:
    return _array(_INT, len(values), _numbers(values, "i", 4))


def _bigints(values: Sequence[int | None]) -> bytes:
    return _array(_BIGINT, len(values), _numbers(values, "q", 8))


def _times(values: Sequence[datetime | None]) -> bytes:
    numbers = [None if value is None else _microseconds(value) for value in values]
    return _array(_TIMESTAMPTZ, len(values), _numbers(numbers, "q", 8))


def _microseconds(moment: datetime) -> int:
    # a division of two durations would take three times as long
    age = moment - _EPOCH
    return (age.days * 86_400 + age.seconds) * 1_000_000 + age.microseconds


def _numbers(values: Sequence[int | None], code: str, size: int) -> bytes:
    """Return each number behind its size."""
    if None not in values:
        pairs = chain.from_iterable((size, value) for value in values)
        return struct.pack("!" + f"i{code}" * len(values), *pairs)
    pack = struct.Struct(f"!i{code}").pack
    return b"".join([_NULL if value is None else pack(size, value) for value in values])


def _array(element_oid: int, length: int, elements: bytes) -> bytes:
    if not length:
        return _NO_ELEMENTS.pack(0, 0, element_oid)
    return _HEADER.pack(1, 1, element_oid, length, 1) + elements


UUIDS = ArrayType(2951, _uuids)
#: No NUL and no lone surrogate, which PostgreSQL cannot hold.
TEXTS = ArrayType(1009, _texts)
#: struct.error if a value has more than 32 bits.
INTS = ArrayType(1007, _ints)
#: struct.error if a value has more than 64 bits.
BIGINTS = ArrayType(1016, _bigints)
#: Of times with a UTC offset.
TIMES = ArrayType(1185, _times)
