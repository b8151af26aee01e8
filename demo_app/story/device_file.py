"""The SDK's SQLite file, read from outside and never written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from demo_app.story.ledger import Event

__all__ = ["DeviceFile", "DeviceState"]

FILE_NAME = "kazi-tutorial.sqlite3"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """The file at one moment."""

    device_id: UUID | None
    #: Highest number that was ever given to an event.
    last_seq: int
    waiting: tuple[Event, ...]
    waiting_surveys: int
    set_aside: int
    #: Step and status of the newest run; None before there is one.
    step_id: str | None
    run_status: str | None
    variant: str | None
    persona: str | None

    @property
    def queued(self) -> int:
        """How many events and answers wait for the server."""
        return len(self.waiting) + self.waiting_surveys


_NOTHING = DeviceState(
    device_id=None,
    last_seq=0,
    waiting=(),
    waiting_surveys=0,
    set_aside=0,
    step_id=None,
    run_status=None,
    variant=None,
    persona=None,
)


class DeviceFile:
    """Reads the file, and remembers every event that it ever saw in it."""

    def __init__(self, storage: Path) -> None:
        self._path = storage / FILE_NAME
        self.seen: dict[UUID, Event] = {}

    def read(self) -> DeviceState:
        """Return the file's state; an app that was killed early may have left none."""
        if not self._path.exists():
            return _NOTHING
        # mode=ro keeps a write-ahead log that a killed app left behind as it is
        uri = f"{self._path.as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
            connection.execute("BEGIN")
            has_schema = connection.execute("PRAGMA user_version").fetchone()[0]
            state = _state(connection) if has_schema else _NOTHING
        self.seen.update({event.event_id: event for event in state.waiting})
        return state


def _state(connection: sqlite3.Connection) -> DeviceState:
    device = connection.execute("SELECT device_id FROM device").fetchone()
    (last_seq,) = connection.execute("SELECT ifnull(max(seq), 0) FROM pings").fetchone()
    run = connection.execute(
        "SELECT step_id, status, variant, persona FROM runs"
        " ORDER BY started_ms DESC, run_id DESC LIMIT 1"
    ).fetchone()
    step_id, status, variant, persona = run or (None, None, None, None)
    rows = connection.execute(
        "SELECT event_id, seq, run_id, step_id, status FROM pings"
        " WHERE user_id <> '-' ORDER BY seq"
    )
    return DeviceState(
        device_id=UUID(bytes=device[0]) if device else None,
        last_seq=last_seq,
        waiting=tuple(_event(*row) for row in rows),
        waiting_surveys=connection.execute(
            "SELECT count(*) FROM survey_answers"
        ).fetchone()[0],
        set_aside=connection.execute("SELECT count(*) FROM set_aside").fetchone()[0],
        step_id=step_id,
        run_status=status,
        variant=variant,
        persona=persona,
    )


def _event(
    event_id: bytes, seq: int, run_id: bytes, step_id: str, status: str
) -> Event:
    return Event(
        event_id=UUID(bytes=event_id),
        seq=seq,
        run_id=UUID(bytes=run_id),
        step_id=step_id,
        status=status,
    )
