"""Product activity in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sync_server.activity.uses import Use
from sync_server.db.pool import Pool
from sync_server.db.queries import load_queries

__all__ = ["ActivityStore", "Stored"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """How many events are new; the places of those that an erasure came before."""

    new: int
    erased: tuple[int, ...]


class ActivityStore:
    """The table ``user_activity``, which personas are built from."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._queries = load_queries("sync_server.activity")

    def add(self, uses: Sequence[Use]) -> Stored:
        """Store those that are new, all in one statement."""
        if not uses:
            return Stored(new=0, erased=())
        with self._pool.connection() as connection:
            new, erased = self._queries.add(
                connection,
                user_ids=[UUID(use.event.user_id) for use in uses],
                event_ids=[use.event.event_id for use in uses],
                names=[use.event.name for use in uses],
                occurred_ats=[use.occurred_at for use in uses],
                properties=[json.dumps(use.event.properties) for use in uses],
                kinds=[use.kind for use in uses],
                amounts=[use.amount for use in uses],
                members=[use.members for use in uses],
            )
        return Stored(new=int(new), erased=tuple(erased))
