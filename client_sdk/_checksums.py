"""A checksum a row: a byte that flips on the disk must not become somebody's answer."""

from __future__ import annotations

import zlib

__all__ = ["checksum"]


def checksum(row: tuple[object, ...]) -> int:
    """Return the CRC-32 of a row's values, whatever tuple holds them.

    SQLite keeps none: a byte that flips on the disk is otherwise read as if written.
    """
    return zlib.crc32(repr(tuple(row)).encode())
