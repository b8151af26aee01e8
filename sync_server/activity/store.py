"""Product activity in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from client_sdk.contracts.activity import ActivityEvent
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

    def add(self, events: Sequence[ActivityEvent]) -> Stored:
        """Store those that are new, all in one statement."""
        if not events:
            return Stored(new=0, erased=())
        with self._pool.connection() as connection:
            new, erased = self._queries.add(
                connection,
                user_ids=[UUID(event.user_id) for event in events],
                event_ids=[event.event_id for event in events],
                names=[event.name for event in events],
                occurred_ats=[event.occurred_at for event in events],
                properties=[json.dumps(event.properties) for event in events],
            )
        return Stored(new=int(new), erased=tuple(erased))
