"""What all workers counted together, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sync_server.db.pool import Pool
from sync_server.db.queries import load_queries

__all__ = ["RateCount", "RateStore"]

#: Longest wait for a connection: requests come first, and the next exchange is near.
_TIMEOUT_SECONDS = 1.0


class RateCount(NamedTuple):
    """Requests of one key in the slice that began at ``window_start`` (since 1970)."""

    key: bytes
    window_start: int
    requests: int


class RateStore:
    """The table ``rate_counts``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._queries = load_queries("sync_server.ratelimits")

    def exchange(self, added: Sequence[RateCount], *, oldest: int) -> list[RateCount]:
        """Add counts; return the sums of all workers for the same keys since ``oldest``.

        A count of nothing asks for its key's sums.
        """
        with self._pool.connection(timeout=_TIMEOUT_SECONDS) as connection:
            rows = self._queries.exchange(
                connection,
                keys=[row.key for row in added],
                window_starts=[row.window_start for row in added],
                counts=[row.requests for row in added],
                oldest=oldest,
            )
            return [RateCount(*row) for row in rows]

    def forget(self, *, before: int) -> None:
        """Delete the slices that began before a moment."""
        with self._pool.connection(timeout=_TIMEOUT_SECONDS) as connection:
            self._queries.forget(connection, before=before)
