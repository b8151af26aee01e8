"""Time and event ids, behind a seam that tests can turn."""

from __future__ import annotations

import os
import time
from typing import Protocol

__all__ = ["Clock", "SystemClock", "new_event_id"]


class Clock(Protocol):
    """Two clocks: one that tells the date and may jump, one that only runs forward."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970 in UTC."""

    def monotonic_seconds(self) -> float:
        """Return seconds since some moment; differences are true durations."""


class SystemClock:
    """The machine's clocks."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970 in UTC."""
        return time.time_ns() // 1_000_000

    def monotonic_seconds(self) -> float:
        """Return seconds since some moment; differences are true durations."""
        return time.monotonic()


def new_event_id(now_ms: int) -> bytes:
    """Return the 16 bytes of a UUIDv7 (RFC 9562 section 5.7) for the time given."""
    tail = bytearray(os.urandom(10))
    tail[0] = (tail[0] & 0x0F) | 0x70
    tail[2] = (tail[2] & 0x3F) | 0x80
    return (now_ms & 0xFFFFFFFFFFFF).to_bytes(6, "big") + bytes(tail)
