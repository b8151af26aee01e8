"""Survey answers on their way to the server, kept until it has them."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Callable, Sequence

from client_sdk._checksums import checksum
from client_sdk._clock import new_event_id
from client_sdk._counters import count_up
from client_sdk._storage import Database
from client_sdk._survey_windows import SurveyWindows
from client_sdk.contracts.codec import encode
from client_sdk.contracts.named_tuple import NamedTuple
from client_sdk.contracts.survey import Answer

__all__ = ["SURVEY_COLUMNS", "SurveyQueue", "SurveyRow", "survey_row"]

#: Answers held in memory while the file takes none; more are dropped and counted.
MAX_HELD = 100


class SurveyRow(NamedTuple):
    """One answer as the file holds it, in the table's order."""

    submission_id: bytes
    user_id: str
    tutorial_id: str
    nps: int | None
    comment: str
    persona: str | None
    occurred_ms: int
    #: Answers to the survey's questions, as the wire's JSON.
    answers: str | None = None
    tutorial_version: int | None = None
    #: 0 where the user may still add to it.
    is_complete: int = 1


#: The table's columns that a row fills.
SURVEY_COLUMNS = ", ".join(SurveyRow._fields)
# The same answer again takes the place of the partial one that it adds to.
_STORE = (
    f"INSERT OR REPLACE INTO survey_answers ({SURVEY_COLUMNS}, checksum)"  # noqa: S608
    " VALUES (?,?,?,?,?,?,?,?,?,?,?)"
)
_EVICT = (
    "DELETE FROM survey_answers WHERE submission_id IN (SELECT submission_id"
    " FROM survey_answers ORDER BY occurred_ms DESC, rowid DESC LIMIT -1 OFFSET ?)"
)


class SurveyQueue:
    """Answers of one device.

    They are few and worth more than pings: only beyond ``max_rows`` of their own does
    the oldest go, counted in ``evicted_surveys``.
    """

    def __init__(self, *, max_rows: int) -> None:
        self._max_rows = max_rows
        self._held: list[SurveyRow] = []
        self._held_lock = threading.RLock()
        #: Answers that neither the file nor memory could take.
        self.dropped: int = 0

    @property
    def held(self) -> int:
        """How many answers wait in memory until the file takes them."""
        return len(self._held)

    def enqueue(self, connection: sqlite3.Connection, row: SurveyRow) -> None:
        """Store one answer within the transaction under way."""
        connection.execute(_STORE, (*row, checksum(tuple(row))))
        SurveyWindows.note_answer(
            connection,
            submission_id=row.submission_id,
            user_id=row.user_id,
            answered_ms=row.occurred_ms,
        )
        evicted = connection.execute(_EVICT, (self._max_rows,)).rowcount
        count_up(connection, "evicted_surveys", evicted)

    def enqueue_alone(
        self, database: Database, make_row: Callable[[], SurveyRow | None]
    ) -> None:
        """Store one answer as a transaction of its own; None is no answer after all.

        sqlite3.Error where the file refuses: the answer is held in memory then.
        """
        with database.lock:
            # Under the lock that a log-out takes: it says whose answer it is.
            row = make_row()
            if row is None:
                return
            try:
                with database.transaction() as connection:
                    self.enqueue(connection, row)
            except sqlite3.Error:
                self._hold(row)
                raise

    def save_held(self, database: Database) -> None:
        """Store what is held in memory; sqlite3.Error where the file still refuses."""
        if not self._held:
            return
        with database.lock, contextlib.ExitStack() as stored:
            with database.transaction() as connection:
                # No earlier: the file may have to be waited for, and no answer with it.
                stored.enter_context(self._held_lock)
                rows = list(self._held)
                for row in rows:
                    self.enqueue(connection, row)
            # Only now: the disk may turn out to be full at the commit.  And only these: a
            # signal's handler may have added one.
            self._held[:] = [row for row in self._held if row not in rows]

    def forget_held(self) -> None:
        """Drop what is held in memory: nobody wants it collected any more."""
        with self._held_lock:
            self._held.clear()

    def reassign_held(self, user_id: str, new_user_id: str | None) -> None:
        """Hand what is held of a user to another; to nobody, and it is dropped."""
        with self._held_lock:
            others = [row for row in self._held if row.user_id != user_id]
            if new_user_id is not None:
                mine = [row for row in self._held if row.user_id == user_id]
                others += [row._replace(user_id=new_user_id) for row in mine]
            self._held[:] = others

    def unlock_after_fork(self) -> None:
        """Take a new lock in a child process; what is held is the parent's to store."""
        self._held_lock = threading.RLock()
        self._held.clear()

    def _hold(self, row: SurveyRow) -> None:
        with self._held_lock:
            if len(self._held) < MAX_HELD:
                self._held.append(row)
            else:
                self.dropped += 1

    def count(self, database: Database) -> int:
        """Return how many answers wait, of every user."""
        ((count,),) = database.execute("SELECT count(*) FROM survey_answers")
        return int(count)


def survey_row(  # noqa: PLR0913 - the fields of an answer
    now_ms: int,
    *,
    user_id: str,
    tutorial_id: str,
    nps: int | None,
    comment: str,
    persona: str | None,
    answers: Sequence[Answer] = (),
    tutorial_version: int | None = None,
    is_complete: bool = True,
) -> SurveyRow:
    """Return a checked answer as a row, with an id of its own."""
    return SurveyRow(
        submission_id=new_event_id(now_ms),
        user_id=user_id,
        tutorial_id=tutorial_id,
        nps=None if nps is None else int.__int__(nps),
        comment=str.__str__(comment),
        persona=persona,
        occurred_ms=now_ms,
        answers=json.dumps(encode(tuple(answers))) if answers else None,
        tutorial_version=tutorial_version,
        is_complete=int(is_complete),
    )
