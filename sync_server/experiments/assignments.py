"""Assignments in PostgreSQL: computed once, stored, and from then on read."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from client_sdk.contracts.assignment import WeightedVariant, assign_variant
from sync_server.db.pool import Pool
from sync_server.db.queries import load_queries

__all__ = ["Assignments"]


class Assignments:
    """The table ``tutorial_assignments`` (specification 4.1)."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._queries = load_queries("sync_server.experiments")

    def variant_of(
        self, user_id: UUID, experiment_id: str, variants: Sequence[WeightedVariant]
    ) -> str:
        """Return the user's variant; assign and store it if there is none yet.

        Whoever writes first wins, also when the weights have changed since.
        """
        key = {"user_id": user_id, "experiment_id": experiment_id}
        variant_id = assign_variant(str(user_id), variants)
        with self._pool.connection() as connection:
            row = self._queries.assigned_variant(connection, **key)
            if row is None:
                row = self._queries.assign(connection, **key, variant_id=variant_id)
            if row is None:
                row = self._queries.assigned_variant(connection, **key)
        return str(row[0])
