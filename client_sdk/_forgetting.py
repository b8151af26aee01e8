"""What a device forgets of its users: all of one who leaves, or what waits of everybody."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator

from client_sdk.contracts.named_tuple import NamedTuple

__all__ = ["Collected", "forget_collected", "forget_users"]

# What was collected of a user; the configs hold the persona, the runs the answers' place.
_OF_USER = (
    "DELETE FROM pings WHERE user_id = ?",
    "DELETE FROM survey_answers WHERE user_id = ?",
    "DELETE FROM set_aside WHERE user_id = ?",
    "DELETE FROM config_cache WHERE user_id = ?",
    "DELETE FROM completed_steps WHERE run_id IN"
    " (SELECT run_id FROM runs WHERE user_id = ?)",
    "DELETE FROM runs WHERE user_id = ?",
    "DELETE FROM assignments WHERE user_id = ?",
    "DELETE FROM survey_windows WHERE user_id = ?",
    "DELETE FROM progress WHERE user_id = ?",
    "DELETE FROM resumes WHERE user_id = ?",
    "DELETE FROM pending_steps WHERE user_id = ?",
    "DELETE FROM anonymous_users WHERE user_id = ?",
)
_LAST = (
    "SELECT (SELECT ifnull(max(seq), 0) FROM pings),"
    " (SELECT ifnull(max(id), 0) FROM set_aside)"
)
# An answer that is added to gets another number, and a number may come a second time.
_ANSWERS = "SELECT rowid, submission_id FROM survey_answers"
_RESUMES = (
    "SELECT user_id, tutorial_id, wall_ms, counter, device_id FROM resumes"
    " WHERE is_waiting"
)
_FORGET_ANSWER = "DELETE FROM survey_answers WHERE rowid = ? AND submission_id = ?"
_FORGET_RESUME = (
    "UPDATE resumes SET is_waiting = 0 WHERE user_id = ? AND tutorial_id = ?"
    " AND wall_ms = ? AND counter = ? AND device_id = ?"
)
# By the step alone: a run may have changed hands (_progress_answers.py).
_FORGET_STEPS = (
    "DELETE FROM pending_steps WHERE NOT EXISTS"
    " (SELECT 1 FROM pings WHERE status = 'completed'"
    " AND pings.tutorial_id = pending_steps.tutorial_id"
    " AND pings.step_id = pending_steps.step_id)"
)


class Collected(NamedTuple):
    """What waits to be sent at a moment, and what the server refused until then."""

    last_ping: int
    last_aside: int
    answers: list[tuple[int, bytes]]
    resumes: list[tuple[str, str, int, int, bytes]]

    @classmethod
    def read(cls, connection: sqlite3.Connection) -> Collected:
        """Return what the file holds now; sqlite3.Error where it cannot be read."""
        last_ping, last_aside = connection.execute(_LAST).fetchone()
        answers = connection.execute(_ANSWERS).fetchall()
        return cls(
            last_ping, last_aside, answers, connection.execute(_RESUMES).fetchall()
        )


def forget_collected(
    connection: sqlite3.Connection, collected: Collected | None = None
) -> None:
    """Remove what was collected until a moment, of anybody; until now without one.

    Within the transaction under way.
    """
    last_ping, last_aside, answers, resumes = collected or Collected.read(connection)
    with _overwriting(connection):
        connection.execute("DELETE FROM pings WHERE seq <= ?", (last_ping,))
        connection.execute("DELETE FROM set_aside WHERE id <= ?", (last_aside,))
        connection.executemany(_FORGET_ANSWER, answers)
        connection.execute(_FORGET_STEPS)
    connection.executemany(_FORGET_RESUME, resumes)


def forget_users(connection: sqlite3.Connection, user_ids: Iterable[str]) -> None:
    """Remove all that the file holds of some users, within the transaction under way."""
    keys = [(user_id,) for user_id in user_ids]
    with _overwriting(connection):
        for statement in _OF_USER:
            connection.executemany(statement, keys)


@contextlib.contextmanager
def _overwriting(connection: sqlite3.Connection) -> Iterator[None]:
    """Overwrite also the pages that become free: no salvage must find rows in them."""
    connection.execute("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        connection.execute("PRAGMA secure_delete = FAST")
