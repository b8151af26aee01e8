"""Survey answers on their way to the server, kept until it has them."""

from __future__ import annotations

import logging
import sqlite3
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from client_sdk._ping_queue import count_up
from client_sdk._storage import Database
from client_sdk.contracts.survey import SurveySubmission

__all__ = ["SurveyQueue", "SurveyRow"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SurveyRow:
    """One answer as the file holds it."""

    submission_id: bytes
    user_id: str
    tutorial_id: str
    nps: int
    comment: str
    persona: str | None
    occurred_ms: int

    def values(self) -> tuple[object, ...]:
        """Return the columns in the table's order, without the checksum."""
        return (
            self.submission_id,
            self.user_id,
            self.tutorial_id,
            self.nps,
            self.comment,
            self.persona,
            self.occurred_ms,
        )

    def to_wire(self) -> SurveySubmission:
        """Return the answer as the server takes it."""
        return SurveySubmission(
            tutorial_id=self.tutorial_id,
            nps=self.nps,
            comment=self.comment,
            persona=self.persona,
            submission_id=UUID(bytes=self.submission_id),
            occurred_at=datetime.fromtimestamp(self.occurred_ms / 1000, UTC),
        )


_COLUMNS = "submission_id, user_id, tutorial_id, nps, comment, persona, occurred_ms"
_INSERT = f"INSERT INTO surveys ({_COLUMNS}, checksum) VALUES (?,?,?,?,?,?,?,?)"  # noqa: S608
_WAITING = (
    f"SELECT checksum, {_COLUMNS} FROM surveys WHERE user_id = ? ORDER BY occurred_ms"  # noqa: S608
)
_DELETE = "DELETE FROM surveys WHERE submission_id = ?"
# The answer itself stays readable on the device, and nowhere else.
_SET_ASIDE = (
    "INSERT INTO set_aside (kind, event_id, user_id, body, code, detail, set_aside_ms)"
    " SELECT 'survey', submission_id, user_id, json_object('tutorial_id', tutorial_id,"
    " 'nps', nps, 'comment', comment, 'persona', persona, 'occurred_ms', occurred_ms),"
    " ?, ?, ? FROM surveys WHERE submission_id = ?"
)


class SurveyQueue:
    """Answers of one device; they are few and are never evicted."""

    def enqueue(self, connection: sqlite3.Connection, row: SurveyRow) -> None:
        """Store one answer within the transaction under way."""
        values = row.values()
        connection.execute(_INSERT, (*values, _checksum(values)))

    @staticmethod
    def claim(connection: sqlite3.Connection, user_id: str, new_user_id: str) -> None:
        """Hand the answers of one user id to another, within the transaction under way."""
        found = connection.execute(_WAITING, (user_id,)).fetchall()
        rows = [
            replace(SurveyRow(*values), user_id=new_user_id) for _, *values in found
        ]
        connection.executemany(
            "UPDATE surveys SET user_id = ?, checksum = ? WHERE submission_id = ?",
            [(new_user_id, _checksum(row.values()), row.submission_id) for row in rows],
        )

    def count(self, database: Database) -> int:
        """Return how many answers wait, of every user."""
        ((count,),) = database.execute("SELECT count(*) FROM surveys")
        return int(count)

    def waiting(
        self, database: Database, *, user_id: str, now_ms: int
    ) -> list[SurveyRow]:
        """Return a user's answers, oldest first; damaged ones are set aside."""
        rows = []
        for stored, *values in database.execute(_WAITING, (user_id,)):
            row = SurveyRow(*values)
            if _checksum(row.values()) == stored:
                rows.append(row)
            else:
                detail = "the row changed on the disk after it was written"
                self.set_aside(database, row, "damaged", detail, now_ms)
        return rows

    def acknowledge(self, database: Database, row: SurveyRow) -> None:
        """Delete an answer that the server has stored, and count it as sent."""
        with database.transaction() as connection:
            deleted = connection.execute(_DELETE, (row.submission_id,)).rowcount
            count_up(connection, "sent", deleted)

    def set_aside(
        self, database: Database, row: SurveyRow, code: str, detail: str, now_ms: int
    ) -> None:
        """Take an answer that will never be accepted out of the way, with the reason."""
        with database.transaction() as connection:
            connection.execute(_SET_ASIDE, (code, detail, now_ms, row.submission_id))
            deleted = connection.execute(_DELETE, (row.submission_id,)).rowcount
            count_up(connection, "set_aside", deleted)
        logger.warning("a survey answer was set aside as %s: %s", code, detail)


def _checksum(values: tuple[object, ...]) -> int:
    return zlib.crc32(repr(values).encode())
