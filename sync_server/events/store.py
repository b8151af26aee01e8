"""Step events in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from client_sdk.contracts.ping import StepPing
from sync_server.db.arrays import BIGINTS, INTS, TEXTS, TIMES, UUIDS
from sync_server.db.function import ArrayFunction
from sync_server.db.pool import Pool, lent
from sync_server.db.queries import load_queries
from sync_server.progress.completion import Completion, Rule
from sync_server.progress.store import ProgressStore
from sync_server.tutorials.arms import Seen

__all__ = ["Delivery", "EventStore"]

#: Migration 0013 has the function and the names of its columns.
_STORE_EVENTS = ArrayFunction(
    "store_events",
    (
        *(UUIDS, UUIDS, TIMES, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, INTS, UUIDS),
        *(BIGINTS, UUIDS, INTS, TEXTS, INTS),
    ),
)
#: A ping without a time happens now.
_NOW = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Pings of one user that are stored together.

    For each ping, ``seen`` is the arm that was shown, ``experiment_ids`` says under which
    experiment the user's variant is stored if that is not known, and ``points`` what
    completing the step earns, None where nothing was completed.
    """

    user_id: UUID
    pings: Sequence[StepPing]
    seen: Sequence[Seen]
    experiment_ids: Sequence[str | None]
    points: Sequence[int | None]


class EventStore:
    """The table ``tutorial_step_events`` (specification 3.2), and what its events earn."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._queries = load_queries("sync_server.events")
        self._progress = ProgressStore()

    def add(self, deliveries: Sequence[Delivery]) -> list[list[int]]:
        """Store in one transaction what is new; return its places in each delivery."""
        batch = _Batch()
        for delivery in deliveries:
            batch.take(delivery)
        with lent(self._pool) as connection:
            known = _STORE_EVENTS(connection, batch.columns())
        left_out = batch.repeated | {batch.places[number] for number in known}
        new, begin = [], 0
        for delivery in deliveries:
            places = range(len(delivery.pings))
            new.append([place for place in places if begin + place not in left_out])
            begin += len(delivery.pings)
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


class _Batch:
    """Deliveries as the columns of one statement.

    ``places`` says, for each row, which of all pings it is; ``repeated`` holds those that
    stand in front of the statement already.
    """

    def __init__(self) -> None:
        self.places: list[int] = []
        self.repeated: set[int] = set()
        self._user_ids: list[UUID] = []
        self._event_ids: list[UUID] = []
        self._pings: list[StepPing] = []
        self._seen: list[Seen] = []
        self._experiment_ids: list[str | None] = []
        self._points: list[int | None] = []
        # by their numbers: a UUID hashes itself in Python
        self._known: dict[int, set[int]] = {}
        self._paying: dict[tuple[int, str, str], int] = {}
        self._count = 0

    def take(self, delivery: Delivery) -> None:
        """Add the pings that are not there yet."""
        user_id = delivery.user_id
        known = self._known.setdefault(user_id.int, set())
        for ping, seen, experiment_id, points in zip(
            delivery.pings,
            delivery.seen,
            delivery.experiment_ids,
            delivery.points,
            strict=True,
        ):
            place, self._count = self._count, self._count + 1
            event_id = ping.event_id or uuid4()
            if event_id.int in known:
                self.repeated.add(place)
                continue
            known.add(event_id.int)
            self.places.append(place)
            self._user_ids.append(user_id)
            self._event_ids.append(event_id)
            self._pings.append(ping)
            self._seen.append(seen)
            self._experiment_ids.append(experiment_id)
            self._points.append(points)
            if points is not None:
                self._pay_once((user_id.int, ping.tutorial_id, ping.step_id))

    def _pay_once(self, key: tuple[int, str, str]) -> None:
        """Leave the greatest points at the latest event, which is after an erasure if any."""
        last = len(self._pings) - 1
        before = self._paying.setdefault(key, last)
        if before == last:
            return
        later, earlier = last, before
        if _moment(self._pings[before]) > _moment(self._pings[last]):
            later, earlier = before, last
        self._points[later] = max(self._points[last] or 0, self._points[before] or 0)
        self._points[earlier] = None
        self._paying[key] = later

    def columns(self) -> tuple[list[Any], ...]:
        """Return the arguments of ``store_events``."""
        pings = self._pings
        return (
            self._user_ids,
            self._event_ids,
            [ping.occurred_at for ping in pings],
            [ping.tutorial_id for ping in pings],
            [ping.step_id for ping in pings],
            [seen.variant for seen in self._seen],
            [seen.persona for seen in self._seen],
            [ping.status for ping in pings],
            [ping.duration_ms for ping in pings],
            [ping.device_id for ping in pings],
            [ping.seq for ping in pings],
            [ping.run_id for ping in pings],
            [ping.tutorial_version for ping in pings],
            self._experiment_ids,
            self._points,
        )


def _moment(ping: StepPing) -> datetime:
    return ping.occurred_at or _NOW
