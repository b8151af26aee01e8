"""Erase a person everywhere, in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any
from uuid import UUID

import psycopg

from sync_server.db.pool import Pool
from sync_server.db.queries import load_queries
from sync_server.privacy.audit import Action, AuditLog
from sync_server.privacy.holdings import HOLDINGS

__all__ = ["Erasure"]

logger = logging.getLogger(__name__)

#: How often an erasure is begun, if links appear or a deadlock comes in its way.
_MAX_ATTEMPTS = 5


class _LinksChangedError(Exception):
    """The person got another user id while the erasure waited for its locks."""


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
            except (_LinksChangedError, psycopg.errors.DeadlockDetected) as exc:
                # a nightly job writes many users' rows in an order of its own
                logger.info(
                    "an erasure begins again",
                    extra={"attempt": attempt, "reason": type(exc).__name__},
                )
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

        In an order that all erasures share: two of them do not wait for each other.
        """
        user_ids = self._user_ids(connection, user_id)
        for locked in sorted(user_ids):
            self._queries.begin_erasure(connection, user_id=locked)
        if self._user_ids(connection, user_id) != user_ids:
            raise _LinksChangedError
        return sorted(user_ids)

    def _user_ids(self, connection: Any, user_id: UUID) -> Collection[UUID]:
        return {row[0] for row in self._queries.user_ids(connection, user_id=user_id)}
