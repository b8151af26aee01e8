"""Export everything that is held of a person, a few rows at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TextIO
from uuid import UUID

from client_sdk.contracts.codec import format_timestamp
from client_sdk.contracts.wire import wire_name
from sync_server.clock import Clock
from sync_server.crypto import CommentCipher, DecryptionError
from sync_server.db.pool import Pool
from sync_server.db.queries import load_queries
from sync_server.privacy.audit import Action, AuditLog
from sync_server.privacy.holdings import HOLDINGS, Holding

__all__ = ["Export"]

#: Rows that are read from the database, and handed on, at once.
_ROWS_AT_ONCE = 500


class Export:
    """Reads all tables that hold something of a user."""

    def __init__(
        self, pool: Pool, *, cipher: CommentCipher, audit: AuditLog, clock: Clock
    ) -> None:
        self._pool = pool
        self._cipher = cipher
        self._audit = audit
        self._clock = clock
        self._queries = load_queries("sync_server.privacy")

    def write(self, user_id: UUID, *, actor: str, out: TextIO) -> None:
        """Write one JSON document about all user ids of the person, and note that.

        All tables are read as of one moment, in the transaction of the note: what the
        audit log does not have was not exported.  The database connection is free again
        when this returns, however slowly ``out`` is read then.
        """
        with self._pool.connection() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.execute("SET LOCAL TIME ZONE 'UTC'")
            rows = self._queries.user_ids(connection, user_id=user_id)
            user_ids = [row[0] for row in rows]
            out.writelines(self._parts(connection, user_id, user_ids))
            self._audit.record(
                connection, Action.EXPORT, actor=actor, subjects=user_ids
            )

    def _parts(
        self, connection: Any, user_id: UUID, user_ids: list[UUID]
    ) -> Iterator[str]:
        yield _opening(user_id, user_ids, self._clock())
        for number, holding in enumerate(HOLDINGS):
            yield f"{',' if number else ''}\n{json.dumps(holding.section)}:["
            yield from self._rows(connection, holding, user_ids)
            yield "]"
        yield "}}\n"

    def _rows(
        self, connection: Any, holding: Holding, user_ids: list[UUID]
    ) -> Iterator[str]:
        separator = "\n"
        with connection.cursor(name="export") as cursor:
            cursor.itersize = _ROWS_AT_ONCE
            cursor.execute(holding.rows(), {"ids": user_ids})
            while rows := cursor.fetchmany(_ROWS_AT_ONCE):
                texts = [_json(self._readable(holding, row)) for (row,) in rows]
                yield separator + ",\n".join(texts)
                separator = ",\n"

    def _readable(self, holding: Holding, row: dict[str, Any]) -> dict[str, Any]:
        """Return the row with names as on the wire and its secret text in clear."""
        if holding.sealed:
            row |= self._opened(row.pop(holding.sealed), holding, row)
        return {wire_name(name): value for name, value in row.items()}

    def _opened(
        self, sealed: str | None, holding: Holding, row: Mapping[str, Any]
    ) -> dict[str, Any]:
        name = holding.sealed_name
        if sealed is None:
            return {name: None}
        try:
            text = self._cipher.decrypt(
                sealed,
                user_id=UUID(row["user_id"]),
                submission_id=UUID(row["submission_id"]),
                question_id=row.get("question_id"),
            )
        except DecryptionError:
            # its key is gone; the rest is the person's all the same
            return {name: None, "is_readable": False}
        return {name: text}


def _opening(user_id: UUID, user_ids: list[UUID], now: datetime) -> str:
    head = {
        "userId": str(user_id),
        "userIds": [str(one) for one in user_ids],
        "exportedAt": format_timestamp(now),
    }
    return _json(head)[:-1] + ',"held":{'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
