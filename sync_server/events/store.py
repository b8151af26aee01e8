"""Step events in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from client_sdk.contracts.ping import StepPing
from client_sdk.contracts.tutorial import DEFAULT_PERSONA
from sync_server.db.pool import Pool
from sync_server.db.queries import load_queries

__all__ = ["EventStore"]


class EventStore:
    """The table ``tutorial_step_events`` (specification 3.2)."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._queries = load_queries("sync_server.events")

    def add(
        self,
        user_id: UUID,
        pings: Sequence[StepPing],
        experiment_ids: Sequence[str | None],
    ) -> list[tuple[str, str]]:
        """Store those pings that are new, in order; return their (status, step id).

        ``experiment_ids`` says, for each ping, under which experiment the user's variant
        is stored if the ping does not tell it.
        """
        with self._pool.connection() as connection:
            rows = self._queries.insert_events(
                connection,
                user_id=user_id,
                event_ids=[ping.event_id for ping in pings],
                occurred_ats=[ping.occurred_at for ping in pings],
                tutorial_ids=[ping.tutorial_id for ping in pings],
                step_ids=[ping.step_id for ping in pings],
                variant_ids=[ping.variant for ping in pings],
                personas=[ping.persona for ping in pings],
                statuses=[ping.status.value for ping in pings],
                durations_ms=[ping.duration_ms for ping in pings],
                device_ids=[ping.device_id for ping in pings],
                seqs=[ping.seq for ping in pings],
                run_ids=[ping.run_id for ping in pings],
                tutorial_versions=[ping.tutorial_version for ping in pings],
                experiment_ids=list(experiment_ids),
                default_persona=DEFAULT_PERSONA,
            )
            return list(rows)

    def erased_at(self, user_id: UUID) -> datetime | None:
        """Return when the user was erased: what happened until then is not stored."""
        with self._pool.connection() as connection:
            moment: datetime | None = self._queries.erased_at(
                connection, user_id=user_id
            )
            return moment
