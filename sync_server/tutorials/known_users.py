"""What one worker remembers of users: their variants and their persona."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from uuid import UUID

import psycopg

from client_sdk.contracts.persona import PersonaSource
from sync_server.experiments.assignments import Assignments
from sync_server.identity.persons import Persons
from sync_server.tutorials.definition import Experiment

__all__ = ["KnownUser", "KnownUsers"]

#: Users that one worker keeps in memory, about 300 bytes each.
MAX_USERS = 100_000
#: Seconds after which a user is looked up again (specification 2.4).
MAX_AGE_SECONDS = 600.0
#: Seconds for which what is outdated serves at once after the database did not answer.
AWAY_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownUser:
    """What was read of a user; ``variants`` by experiment, as far as they were asked for.

    ``good_until`` is a moment of the monotonic clock.
    """

    persona: str
    confidence: float
    source: PersonaSource
    variants: Mapping[str, str]
    good_until: float


class KnownUsers:
    """Looks users up once, until something of them changes or ten minutes have passed.

    A read takes no lock.  Whoever learns that a user has changed calls :meth:`forget`.
    """

    def __init__(
        self,
        persons: Persons,
        assignments: Assignments,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._persons = persons
        self._assignments = assignments
        self._monotonic = monotonic
        self._users: dict[UUID, KnownUser] = {}
        self._lock = threading.Lock()
        #: Grows when somebody is forgotten: a look-up that began before may have read
        #: what was true before, and must not be kept.
        self._generation = 0
        self._away_until = float("-inf")

    def get(self, user_id: UUID, experiments: Sequence[Experiment] = ()) -> KnownUser:
        """Return what is known of a user, with its variant of each of the experiments.

        A user who has no variant of one is assigned for good.  psycopg's OperationalError
        if the database is away and the user was not known before.
        """
        known = self._users.get(user_id)
        if (
            known is not None
            and known.good_until > self._monotonic()
            and _has(known, experiments)
        ):
            return known
        return self._look_up(user_id, experiments)

    def peek(self, user_id: UUID) -> KnownUser | None:
        """Return what is remembered of a user, however old; asks no database."""
        return self._users.get(user_id)

    def forget(self, user_ids: Collection[UUID] | None) -> None:
        """Forget these users, or everybody (None), and what is being looked up now."""
        with self._lock:
            self._generation += 1
            if user_ids is None:
                self._users = {}
                return
            for user_id in user_ids:
                self._users.pop(user_id, None)

    def _look_up(self, user_id: UUID, experiments: Sequence[Experiment]) -> KnownUser:
        outdated = self._users.get(user_id)
        if outdated is not None and not _has(outdated, experiments):
            outdated = None
        if outdated is not None and self._monotonic() < self._away_until:
            return outdated
        generation = self._generation
        try:
            known = self._read(user_id, experiments)
        except psycopg.OperationalError:
            self._away_until = self._monotonic() + AWAY_SECONDS
            if outdated is None:
                raise
            return outdated
        return self._keep(user_id, known, generation)

    def _read(self, user_id: UUID, experiments: Sequence[Experiment]) -> KnownUser:
        good_until = self._monotonic() + MAX_AGE_SECONDS
        person = self._persons.read(user_id, [e.id for e in experiments])
        variants = self._assignments.settle(user_id, person, experiments)
        return KnownUser(
            persona=person.persona,
            confidence=person.confidence,
            source=person.source,
            variants=_shared(tuple(variants.items())),
            good_until=good_until,
        )

    def _keep(self, user_id: UUID, known: KnownUser, generation: int) -> KnownUser:
        with self._lock:
            if self._generation != generation:
                return known
            before = self._users.pop(user_id, None)
            if before is not None:
                known = _with_variants(known, before.variants)
            if len(self._users) >= MAX_USERS:
                self._make_room()
            self._users[user_id] = known
        return known

    def _make_room(self) -> None:
        """Drop the tenth that was looked up longest ago."""
        for user_id in list(islice(self._users, MAX_USERS // 10)):
            del self._users[user_id]


def _has(known: KnownUser, experiments: Sequence[Experiment]) -> bool:
    for experiment in experiments:  # noqa: SIM110  (a generator costs more than the rest)
        if experiment.id not in known.variants:
            return False
    return True


def _with_variants(known: KnownUser, before: Mapping[str, str]) -> KnownUser:
    """Keep variants of other experiments: an assignment never changes."""
    merged = {**before, **known.variants}
    return replace(known, variants=_shared(tuple(sorted(merged.items()))))


@lru_cache(10_000)
def _shared(items: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Return one mapping for all users with the same variants."""
    return dict(items)
