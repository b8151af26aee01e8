"""Step events in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from client_sdk.contracts.ping import StepPing, StepStatus
from client_sdk.contracts.tutorial import DEFAULT_PERSONA
from sync_server.db.pool import Pool
from sync_server.db.queries import load_queries
from sync_server.progress.completion import Completion, Rule
from sync_server.progress.store import ProgressStore
from sync_server.tutorials.arms import Seen

__all__ = ["EventStore", "StoredPings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPings:
    """(status, step id) of the pings that were new, and where steps were completed.

    ``completions`` is by tutorial: all steps that the user id ever completed in it.
    """

    events: Sequence[tuple[str, str]]
    completions: Mapping[str, Completion]


class EventStore:
    """The table ``tutorial_step_events`` (specification 3.2)."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._queries = load_queries("sync_server.events")
        self._progress = ProgressStore()

    def add(
        self,
        user_id: UUID,
        pings: Sequence[StepPing],
        experiment_ids: Sequence[str | None],
        points: Mapping[tuple[str, str], int],
    ) -> StoredPings:
        """Store those pings that are new, in order, and what completing steps earns.

        ``experiment_ids`` says, for each ping, under which experiment the user's variant
        is stored if the ping does not tell it; ``points`` what each (tutorial, step) of
        the pings with status ``completed`` is worth.
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
                award_tutorial_ids=[tutorial_id for tutorial_id, _ in points],
                award_step_ids=[step_id for _, step_id in points],
                award_points=list(points.values()),
            )
            return _stored(rows)

    def award_tutorials(self, user_id: UUID, points: Mapping[str, int]) -> None:
        """Award whole tutorials to a user id."""
        with self._pool.connection() as connection:
            self._progress.award_tutorials(connection, user_id, points)

    def erased_at(self, user_id: UUID) -> datetime | None:
        """Return when the user was erased: what happened until then is not stored."""
        with self._pool.connection() as connection:
            moment: datetime | None = self._queries.erased_at(
                connection, user_id=user_id
            )
            return moment


def _stored(rows: Iterable[Sequence[Any]]) -> StoredPings:
    events, ledger = [], []
    completions: dict[str, Completion] = {}
    for row in rows:
        status, tutorial_id, step_id, version, variant, persona, points = row
        if points is not None:
            ledger.append((tutorial_id, step_id, status, points))
            continue
        events.append((status, step_id))
        if status == StepStatus.COMPLETED:
            completion = completions.setdefault(tutorial_id, Completion())
            completion.steps.add(step_id)
            completion.seen.add(Seen(version=version, variant=variant, persona=persona))
    for tutorial_id, step_id, rule, points in ledger:
        if tutorial_id not in completions:
            continue
        if rule == Rule.STEP_COMPLETED:
            completions[tutorial_id].steps.add(step_id)
        else:
            completions[tutorial_id].awarded = points
    return StoredPings(events=events, completions=completions)
