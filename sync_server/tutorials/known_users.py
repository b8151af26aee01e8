"""What one worker remembers of users: their variants and their persona."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import TypeVar
from uuid import UUID

import psycopg

from client_sdk.contracts.persona import PersonaSource
from sync_server.experiments.assignments import Assignments
from sync_server.identity.persons import Persons
from sync_server.tutorials.definition import Experiment

__all__ = ["KnownUser", "KnownUsers"]

T = TypeVar("T")

#: Users that one worker keeps in memory, about 300 bytes each.
MAX_USERS = 100_000
#: Seconds after which a user is looked up again (specification 2.4).
MAX_AGE_SECONDS = 600.0
#: Seconds for which what is outdated serves at once after the database did not answer.
AWAY_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownUser:
    """What was read of a user; ``variants`` by experiment, as far as they were asked for.

    ``personas`` are those of the days of assignment, by the same experiments; None where
    the user has no assignment, or one of before personas were noted.  ``good_until`` is a
    moment of the monotonic clock.
    """

    persona: str
    confidence: float
    source: PersonaSource
    variants: Mapping[str, str]
    personas: Mapping[str, str | None]
    good_until: float

    def persona_under(self, experiment: Experiment | None) -> str:
        """Return the persona that a tutorial is shown with while the experiment runs.

        It is that of the day of assignment, and today's where there is none.
        """
        if experiment is None:
            return self.persona
        return self.personas.get(experiment.id) or self.persona


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
            and _has(known.variants, experiments)
        ):
            return known
        return self._look_up(user_id, experiments, assigns=True)

    def seen(self, user_id: UUID, experiments: Sequence[Experiment]) -> KnownUser:
        """Return a user with the persona of each of the experiments; assigns nobody."""
        known = self._users.get(user_id)
        if (
            known is not None
            and known.good_until > self._monotonic()
            and _has(known.personas, experiments)
        ):
            return known
        return self._look_up(user_id, experiments, assigns=False)

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

    def _look_up(
        self, user_id: UUID, experiments: Sequence[Experiment], *, assigns: bool
    ) -> KnownUser:
        outdated = self._users.get(user_id)
        if outdated is not None and not _has(
            outdated.variants if assigns else outdated.personas, experiments
        ):
            outdated = None
        if outdated is not None and self._monotonic() < self._away_until:
            return outdated
        generation = self._generation
        try:
            known = self._read(user_id, experiments, assigns=assigns)
        except psycopg.OperationalError:
            self._away_until = self._monotonic() + AWAY_SECONDS
            if outdated is None:
                raise
            return outdated
        return self._keep(user_id, known, generation)

    def _read(
        self, user_id: UUID, experiments: Sequence[Experiment], *, assigns: bool
    ) -> KnownUser:
        good_until = self._monotonic() + MAX_AGE_SECONDS
        person = self._persons.read(user_id, [e.id for e in experiments])
        own = person.own
        if assigns:
            own = self._assignments.settle(user_id, person, experiments)
        asked = [experiment.id for experiment in experiments]
        # what the user is going to inherit is what it sees
        stored = {**person.shared, **own}
        return KnownUser(
            persona=person.persona,
            confidence=person.confidence,
            source=person.source,
            variants=_shared(tuple((e, own[e].variant) for e in asked if e in own)),
            personas=_shared(
                tuple((e, stored[e].persona if e in stored else None) for e in asked)
            ),
            good_until=good_until,
        )

    def _keep(self, user_id: UUID, known: KnownUser, generation: int) -> KnownUser:
        with self._lock:
            if self._generation != generation:
                return known
            before = self._users.pop(user_id, None)
            if before is not None:
                known = _with_assignments(known, before)
            if len(self._users) >= MAX_USERS:
                self._make_room()
            self._users[user_id] = known
        return known

    def _make_room(self) -> None:
        """Drop the tenth that was looked up longest ago."""
        for user_id in list(islice(self._users, MAX_USERS // 10)):
            del self._users[user_id]


def _has(known: Mapping[str, object], experiments: Sequence[Experiment]) -> bool:
    for experiment in experiments:  # noqa: SIM110  (a generator costs more than the rest)
        if experiment.id not in known:
            return False
    return True


def _with_assignments(known: KnownUser, before: KnownUser) -> KnownUser:
    """Keep what other experiments assigned: it never changes.

    That there was no assignment may have changed since, and is not kept.
    """
    variants = {**before.variants, **known.variants}
    assigned = {e: persona for e, persona in before.personas.items() if persona}
    personas = {**assigned, **known.personas}
    return replace(
        known,
        variants=_shared(tuple(sorted(variants.items()))),
        personas=_shared(tuple(sorted(personas.items(), key=itemgetter(0)))),
    )


@lru_cache(10_000)
def _shared(items: tuple[tuple[str, T], ...]) -> Mapping[str, T]:
    """Return one mapping for all users with the same variants, or the same personas."""
    return dict(items)
