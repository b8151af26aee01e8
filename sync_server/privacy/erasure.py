"""Erase a person everywhere, in one transaction."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

import psycopg

from sync_server.db.pool import Pool
from sync_server.db.queries import load_queries
from sync_server.privacy.audit import Action, AuditLog
from sync_server.privacy.holdings import HOLDINGS

__all__ = ["Erasure"]

logger = logging.getLogger(__name__)

#: How often an erasure is begun if it is the one that a deadlock ends.
_MAX_ATTEMPTS = 5


class Erasure:
    """Deletes what is held of a person, and sees to it that it does not come back."""

    def __init__(self, pool: Pool, audit: AuditLog) -> None:
        self._pool = pool
        self._audit = audit
        self._queries = load_queries("sync_server.privacy")

    def erase(self, user_id: UUID, *, actor: str) -> int:
        """Erase all user ids of the person and return how many rows went.

        All or nothing, and the same again does no harm.  What happened before is refused
        from now on, also if a device delivers it later or delivers it right now: whoever
        stores something of the user has either committed when the deletions begin, or
        sees the erasure (``erased_at_of`` in migration 0009).
        """
        for attempt in range(1, _MAX_ATTEMPTS + 1):
            try:
                return self._try(user_id, actor)
            except psycopg.errors.DeadlockDetected:
                # a job that writes many users' rows has an order of its own
                logger.info("an erasure begins again", extra={"attempt": attempt})
                if attempt == _MAX_ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def _try(self, user_id: UUID, actor: str) -> int:
        with self._pool.connection() as connection, connection.transaction():
            user_ids = self._locked_user_ids(connection, user_id)
            counts = {
                holding.table: connection.execute(
                    holding.deletion(), {"ids": user_ids}
                ).rowcount
                for holding in HOLDINGS
                if not holding.stays
            }
            self._queries.note_erasures(connection, user_ids=user_ids)
            self._audit.record(
                connection,
                Action.ERASE,
                actor=actor,
                subjects=user_ids,
                details={"rows": counts},
            )
        return sum(counts.values())

    def _locked_user_ids(self, connection: Any, user_id: UUID) -> list[UUID]:
        """Wait until nobody stores anything of the person; return its user ids.

        The account comes first: whoever links an anonymous user to it waits from then on.
        """
        locked: list[UUID] = []
        while missing := [
            row[0]
            for row in self._queries.user_ids(connection, user_id=user_id)
            if row[0] not in locked
        ]:
            self._queries.begin_erasure(connection, user_id=missing[0])
            locked.append(missing[0])
        return locked
