"""Runs through tutorials: where each one stands, and which steps it has completed."""

from __future__ import annotations

import sqlite3
from enum import StrEnum

from client_sdk._storage import Database
from client_sdk.contracts.value import Value, value

__all__ = ["Run", "RunStatus", "RunStore"]


class RunStatus(StrEnum):
    """Where a run stands; the first two are open."""

    RUNNING = "running"
    #: All steps are done, the survey is not.
    SURVEY = "survey"
    FINISHED = "finished"
    SKIPPED = "skipped"


@value(frozen=True, kw_only=True)
class Run(Value):
    """One user's run through one version of a tutorial, as one variant: a row."""

    run_id: bytes
    user_id: str
    tutorial_id: str
    tutorial_version: int
    etag: str
    variant: str
    persona: str
    step_id: str
    status: RunStatus
    started_ms: int
    #: When something last happened in it; None in rows of older versions of this SDK.
    moved_ms: int | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether there is something left to do."""
        return self.status in (RunStatus.RUNNING, RunStatus.SURVEY)


_COLUMNS = (
    "run_id, user_id, tutorial_id, tutorial_version, etag, variant, persona, step_id,"
    " status, started_ms, moved_ms"
)
_FIELDS = _COLUMNS.split(", ")
_LATEST = (
    f"SELECT {_COLUMNS} FROM runs WHERE user_id = ? AND tutorial_id = ?"  # noqa: S608
    # By the order of writing, not by the clock: it may have been set back since.
    " ORDER BY status IN ('running', 'survey') DESC, rowid DESC LIMIT 1"
)
_INSERT = f"INSERT INTO runs ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)"  # noqa: S608
_MOVE = (
    "UPDATE runs SET step_id = ?, status = ?, moved_ms = ?"
    " WHERE run_id = ? AND step_id = ? AND status = ?"
)


class RunStore:
    """Runs on this device.  At most one of a user's runs through a tutorial is open."""

    def latest(
        self, database: Database, *, user_id: str, tutorial_id: str
    ) -> Run | None:
        """Return the run begun last, open or not."""
        rows = database.execute(_LATEST, (user_id, tutorial_id))
        for row in rows:
            values = dict(zip(_FIELDS, row, strict=True))
            return Run(**values | {"status": RunStatus(values["status"])})
        return None

    def insert(self, connection: sqlite3.Connection, run: Run) -> None:
        """Store a run begun here; sqlite3.IntegrityError if another process just began one.

        One that ended here may go on, after another device went on with it: it is then
        the last one again.
        """
        connection.execute("DELETE FROM runs WHERE run_id = ?", (run.run_id,))
        connection.execute(_INSERT, [getattr(run, name) for name in _FIELDS])

    def move(self, connection: sqlite3.Connection, run: Run, arrived: Run) -> bool:
        """Move a run on; False if it no longer stands where ``run`` says.

        The condition is what keeps a second process, or a second tap that was under way,
        from completing the same step again.
        """
        where = (run.run_id, run.step_id, run.status.value)
        values = (arrived.step_id, arrived.status.value, arrived.moved_ms, *where)
        return connection.execute(_MOVE, values).rowcount == 1

    def is_known(self, connection: sqlite3.Connection, run_id: bytes) -> bool:
        """Tell whether the file has a run at all."""
        query = "SELECT 1 FROM runs WHERE run_id = ?"
        return connection.execute(query, (run_id,)).fetchone() is not None

    def complete_step(
        self, connection: sqlite3.Connection, run_id: bytes, step_id: str
    ) -> bool:
        """Note a step of a run as completed; False if it was so already."""
        cursor = connection.execute(
            "INSERT OR IGNORE INTO completed_steps (run_id, step_id) VALUES (?, ?)",
            (run_id, step_id),
        )
        return cursor.rowcount == 1

    def completed_steps(self, database: Database, run: Run) -> frozenset[str]:
        """Return the ids of the steps that the run has completed."""
        rows = database.execute(
            "SELECT step_id FROM completed_steps WHERE run_id = ?", (run.run_id,)
        )
        return frozenset(step_id for (step_id,) in rows)
