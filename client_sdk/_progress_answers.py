"""What the server answers about progress, and what still waits for such an answer."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from client_sdk._hybrid_clock import HybridClock
from client_sdk._progress import RESUME_COLUMNS, ProgressStore, read_resume
from client_sdk._storage import Database
from client_sdk.contracts.codec import encode
from client_sdk.contracts.hlc import HybridTime
from client_sdk.contracts.progress import Resume, TutorialProgress

__all__ = ["ProgressAnswers", "Step", "Unsent"]

#: A step by tutorial and id.
Step = tuple[str, str]

#: The row of no tutorial holds the tag of the whole answer.
WHOLE = ""

_WAITING = (
    f"SELECT tutorial_id, {RESUME_COLUMNS}, ("  # noqa: S608
    " SELECT etag FROM progress WHERE progress.user_id = resumes.user_id"
    " AND progress.tutorial_id = resumes.tutorial_id)"
    " FROM resumes WHERE user_id = ? AND is_waiting ORDER BY tutorial_id"
)
_IS_UNMOVED = (
    "WHERE user_id = ? AND tutorial_id = ?"
    " AND wall_ms = ? AND counter = ? AND device_id = ?"
)
_STORE = (
    "INSERT OR REPLACE INTO progress (user_id, tutorial_id, etag, body)"
    " VALUES (?, ?, ?, ?)"
)
# Whose ping has left the queue, sent or given up: the next answer accounts for it.  By
# the step alone: what an anonymous user did is queued as that user's, and shown as the
# account's.
_SETTLED = (
    "SELECT tutorial_id, step_id FROM pending_steps WHERE user_id = ?"
    " AND NOT EXISTS (SELECT 1 FROM pings WHERE status = 'completed'"
    " AND pings.tutorial_id = pending_steps.tutorial_id"
    " AND pings.step_id = pending_steps.step_id)"
)
_FORGET = (
    "DELETE FROM pending_steps WHERE user_id = ? AND tutorial_id = ? AND step_id = ?"
)


class Unsent(NamedTuple):
    """A write that the server does not have, and the tag of what it had when asked last."""

    tutorial_id: str
    resume: Resume
    etag: str | None


class ProgressAnswers:
    """The sync thread's side of a user's progress in the device's file."""

    def __init__(self, clock: HybridClock) -> None:
        self._clock = clock

    def unsent(self, database: Database, user_id: str) -> list[Unsent]:
        """Return what a user has written here and the server does not have."""
        found = []
        for tutorial_id, *row, etag in database.execute(_WAITING, (user_id,)):
            resume = read_resume(tuple(row))
            if resume is not None:
                found.append(Unsent(tutorial_id, resume, etag))
        return found

    def accept(
        self,
        database: Database,
        user_id: str,
        sent: Unsent,
        answer: TutorialProgress,
        now_ms: int,
    ) -> None:
        """Store the answer to a write; where the user has moved since, that waits still."""
        where = (user_id, sent.tutorial_id, *_stamp(sent.resume.clock))
        stands = answer.resume
        with database.transaction() as connection:
            if stands is None or stands.clock.device_id != self._clock.device_id:
                # Another device wrote later, and this one has not followed it yet.
                connection.execute(f"DELETE FROM resumes {_IS_UNMOVED}", where)  # noqa: S608
            else:
                self._take_clock(connection, where, stands.clock, sent.resume.clock)
            self._learn(connection, user_id, answer, now_ms)

    def _take_clock(
        self,
        connection: sqlite3.Connection,
        where: tuple[object, ...],
        given: HybridTime,
        sent: HybridTime,
    ) -> None:
        query = (
            "UPDATE resumes SET wall_ms = ?, counter = ?, device_id = ?,"  # noqa: S608
            " is_waiting = 0"
            f" {_IS_UNMOVED}"
        )
        is_unmoved = connection.execute(query, (*_stamp(given), *where)).rowcount == 1
        if is_unmoved and given < sent:
            # The server set it back, for ours was wrong: once that is put right, what is
            # written here must not carry the wrong time on.
            self._clock.set(connection, given)

    def give_up(self, database: Database, user_id: str, refused: Unsent) -> None:
        """Note that the server will never take a write; it counts on this device."""
        where = (user_id, refused.tutorial_id, *_stamp(refused.resume.clock))
        query = f"UPDATE resumes SET is_waiting = 0 {_IS_UNMOVED}"  # noqa: S608
        database.execute(query, where)

    def tag(self, database: Database, user_id: str) -> str | None:
        """Return the tag of the last whole answer; None if there was none."""
        query = "SELECT etag FROM progress WHERE user_id = ? AND tutorial_id = ?"
        for (etag,) in database.execute(query, (user_id, WHOLE)):
            return str(etag)
        return None

    def settled(self, database: Database, user_id: str) -> list[Step]:
        """Return the pending steps for which the server's next answer accounts."""
        return database.execute(_SETTLED, (user_id,))

    def forget(self, database: Database, user_id: str, settled: Iterable[Step]) -> None:
        """Forget pending steps: the server has them, or it never will."""
        with database.transaction() as connection:
            connection.executemany(_FORGET, [(user_id, *one) for one in settled])

    def store(
        self,
        database: Database,
        user_id: str,
        answer: Sequence[TutorialProgress],
        *,
        now_ms: int,
        etag: str | None = None,
    ) -> set[str]:
        """Store what the server has; return the tutorials in which that is new.

        With ``etag`` it is the whole answer, and what is not in it is gone.
        """
        query = "SELECT tutorial_id, etag FROM progress WHERE user_id = ?"
        with database.transaction() as connection:
            before = dict(connection.execute(query, (user_id,)).fetchall())
            gone = before.keys() - {one.tutorial_id for one in answer} - {WHOLE}
            if etag is None:
                gone = set()
            else:
                connection.execute(_STORE, (user_id, WHOLE, etag, ""))
            _drop(connection, user_id, gone)
            for progress in answer:
                self._learn(connection, user_id, progress, now_ms)
        new = {
            one.tutorial_id for one in answer if before.get(one.tutorial_id) != one.etag
        }
        return new | gone

    def _learn(
        self,
        connection: sqlite3.Connection,
        user_id: str,
        progress: TutorialProgress,
        now_ms: int,
    ) -> None:
        _store(connection, user_id, progress)
        resume = progress.resume
        if resume is None:
            return
        self._clock.see(connection, resume.clock, now_ms)
        is_elsewhere = resume.clock.device_id != self._clock.device_id
        if resume.run_id and (is_elsewhere or progress.run_steps is not None):
            # Another device goes on, or went on before, with a run that is open here too.
            ProgressStore.join(
                connection, user_id, progress.tutorial_id, resume.run_id.bytes
            )


def _store(
    connection: sqlite3.Connection, user_id: str, progress: TutorialProgress
) -> None:
    body = json.dumps(encode(progress), separators=(",", ":"))
    connection.execute(_STORE, (user_id, progress.tutorial_id, progress.etag, body))


def _drop(
    connection: sqlite3.Connection, user_id: str, tutorial_ids: Iterable[str]
) -> None:
    connection.executemany(
        "DELETE FROM progress WHERE user_id = ? AND tutorial_id = ?",
        [(user_id, one) for one in tutorial_ids],
    )


def _stamp(clock: HybridTime) -> tuple[int, int, bytes]:
    return clock.wall_ms, clock.counter, clock.device_id.bytes
