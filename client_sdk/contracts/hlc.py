"""Hybrid logical clocks: which of two devices wrote last, though no clock is right.

Kulkarni, Demirbas, Madappa, Avva and Leone, "Logical Physical Clocks", OPODIS 2014.  A
time is a device's wall clock, pushed forward by every later time that the device has
seen, and a counter for what happens within one millisecond.  So what a device writes
after it has seen something is later than that, however wrong its clock is.  Pure.
"""

from __future__ import annotations

from dataclasses import replace
from functools import total_ordering
from typing import Annotated
from uuid import UUID

from client_sdk.contracts.constraints import AtLeast, AtMost
from client_sdk.contracts.wire import Wire, wire

__all__ = ["MAX_AHEAD_MS", "HybridTime", "clamp", "observe", "tick"]

#: Milliseconds that a time may lie ahead of the server's clock.
MAX_AHEAD_MS = 5 * 60 * 1000
_MAX_WALL_MS = 2**53 - 1
_MAX_COUNTER = 2**31 - 1


@total_ordering
@wire(frozen=True, kw_only=True)
class HybridTime(Wire):
    """A moment on one device; later ones are greater, and no two devices' are equal.

    ``wall_ms`` is in milliseconds since 1970.
    """

    wall_ms: Annotated[int, AtLeast(0), AtMost(_MAX_WALL_MS)]
    counter: Annotated[int, AtLeast(0), AtMost(_MAX_COUNTER)]
    device_id: UUID

    def __lt__(self, other: HybridTime) -> bool:
        """Tell whether this moment comes before the other."""
        return self._order < other._order

    @property
    def _order(self) -> tuple[int, int, UUID]:
        return self.wall_ms, self.counter, self.device_id


def tick(last: HybridTime, wall_ms: int) -> HybridTime:
    """Return the time of an event on the device of ``last``, later than ``last``.

    ``wall_ms`` is what the device's clock says, which may have been set back.
    """
    if wall_ms > last.wall_ms:
        return replace(last, wall_ms=wall_ms, counter=0)
    if last.counter == _MAX_COUNTER:
        return replace(last, wall_ms=last.wall_ms + 1, counter=0)
    return replace(last, counter=last.counter + 1)


def observe(last: HybridTime, seen: HybridTime, wall_ms: int) -> HybridTime:
    """Return the time at which the device of ``last`` has seen ``seen``: later than both."""
    latest = max(last, seen, key=lambda time: (time.wall_ms, time.counter))
    return tick(replace(latest, device_id=last.device_id), wall_ms)


def clamp(time: HybridTime, now_ms: int) -> HybridTime:
    """Return the time, or the server's now where it lies too far ahead of that.

    A phone whose clock says 2035 would win against all others for years; so it is as
    late as what it is: something that arrives now.
    """
    if time.wall_ms <= now_ms + MAX_AHEAD_MS:
        return time
    return replace(time, wall_ms=now_ms, counter=0)
