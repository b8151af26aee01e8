"""How often a person ran tutorials, as PostgreSQL has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sync_server.db.pool import Pool
from sync_server.db.queries import load_queries

__all__ = ["NO_RUNS", "RunStore", "Runs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Runs of one tutorial, and when something last happened in it."""

    count: int = 0
    last_at: datetime | None = None


NO_RUNS = Runs()


class RunStore:
    """The step events, seen as runs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._queries = load_queries("sync_server.launch")

    def runs(self, user_id: UUID, tutorial_ids: Sequence[str]) -> dict[str, Runs]:
        """Return the runs of those of these tutorials that the person has begun."""
        with self._pool.connection() as connection:
            rows = self._queries.runs(
                connection, user_id=user_id, tutorial_ids=list(tutorial_ids)
            )
            return {
                tutorial_id: Runs(count=count, last_at=last_at)
                for tutorial_id, count, last_at in rows
            }
