"""Personas in PostgreSQL, as the nightly clustering left them (specification 5)."""

from __future__ import annotations

from uuid import UUID

from client_sdk.contracts.tutorial import DEFAULT_PERSONA
from sync_server.db.pool import Pool
from sync_server.db.queries import load_queries

__all__ = ["PersonaStore"]


class PersonaStore:
    """The table ``user_personas``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._queries = load_queries("sync_server.personas")

    def persona_of(self, user_id: UUID) -> str:
        """Return the user's persona, the default one if nothing is known."""
        with self._pool.connection() as connection:
            row = self._queries.persona(connection, user_id=user_id)
        return str(row[0]) if row and row[0] else DEFAULT_PERSONA
