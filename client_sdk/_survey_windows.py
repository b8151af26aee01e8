"""When a user was asked a survey, so that nobody is asked again within its window."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from client_sdk._storage import Database
from client_sdk.contracts.limits import SURVEY_WINDOW_SECONDS
from client_sdk.contracts.value import Value, value

__all__ = ["SurveyWindows", "Unanswered"]

_WINDOW_MS = SURVEY_WINDOW_SECONDS * 1000
_NOTE = (
    "INSERT OR REPLACE INTO survey_windows (submission_id, user_id, answered_ms)"
    " VALUES (?, ?, ?)"
)
_MOVE = "UPDATE survey_windows SET answered_ms = ? WHERE submission_id = ?"
_FORGET = "DELETE FROM survey_windows WHERE submission_id = ?"


@value(frozen=True, kw_only=True)
class Unanswered(Value):
    """A survey that was asked, and of which nothing goes to the server."""

    #: Drawn like an answer's.
    submission_id: bytes
    user_id: str
    declined_ms: int


class SurveyWindows:
    """The table ``survey_windows``: when, and never what, a user answered or declined.

    A row stays when its answer has gone to the server.  The server stays the judge of
    answers, for it knows those of the person's other devices; that a user wanted to give
    none it never hears.
    """

    @staticmethod
    def note_answer(
        connection: sqlite3.Connection,
        *,
        submission_id: bytes,
        user_id: str,
        answered_ms: int,
    ) -> None:
        """Note an answer, in the transaction that queues it."""
        connection.execute(_NOTE, (submission_id, user_id, answered_ms))

    @staticmethod
    def note_unanswered(connection: sqlite3.Connection, asked: Unanswered) -> None:
        """Note that a user was asked and gave no answer, in the move that goes on."""
        values = (asked.submission_id, asked.user_id, asked.declined_ms)
        connection.execute(_NOTE, values)

    @staticmethod
    def note_refusal(
        connection: sqlite3.Connection,
        *,
        submission_id: bytes,
        closed_until_ms: int | None,
    ) -> None:
        """Note that the server refused an answer: as too early, or for good (None).

        The refused one does not count.  What made it too early is another answer, given
        30 days before the time until which the server takes none.
        """
        if closed_until_ms is None:
            connection.execute(_FORGET, (submission_id,))
        else:
            values = (closed_until_ms - _WINDOW_MS, submission_id)
            connection.execute(_MOVE, values)

    @staticmethod
    def claim(connection: sqlite3.Connection, user_id: str, new_user_id: str) -> None:
        """Hand a user's answers to the id that the same person has from now on."""
        connection.execute(
            "UPDATE survey_windows SET user_id = ? WHERE user_id = ?",
            (new_user_id, user_id),
        )

    def closed_until(
        self, database: Database, *, user_id: str, now_ms: int
    ) -> datetime | None:
        """Return until when a user is asked nothing; None if a survey may be shown."""
        from client_sdk.contracts.throttle import survey_closed_until

        rows = database.execute(
            "SELECT answered_ms FROM survey_windows WHERE user_id = ?"
            " AND answered_ms BETWEEN ? AND ?",
            # more are of no account, and a clock that jumped leaves dates beyond any
            (user_id, now_ms - _WINDOW_MS, now_ms + _WINDOW_MS),
        )
        answered = [_moment(answered_ms) for (answered_ms,) in rows]
        return survey_closed_until(answered, _moment(now_ms))


def _moment(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)
