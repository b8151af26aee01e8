"""Step events in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from client_sdk.contracts.ping import StepPing
from client_sdk.contracts.tutorial import DEFAULT_PERSONA
from sync_server.db.pool import Pool
from sync_server.db.queries import load_queries
from sync_server.progress.completion import Completion, Rule
from sync_server.progress.store import ProgressStore

__all__ = ["Award", "Delivery", "EventStore"]


class Award(NamedTuple):
    """What a completed step is worth, and the latest of the events that completed it."""

    points: int
    event_id: UUID | None
    occurred_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Pings of one user that are stored together, and what completing steps earns.

    ``experiment_ids`` says, for each ping, under which experiment the user's variant is
    stored if the ping does not tell it; ``awards`` is by tutorial and step.
    """

    user_id: UUID
    pings: Sequence[StepPing]
    experiment_ids: Sequence[str | None]
    awards: Mapping[tuple[str, str], Award]


class EventStore:
    """The table ``tutorial_step_events`` (specification 3.2)."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._queries = load_queries("sync_server.events")
        self._progress = ProgressStore()

    def add(self, deliveries: Sequence[Delivery]) -> list[list[StepPing]]:
        """Store in one transaction what is new; return it for each delivery, in order."""
        # two transactions that store the same users' events must not wait crosswise
        order = sorted(range(len(deliveries)), key=lambda i: deliveries[i].user_id)
        batch = _Batch.of([deliveries[i] for i in order])
        with self._pool.connection() as connection:
            rows = self._queries.insert_events(connection, **batch.parameters())
            left_out = batch.repeated | {batch.sent[position] for (position,) in rows}
        ends = accumulate(len(deliveries[i].pings) for i in order)
        new: list[list[StepPing]] = [[] for _ in deliveries]
        begin = 0
        for i, end in zip(order, ends, strict=True):
            places = zip(range(begin, end), deliveries[i].pings, strict=True)
            new[i] = [ping for place, ping in places if place not in left_out]
            begin = end
        return new

    def award_tutorials(self, user_id: UUID, points: Mapping[str, int]) -> None:
        """Award whole tutorials to a user id."""
        with self._pool.connection() as connection:
            self._progress.award_tutorials(connection, user_id, points)

    def completions(
        self, user_id: UUID, tutorial_ids: Sequence[str]
    ) -> dict[str, Completion]:
        """Return what the user id completed in these tutorials; the arms seen not."""
        completions = {name: Completion() for name in tutorial_ids}
        with self._pool.connection() as connection:
            rows = self._queries.ledger(
                connection, user_id=user_id, tutorial_ids=list(tutorial_ids)
            )
            for tutorial_id, step_id, rule, points in rows:
                if rule == Rule.STEP_COMPLETED:
                    completions[tutorial_id].steps.add(step_id)
                else:
                    completions[tutorial_id].awarded = points
        return completions

    def erased_at(self, user_id: UUID) -> datetime | None:
        """Return when the user was erased: what happened until then is not stored."""
        with self._pool.connection() as connection:
            moment: datetime | None = self._queries.erased_at(
                connection, user_id=user_id
            )
            return moment


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Deliveries as the columns of one statement.

    ``sent`` holds the places, among all pings, of those that the statement gets;
    ``repeated`` of those that stand in front of it already.
    """

    deliveries: Sequence[Delivery]
    rows: Sequence[tuple[UUID, UUID, StepPing, str | None]]
    sent: Sequence[int]
    repeated: set[int]

    @classmethod
    def of(cls, deliveries: Sequence[Delivery]) -> _Batch:
        rows, sent, repeated = [], [], set()
        known: set[tuple[UUID, UUID]] = set()
        for place, row in enumerate(_rows(deliveries)):
            key = row[:2]
            if key in known:
                repeated.add(place)
                continue
            known.add(key)
            rows.append(row)
            sent.append(place)
        return cls(deliveries=deliveries, rows=rows, sent=sent, repeated=repeated)

    def parameters(self) -> dict[str, Any]:
        pings = [row[2] for row in self.rows]
        return {
            "sender_ids": sorted({delivery.user_id for delivery in self.deliveries}),
            "user_ids": [row[0] for row in self.rows],
            "event_ids": [row[1] for row in self.rows],
            "experiment_ids": [row[3] for row in self.rows],
            "occurred_ats": [ping.occurred_at for ping in pings],
            "tutorial_ids": [ping.tutorial_id for ping in pings],
            "step_ids": [ping.step_id for ping in pings],
            "variant_ids": [ping.variant for ping in pings],
            "personas": [ping.persona for ping in pings],
            "statuses": [ping.status.value for ping in pings],
            "durations_ms": [ping.duration_ms for ping in pings],
            "device_ids": [ping.device_id for ping in pings],
            "seqs": [ping.seq for ping in pings],
            "run_ids": [ping.run_id for ping in pings],
            "tutorial_versions": [ping.tutorial_version for ping in pings],
            "default_persona": DEFAULT_PERSONA,
            **_award_parameters(self.deliveries),
        }


def _rows(
    deliveries: Sequence[Delivery],
) -> Iterator[tuple[UUID, UUID, StepPing, str | None]]:
    for delivery in deliveries:
        for ping, experiment_id in zip(
            delivery.pings, delivery.experiment_ids, strict=True
        ):
            yield delivery.user_id, ping.event_id or uuid4(), ping, experiment_id


def _award_parameters(deliveries: Sequence[Delivery]) -> dict[str, Any]:
    awards: dict[tuple[UUID, str, str], Award] = {}
    for delivery in deliveries:
        for (tutorial_id, step_id), award in delivery.awards.items():
            key = (delivery.user_id, tutorial_id, step_id)
            awards[key] = max(award, awards.get(key, award), key=lambda a: a.points)
    # sorted, so that two deliveries wait for each other and never crosswise
    ordered = sorted(awards.items(), key=lambda item: item[0])
    return {
        "award_user_ids": [key[0] for key, _ in ordered],
        "award_tutorial_ids": [key[1] for key, _ in ordered],
        "award_step_ids": [key[2] for key, _ in ordered],
        "award_points": [award.points for _, award in ordered],
        "award_event_ids": [award.event_id for _, award in ordered],
        "award_occurred_ats": [award.occurred_at for _, award in ordered],
    }
