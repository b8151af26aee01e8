"""Where a user stands in each tutorial: what this device did, and what the server says."""

from __future__ import annotations

import json
import logging
import sqlite3
from uuid import UUID

from client_sdk._hybrid_clock import HybridClock
from client_sdk._storage import Database
from client_sdk.contracts.codec import DecodeError, decode
from client_sdk.contracts.hlc import HybridTime
from client_sdk.contracts.progress import Progress, Resume, TutorialProgress, later
from client_sdk.contracts.value import Value, value

__all__ = ["RESUME_COLUMNS", "Known", "Place", "ProgressStore", "read_resume"]

logger = logging.getLogger(__name__)

#: Columns of ``resumes`` that make a Resume, in the order of :func:`read_resume`.
RESUME_COLUMNS = "step_id, position, run_id, is_finished, wall_ms, counter, device_id"

_KEY = "WHERE user_id = ? AND tutorial_id = ?"
_OWN = f"SELECT {RESUME_COLUMNS}, furthest_position, furthest_step FROM resumes {_KEY}"  # noqa: S608
_SERVER = f"SELECT body FROM progress {_KEY}"  # noqa: S608
_PENDING = f"SELECT step_id FROM pending_steps {_KEY}"  # noqa: S608
_PUT = (
    f"INSERT INTO resumes (user_id, tutorial_id, {RESUME_COLUMNS},"  # noqa: S608
    " furthest_step, furthest_position, is_waiting)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (user_id, tutorial_id) DO UPDATE SET step_id = excluded.step_id,"
    " position = excluded.position, run_id = excluded.run_id,"
    " is_finished = excluded.is_finished, wall_ms = excluded.wall_ms,"
    " counter = excluded.counter, device_id = excluded.device_id,"
    " is_waiting = excluded.is_waiting,"
    " furthest_step = CASE WHEN excluded.position > furthest_position"
    " THEN excluded.step_id ELSE furthest_step END,"
    " furthest_position = max(excluded.position, furthest_position)"
)
# What another device has completed in a run must not be completed here again.  A server
# that does not tell that tells what was completed in any run: rather too few than twice.
_JOIN = (
    "INSERT OR IGNORE INTO completed_steps (run_id, step_id)"  # noqa: S608
    " SELECT ?, value FROM progress, json_each(body,"
    " CASE WHEN json_type(body, '$.runSteps') = 'array'"
    " AND json_extract(body, '$.resume.runId') = ?"
    " THEN '$.runSteps' ELSE '$.completedSteps' END)"
    f" {_KEY} AND EXISTS (SELECT 1 FROM runs WHERE run_id = ?)"
)
_TOLD = "SELECT body FROM progress WHERE user_id = ? AND tutorial_id <> ''"
_TUTORIALS = (
    "SELECT tutorial_id FROM progress WHERE user_id = :user_id AND tutorial_id <> ''"
    " UNION SELECT tutorial_id FROM resumes WHERE user_id = :user_id"
    " UNION SELECT tutorial_id FROM pending_steps WHERE user_id = :user_id"
)
_HAND_OVER = (
    # The tag of the whole answer: it stands for one that the other user never had.
    "DELETE FROM progress WHERE user_id = :old AND tutorial_id = ''",
    "UPDATE OR IGNORE progress SET user_id = :new WHERE user_id = :old",
    "DELETE FROM progress WHERE user_id = :old",
    # Who signs in goes on with what was done on this device last.
    "UPDATE OR REPLACE resumes SET user_id = :new WHERE user_id = :old",
    "UPDATE OR IGNORE pending_steps SET user_id = :new WHERE user_id = :old",
    "DELETE FROM pending_steps WHERE user_id = :old",
)


@value(frozen=True, kw_only=True)
class Place(Value):
    """Where a user stands on this device after a move."""

    user_id: str
    tutorial_id: str
    step_id: str
    #: Of the step among those that the device shows, from 0.
    position: int
    run_id: bytes
    is_finished: bool


@value(frozen=True, kw_only=True)
class Known(Value):
    """All that the device knows of a user's progress in one tutorial."""

    #: What the server said last.
    server: TutorialProgress | None = None
    #: Where this device has stood last.
    own: Resume | None = None
    #: The furthest step reached on this device, after its place.
    furthest: tuple[int, str] | None = None
    #: Steps completed on this device for which no answer of the server accounts yet.
    pending: frozenset[str] = frozenset()

    @property
    def resume(self) -> Resume | None:
        """Where to go on: the last write of any device."""
        theirs = self.server.resume if self.server else None
        if theirs is None or self.own is None:
            return theirs or self.own
        return later(theirs, self.own)

    @property
    def is_from_elsewhere(self) -> bool:
        """Tell whether the last write is one that this device has not followed."""
        resume, own = self.resume, self.own
        return resume is not None and (own is None or resume.clock != own.clock)

    @property
    def is_completed(self) -> bool:
        """Tell whether the server counts every step as completed."""
        return self.server is not None and self.server.completed

    @property
    def is_over(self) -> bool:
        """Tell whether the user is through, and nothing is to be gone on with."""
        resume = self.resume
        return self.is_completed if resume is None else resume.finished


