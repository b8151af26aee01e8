"""Assignments in PostgreSQL: computed once, stored, and from then on read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from client_sdk.contracts.assignment import WeightedVariant, assign_variant
from client_sdk.contracts.tutorial import DEFAULT_PERSONA
from sync_server.db.pool import Pool
from sync_server.db.queries import load_queries
from sync_server.identity.persons import Assigned, Person

__all__ = ["AssignableExperiment", "Assignments"]


class AssignableExperiment(Protocol):
    """What assignment needs of an experiment: its id, and its variants in their order."""

    @property
    def id(self) -> str:
        """Unique over all experiments."""

    @property
    def variants(self) -> Sequence[WeightedVariant]:
        """At least one; the order decides."""


class Assignments:
    """The table ``tutorial_assignments`` (specification 4.1)."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._queries = load_queries("sync_server.experiments")

    def settle(
        self, user_id: UUID, person: Person, experiments: Sequence[AssignableExperiment]
    ) -> dict[str, Assigned]:
        """Return what the user was assigned by each experiment, and store what is new.

        What the user id has itself stays.  Else it gets what the person has: the
        account's variant, or the one that any of its ids got first.  Else it is computed
        for the person: for the anonymous user that the person was first, if it was one.

        The persona of that moment is stored with it: personas change at night, and may
        change because of the experiment, so that an experiment must show and count by
        this one.  Whoever gets the person's variant gets the persona with it.
        """
        assigned = {e.id: _assigned(user_id, person, e) for e in experiments}
        new = {id_: one for id_, one in assigned.items() if id_ not in person.own}
        if not new:
            return assigned
        return assigned | self._assign(user_id, new)

    def _assign(
        self, user_id: UUID, assigned: Mapping[str, Assigned]
    ) -> dict[str, Assigned]:
        """Store this by experiment; return what is stored now: first write wins."""
        with self._pool.connection() as connection:
            rows = self._queries.assign(
                connection,
                user_id=user_id,
                experiment_ids=list(assigned),
                variant_ids=[one.variant for one in assigned.values()],
                personas=[one.persona for one in assigned.values()],
            )
            return {id_: Assigned(*stored) for id_, *stored in rows}

    def assign_from_device(
        self,
        user_id: UUID,
        experiment_id: str,
        assigned: Assigned,
        *,
        at: datetime | None,
    ) -> bool:
        """Store a device's assignment unless there is one; the first write wins.

        Its persona is what the device showed, None where it tells none: then today's is
        stored.  ``at`` is when the device made it, None for now.  Return whether the user
        has one now: not if it was erased after the device made this one.
        """
        with self._pool.connection() as connection:
            row = self._queries.assign_from_device(
                connection,
                user_id=user_id,
                experiment_id=experiment_id,
                variant_id=assigned.variant,
                persona=assigned.persona,
                default_persona=DEFAULT_PERSONA,
                at=at,
            )
        return row is not None


def _assigned(
    user_id: UUID, person: Person, experiment: AssignableExperiment
) -> Assigned:
    own = person.own.get(experiment.id)
    if own is not None:
        return own
    shared = person.shared.get(experiment.id)
    if shared is not None:
        return Assigned(shared.variant, shared.persona or person.persona)
    first_id = person.first_anonymous_id or user_id
    return Assigned(assign_variant(str(first_id), experiment.variants), person.persona)
