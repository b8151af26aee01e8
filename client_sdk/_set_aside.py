"""Quarantine: events that the server will never accept as they are, kept with the reason."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from client_sdk._counters import count_up
from client_sdk._storage import Database
from client_sdk.contracts.value import Value, value

__all__ = ["Reason", "SetAsideEvent", "changed_on_disk", "keep_aside", "read_set_aside"]

logger = logging.getLogger(__name__)

_INSERT = (
    "INSERT INTO set_aside (kind, event_id, user_id, body, code, detail, set_aside_ms,"
    " occurred_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_TRIM = (
    "DELETE FROM set_aside WHERE id IN"
    " (SELECT id FROM set_aside ORDER BY id DESC LIMIT -1 OFFSET ?)"
)
_READ = (
    "SELECT kind, event_id, user_id, body, code, detail, set_aside_ms, occurred_ms"
    " FROM set_aside ORDER BY id"
)


@value(frozen=True, kw_only=True)
class Reason(Value):
    """Why an event is set aside, and when: a stable code, a sentence, device time."""

    code: str
    detail: str
    now_ms: int


@value(frozen=True, kw_only=True)
class SetAsideEvent(Value):
    """One event in quarantine, as an app may show or export it."""

    #: ``ping`` or ``survey``.
    kind: str
    event_id: UUID
    user_id: str
    #: What was collected, without a survey's free text.
    body: dict[str, Any]
    #: The server's stable code, or ``damaged`` for a row that changed on the disk.
    code: str
    detail: str
    set_aside_at: datetime
    #: When it happened, by the device's clock.
    occurred_at: datetime | None


def changed_on_disk(now_ms: int) -> Reason:
    """Return why a row is set aside whose checksum does not fit."""
    detail = "the row changed on the disk after it was written"
    return Reason(code="damaged", detail=detail, now_ms=now_ms)


def keep_aside(  # noqa: PLR0913 - keyword-only, the columns of the table
    connection: sqlite3.Connection,
    *,
    kind: str,
    event_id: bytes,
    user_id: str,
    body: dict[str, Any],
    reason: Reason,
    max_rows: int,
) -> None:
    """Keep one event, within the transaction that takes it from its queue.

    Beyond ``max_rows`` the oldest are forgotten, and counted.
    """
    code, detail, now_ms = reason.code, reason.detail, reason.now_ms
    occurred_ms = body.get("occurred_ms")
    text = json.dumps(body)
    values = (kind, event_id, user_id, text, code, detail, now_ms, occurred_ms)
    connection.execute(_INSERT, values)
    count_up(connection, "set_aside", 1)
    forgotten = connection.execute(_TRIM, (max_rows,)).rowcount
    count_up(connection, "forgotten", forgotten)
    logger.warning("a %s was set aside as %s: %s", kind, code, detail)


def read_set_aside(database: Database) -> list[SetAsideEvent]:
    """Return what is in quarantine, oldest first, without what users wrote."""
    return list(_readable(database.execute(_READ)))


def _readable(rows: list[Any]) -> Iterator[SetAsideEvent]:
    for row in rows:
        try:
            yield _event(*row)
        except (ValueError, TypeError, OverflowError, OSError) as exc:
            logger.warning("an event that was set aside cannot be read: %s", exc)


def _event(  # noqa: PLR0913 - the columns of the table, in order
    kind: str,
    event_id: bytes,
    user_id: str,
    body: str,
    code: str,
    detail: str,
    set_aside_ms: int,
    occurred_ms: int | None,
) -> SetAsideEvent:
    content = json.loads(body)
    for private in ("comment", "answers"):
        content.pop(private, None)
    return SetAsideEvent(
        kind=kind,
        event_id=UUID(bytes=event_id),
        user_id=user_id,
        body=content,
        code=code,
        detail=detail,
        set_aside_at=_moment(set_aside_ms),
        occurred_at=_moment_if_any(occurred_ms),
    )


def _moment_if_any(epoch_ms: int | None) -> datetime | None:
    """Return when it happened; a damaged event may say what was never."""
    try:
        return None if epoch_ms is None else _moment(epoch_ms)
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _moment(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)
