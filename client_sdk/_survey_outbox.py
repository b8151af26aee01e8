"""Queued survey answers on their way out: read, and deleted once the server has spoken."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from client_sdk._checksums import checksum
from client_sdk._counters import count_up
from client_sdk._set_aside import Reason, changed_on_disk, keep_aside
from client_sdk._storage import Database
from client_sdk._survey_queue import SURVEY_COLUMNS, SurveyRow
from client_sdk._survey_windows import SurveyWindows

__all__ = ["SurveyOutbox", "claim_answers"]

_WAITING = (
    f"SELECT checksum, {SURVEY_COLUMNS} FROM survey_answers"  # noqa: S608
    " WHERE user_id = ? ORDER BY occurred_ms, rowid"
)
_STRAYS = (
    f"SELECT checksum, {SURVEY_COLUMNS} FROM survey_answers"  # noqa: S608
    " WHERE user_id NOT IN (SELECT user_id FROM anonymous_users"
    " UNION SELECT ifnull(account_id, '') FROM device UNION SELECT '')"
)
_DELETE = "DELETE FROM survey_answers WHERE submission_id = ? AND checksum = ?"


class SurveyOutbox:
    """Takes answers out of their queue; used on the sync thread only.

    At most ``max_set_aside`` of those that will never be accepted are kept.
    """

    def __init__(self, *, max_set_aside: int) -> None:
        self._max_set_aside = max_set_aside

    def waiting(
        self, database: Database, *, user_id: str, now_ms: int
    ) -> list[SurveyRow]:
        """Return a user's answers, oldest first; damaged ones are set aside."""
        return self._intact(database, database.execute(_WAITING, (user_id,)), now_ms)

    def set_aside_strays(self, database: Database, *, now_ms: int) -> None:
        """Set aside the answers whose very user has changed on the disk."""
        self._intact(database, database.execute(_STRAYS), now_ms)

    def _intact(
        self, database: Database, found: list[Any], now_ms: int
    ) -> list[SurveyRow]:
        rows = []
        for stored, *values in found:
            row = SurveyRow(*values)
            if checksum(tuple(row)) == stored:
                rows.append(row)
            else:
                self._set_aside(database, row, stored, changed_on_disk(now_ms))
        return rows

    def acknowledge(self, database: Database, row: SurveyRow) -> None:
        """Delete an answer that the server has stored, and count it as sent.

        One that the user has added to since stays, and goes with what is new.
        """
        with database.transaction() as connection:
            key = (row.submission_id, checksum(tuple(row)))
            deleted = connection.execute(_DELETE, key).rowcount
            count_up(connection, "sent", deleted)

    def set_aside(
        self,
        database: Database,
        row: SurveyRow,
        reason: Reason,
        *,
        closed_until_ms: int | None = None,
    ) -> None:
        """Take an answer that will never be accepted out of the way, with the reason.

        ``closed_until_ms`` is until when the server takes no other one of the user.
        """
        self._set_aside(database, row, checksum(tuple(row)), reason, closed_until_ms)

    def _set_aside(
        self,
        database: Database,
        row: SurveyRow,
        stored: int,
        reason: Reason,
        closed_until_ms: int | None = None,
    ) -> None:
        body = row._asdict()
        del body["submission_id"], body["user_id"]
        if row.answers is not None and reason.code != "damaged":
            body["answers"] = json.loads(row.answers)
        with database.transaction() as connection:
            if connection.execute(_DELETE, (row.submission_id, stored)).rowcount:
                keep_aside(
                    connection,
                    kind="survey",
                    event_id=row.submission_id,
                    user_id=row.user_id,
                    body=body,
                    reason=reason,
                    max_rows=self._max_set_aside,
                )
                SurveyWindows.note_refusal(
                    connection,
                    submission_id=row.submission_id,
                    closed_until_ms=closed_until_ms,
                )


def claim_answers(
    connection: sqlite3.Connection, user_id: str, new_user_id: str
) -> None:
    """Hand the answers of one user id to another, within the transaction under way."""
    found = connection.execute(_WAITING, (user_id,)).fetchall()
    # A damaged row must stay one: it gets no checksum that fits.
    good = [(v[0], SurveyRow(*v[1:])) for v in found if checksum(tuple(v[1:])) == v[0]]
    owned = [row._replace(user_id=new_user_id) for _, row in good]
    connection.executemany(
        "UPDATE survey_answers SET user_id = ?, checksum = ? WHERE submission_id = ?",
        [(new_user_id, checksum(tuple(row)), row.submission_id) for row in owned],
    )
