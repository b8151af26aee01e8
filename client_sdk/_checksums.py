"""A checksum a row: a byte that flips on the disk must not become somebody's answer."""

from __future__ import annotations

from marshal import dumps
from typing import Any
from zlib import crc32

__all__ = ["checksum", "checksum_of_version_1"]

#: The last format without references, which depend on what else a process holds.
_MARSHAL_VERSION = 2


def checksum(row: tuple[Any, ...]) -> int:
    """Return the CRC-32 of a plain tuple of integers, text, bytes and None.

    SQLite keeps none: a byte that flips on the disk is otherwise read as if written.
    marshal is the fastest way to bytes that say what is text and what is a number.
    """
    return crc32(dumps(row, _MARSHAL_VERSION))


def checksum_of_version_1(row: tuple[object, ...]) -> int:
    """Return the checksum that the first version of the file has."""
    return crc32(repr(row).encode())
