"""What is stored of the person behind a user id, whichever of the person's ids has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from client_sdk.contracts.persona import PersonaSource
from client_sdk.contracts.tutorial import DEFAULT_PERSONA
from sync_server.db.pool import Pool
from sync_server.db.queries import load_queries

__all__ = ["Assigned", "Person", "Persons"]


class Assigned(NamedTuple):
    """A variant, and the persona that the user had on the day of the assignment.

    The persona is None in assignments of before it was noted.
    """

    variant: str
    persona: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as one of its user ids is to see it.

    ``own`` is what the id was assigned, by experiment; ``shared`` what the account was, or
    else what any of the person's ids got first.  ``first_anonymous_id`` was linked first.
    """

    persona: str
    confidence: float
    source: PersonaSource
    first_anonymous_id: UUID | None
    own: Mapping[str, Assigned]
    shared: Mapping[str, Assigned]


class Persons:
    """Reads through the links, which are resolved anew each time."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._queries = load_queries("sync_server.identity")

    def read(self, user_id: UUID, experiment_ids: Sequence[str]) -> Person:
        """Return the person behind a user id as these experiments know it."""
        with self._pool.connection() as connection:
            row = self._queries.person(
                connection, user_id=user_id, experiment_ids=list(experiment_ids)
            )
        persona, confidence, source, first_anonymous_id, *assigned = row
        own, own_personas, shared, shared_personas = assigned
        return Person(
            persona=persona or DEFAULT_PERSONA,
            confidence=float(confidence),
            source=PersonaSource(source or PersonaSource.DEFAULT),
            first_anonymous_id=first_anonymous_id,
            own=_assigned(own, own_personas),
            shared=_assigned(shared, shared_personas),
        )

    def ids(self, user_id: UUID) -> list[UUID]:
        """Return all ids of the person, the account's first."""
        with self._pool.connection() as connection:
            return [
                row[0] for row in self._queries.user_ids(connection, user_id=user_id)
            ]


def _assigned(
    variants: Mapping[str, str] | None, personas: Mapping[str, str | None] | None
) -> dict[str, Assigned]:
    """Return both as one, by experiment."""
    if not variants or personas is None:
        return {}
    return {id_: Assigned(variant, personas[id_]) for id_, variant in variants.items()}
