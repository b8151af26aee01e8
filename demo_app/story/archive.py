"""What PostgreSQL holds of one device."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import psycopg

from demo_app.story.ledger import Event
from demo_app.story.postgres import Postgres

__all__ = ["Answer", "Archive"]

# Not filtered by device alone: a row that lost its device id would be missed.
_EVENTS = """
SELECT event_id, seq, run_id, step_id, status
FROM tutorial_step_events
ORDER BY id
"""
_ANSWERS = "SELECT nps, comment FROM tutorial_surveys ORDER BY id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One stored survey answer; ``comment`` as it lies in the table."""

    nps: int
    comment: str


class Archive:
    """Reads the tables of a database that only this story's device writes to."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    def events(self) -> list[Event]:
        """Return every step event, in the order of their arrival."""
        with psycopg.connect(self._postgres.conninfo()) as connection:
            rows: list[tuple[UUID, int, UUID, str, str]] = connection.execute(
                _EVENTS
            ).fetchall()
        return [
            Event(
                event_id=event_id, seq=seq, run_id=run_id, step_id=step, status=status
            )
            for event_id, seq, run_id, step, status in rows
        ]

    def answers(self) -> list[Answer]:
        """Return every survey answer."""
        with psycopg.connect(self._postgres.conninfo()) as connection:
            rows: list[tuple[int, str]] = connection.execute(_ANSWERS).fetchall()
        return [Answer(nps=nps, comment=comment) for nps, comment in rows]
