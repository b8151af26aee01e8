"""Events become counters per day and features per person, a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from sync_server.db.queries import load_queries

__all__ = ["BATCH_ROWS", "Counted", "UsageCounting"]

#: Rows that one transaction counts, or one foreign transaction more: about two seconds,
#: for which an erasure waits.
BATCH_ROWS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One piece of work: events, persons whose features were computed again, and days
    whose counters are full and stay as they are.
    """

    rows: int
    persons: int
    clipped_days: int


class UsageCounting:
    """Counts every stored event once (migration 0014).

    Killed anywhere it has counted whole pieces; the next run goes on.  Several at once
    take turns.
    """

    def __init__(self, *, batch_rows: int = BATCH_ROWS) -> None:
        self._batch_rows = batch_rows
        self._queries = load_queries("sync_server.activity")

    def waiting(self, connection: Connection[Any]) -> int:
        """Return how many events have not been counted."""
        return int(self._queries.waiting(connection))

    def run(self, connection: Connection[Any]) -> Iterator[Counted]:
        """Count what is there, and yield after each transaction.

        What a transaction that still runs has written, and what is newer than its begin,
        is left to the next run.  The connection must be in autocommit.
        """
        while True:
            rows, persons, days = self._queries.count_usage(
                connection, most_rows=self._batch_rows
            )
            yield Counted(rows=rows, persons=persons, clipped_days=days)
            if not rows:
                return
