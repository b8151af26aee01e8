"""Rows that change hands: of an anonymous user who signs in, of an account without a name."""

from __future__ import annotations

import sqlite3

from client_sdk._assignments import Assignments
from client_sdk._ping_outbox import claim_pings
from client_sdk._progress import ProgressStore
from client_sdk._survey_outbox import claim_answers
from client_sdk._survey_windows import SurveyWindows

__all__ = ["hand_over", "hand_over_open"]


def hand_over(connection: sqlite3.Connection, user_id: str, new_user_id: str) -> None:
    """Give another user all that waits of one, within the transaction under way."""
    claim_pings(connection, user_id, new_user_id)
    claim_answers(connection, user_id, new_user_id)
    hand_over_open(connection, user_id, new_user_id)


def hand_over_open(
    connection: sqlite3.Connection, user_id: str, new_user_id: str
) -> None:
    """Let another user go on with open runs, and see the content that they show."""
    ProgressStore.hand_over(connection, user_id, new_user_id)
    connection.execute(
        "UPDATE OR IGNORE runs SET user_id = ?"
        " WHERE user_id = ? AND status IN ('running', 'survey')",
        (new_user_id, user_id),
    )
    connection.execute(
        "UPDATE OR IGNORE config_cache SET user_id = ?, fresh_until_ms = 0"
        " WHERE user_id = ?",
        (new_user_id, user_id),
    )
    Assignments.claim(connection, user_id, new_user_id)
    SurveyWindows.claim(connection, user_id, new_user_id)
