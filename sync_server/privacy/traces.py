"""What is left of an erased user: that and when it was erased, found by the user id alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sync_server.db.pool import Pool
from sync_server.db.queries import load_queries
from sync_server.privacy.audit import AuditLog, AuditRecord

__all__ = ["Trace", "Traces"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """When a user was erased (the last time; None: never), and what the audit log has."""

    erased_at: datetime | None
    records: Sequence[AuditRecord]


class Traces:
    """Answers who asks with a user id; nobody can ask for the users."""

    def __init__(self, pool: Pool, audit: AuditLog) -> None:
        self._pool = pool
        self._audit = audit
        self._queries = load_queries("sync_server.privacy")

    def of(self, user_id: UUID) -> Trace:
        """Return what is left of the user."""
        with self._pool.connection() as connection:
            return Trace(
                erased_at=self._queries.erased_at(connection, user_id=user_id),
                records=self._audit.records_of(connection, user_id),
            )
