"""Time and event ids, behind a seam that tests can turn."""

from __future__ import annotations

import itertools
import os
import time
from typing import Protocol

__all__ = ["Clock", "EventIds", "SystemClock", "new_event_id"]


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


class EventIds:
    """UUIDs of version 7 (RFC 9562 section 5.7), on any thread.

    The 74 bits beside the time begin at random and count on from there (section 6.2):
    asking the system for random bytes each time took a tenth of a ping.  A process that
    was forked must begin anew, or both would give the same ids.
    """

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Draw another beginning."""
        head = int.from_bytes(os.urandom(2), "big") >> 4
        self._fixed = 7 << 76 | head << 64 | 2 << 62
        first = int.from_bytes(os.urandom(8), "big") >> 3
        self._next = itertools.count(first).__next__

    def draw(self, now_ms: int) -> bytes:
        """Return the 16 bytes of a new id for the time given."""
        moment = (now_ms & 0xFFFFFFFFFFFF) << 80
        return (moment | self._fixed | self._next()).to_bytes(16, "big")


_ids = EventIds()
new_event_id = _ids.draw
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_ids.begin_anew)
