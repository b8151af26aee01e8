"""Events become counters per day and features per person, a piece at a time."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from sync_server.db.queries import load_queries

__all__ = ["BATCH_ROWS", "BATCH_USERS", "Counted", "UsageCounting"]

#: What one transaction does, for a second or two: an erasure waits for it.
BATCH_ROWS = 100_000
BATCH_USERS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One piece of work: events that were counted, users whose features were computed
    again, and days whose counters are full and stay as they are.
    """

    rows: int = 0
    users: int = 0
    clipped_days: int = 0


class UsageCounting:
    """Counts every stored event once (migration 0014).

    Killed anywhere it has done whole pieces; the next run goes on.  Several at once take
    turns.
    """

    def __init__(
        self, *, batch_rows: int = BATCH_ROWS, batch_users: int = BATCH_USERS
    ) -> None:
        self._batch_rows = batch_rows
        self._batch_users = batch_users
        self._queries = load_queries("sync_server.activity")

    def waiting(self, connection: Connection[Any]) -> int:
        """Return how many events have not been counted."""
        return int(self._queries.waiting(connection))

    def stale_users(self, connection: Connection[Any]) -> int:
        """Return how many users' features do not say all that was counted."""
        return int(self._queries.stale_users(connection))

    def run(self, connection: Connection[Any]) -> Generator[Counted, None, None]:
        """Count what is there, then compute the features; yield after each transaction.

        What a transaction that still runs has written, and what is newer than its begin,
        is left to the next run.  The connection must be in autocommit.
        """
        rows = -1
        while rows:
            rows, days = self._queries.count_usage(
                connection, most_rows=self._batch_rows
            )
            yield Counted(rows=rows, clipped_days=days)
        while users := self._queries.refresh_features(
            connection, most_users=self._batch_users
        ):
            yield Counted(users=users)
