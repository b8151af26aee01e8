"""The device's hybrid clock, which says what was written last though no clock is right."""

from __future__ import annotations

import sqlite3
from uuid import UUID

from client_sdk.contracts.hlc import HybridTime, observe, tick

__all__ = ["HybridClock"]

_KEEP = "INSERT OR REPLACE INTO hybrid_clock (id, wall_ms, counter) VALUES (1, ?, ?)"


class HybridClock:
    """The last time that this device gave or saw; kept in its file.

    Every call is part of the transaction under way: a time is given once, also where two
    processes share the file.
    """

    def __init__(self, device_id: UUID) -> None:
        self.device_id = device_id

    def tick(self, connection: sqlite3.Connection, now_ms: int) -> HybridTime:
        """Return the time of what is written now: later than all that was seen here."""
        clock = tick(self._last(connection), now_ms)
        self.set(connection, clock)
        return clock

    def see(
        self, connection: sqlite3.Connection, seen: HybridTime, now_ms: int
    ) -> None:
        """Have all that is written from here on come after what was seen."""
        last = self._last(connection)
        if seen > last:
            self.set(connection, observe(last, seen, now_ms))

    def set(self, connection: sqlite3.Connection, clock: HybridTime) -> None:
        """Go on from this time."""
        connection.execute(_KEEP, (clock.wall_ms, clock.counter))

    def _last(self, connection: sqlite3.Connection) -> HybridTime:
        query = "SELECT wall_ms, counter FROM hybrid_clock"
        wall_ms, counter = connection.execute(query).fetchone() or (0, 0)
        return HybridTime(wall_ms=wall_ms, counter=counter, device_id=self.device_id)
