"""Survey answers on their way to the server, kept until it has them."""

from __future__ import annotations

import logging
import sqlite3
from typing import NamedTuple

from client_sdk._ping_queue import checksum, count_up
from client_sdk._storage import Database

__all__ = ["SurveyQueue", "SurveyRow"]

logger = logging.getLogger(__name__)


class SurveyRow(NamedTuple):
    """One answer as the file holds it, in the table's order."""

    submission_id: bytes
    user_id: str
    tutorial_id: str
    nps: int
    comment: str
    persona: str | None
    occurred_ms: int


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
        connection.execute(_INSERT, (*row, checksum(row)))

    @staticmethod
    def claim(connection: sqlite3.Connection, user_id: str, new_user_id: str) -> None:
        """Hand the answers of one user id to another, within the transaction under way."""
        found = connection.execute(_WAITING, (user_id,)).fetchall()
        rows = [
            SurveyRow(*values)._replace(user_id=new_user_id) for _, *values in found
        ]
        connection.executemany(
            "UPDATE surveys SET user_id = ?, checksum = ? WHERE submission_id = ?",
            [(new_user_id, checksum(row), row.submission_id) for row in rows],
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
            if checksum(row) == stored:
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