class ProgressStore:
    """Progress in the device's file.

    What a device writes is a register with a hybrid clock, of which the last write of all
    devices wins; completed steps are a set that only grows.
    """

    def __init__(self, clock: HybridClock) -> None:
        self._clock = clock

    def known(self, database: Database, user_id: str, tutorial_id: str) -> Known:
        """Return what is known of one tutorial."""
        key = (user_id, tutorial_id)
        with database.lock:
            body = database.connection.execute(_SERVER, key).fetchone()
            own = database.connection.execute(_OWN, key).fetchone()
            pending = database.connection.execute(_PENDING, key).fetchall()
        return Known(
            server=_read_progress(body[0]) if body else None,
            own=read_resume(own[:7]) if own else None,
            furthest=own[7:] if own else None,
            pending=frozenset(step_id for (step_id,) in pending),
        )

    @staticmethod
    def told(database: Database, user_id: str) -> Progress:
        """Return what the server said last of all tutorials."""
        rows = database.execute(_TOLD, (user_id,))
        found = (_read_progress(body) for (body,) in rows)
        tutorials = tuple(one for one in found if one is not None)
        return Progress(total_xp=sum(one.xp for one in tutorials), tutorials=tutorials)

    def tutorials(self, database: Database, user_id: str) -> list[str]:
        """Return the tutorials of which anything is known."""
        rows = database.execute(_TUTORIALS, {"user_id": user_id})
        return [tutorial_id for (tutorial_id,) in rows]

    def note(
        self,
        connection: sqlite3.Connection,
        place: Place,
        *,
        now_ms: int,
        is_collected: bool,
    ) -> None:
        """Note a move within its transaction; it waits to be sent if it is collected."""
        clock = self._clock.tick(connection, now_ms)
        _put(connection, place, clock, is_waiting=is_collected)

    def follow(
        self, connection: sqlite3.Connection, place: Place, clock: HybridTime
    ) -> None:
        """Note that this device goes on where another stood, with what it completed."""
        _put(connection, place, clock, is_waiting=False)
        self.join(connection, place.user_id, place.tutorial_id, place.run_id)

    @staticmethod
    def join(
        connection: sqlite3.Connection, user_id: str, tutorial_id: str, run_id: bytes
    ) -> None:
        """Merge the steps that the server has as completed into those of a run here."""
        connection.execute(_JOIN, (run_id, _hex(run_id), user_id, tutorial_id, run_id))

    @staticmethod
    def hand_over(connection: sqlite3.Connection, old: str, new: str) -> None:
        """Give one user's progress to another, within the transaction under way."""
        for statement in _HAND_OVER:
            connection.execute(statement, {"old": old, "new": new})


def _put(
    connection: sqlite3.Connection,
    place: Place,
    clock: HybridTime,
    *,
    is_waiting: bool,
) -> None:
    stamp = (clock.wall_ms, clock.counter, clock.device_id.bytes)
    where = (place.user_id, place.tutorial_id, place.step_id, place.position)
    run = (place.run_id, place.is_finished)
    row = (*where, *run, *stamp, place.step_id, place.position, is_waiting)
    connection.execute(_PUT, row)


def read_resume(row: tuple[object, ...]) -> Resume | None:
    """Return a register from its columns; None where the row is damaged."""
    step_id, position, run_id, is_finished, wall_ms, counter, device_id = row
    wire = {
        "stepId": step_id,
        "position": position,
        "runId": _hex(run_id),
        "finished": bool(is_finished),
        "clock": {"wallMs": wall_ms, "counter": counter, "deviceId": _hex(device_id)},
    }
    try:
        return decode(Resume, wire)
    except DecodeError as exc:
        logger.warning("a stored place cannot be read and is ignored: %s", exc)
        return None


def _hex(id_: object) -> str | None:
    return str(UUID(bytes=id_)) if isinstance(id_, bytes) and len(id_) == 16 else None


def _read_progress(body: str) -> TutorialProgress | None:
    try:
        return decode(TutorialProgress, json.loads(body))
    except (DecodeError, ValueError) as exc:
        logger.warning("stored progress cannot be read and is ignored: %s", exc)
        return None
