"""Step events to send and to store, as a device makes them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg

__all__ = ["BATCH_EVENTS", "COLUMNS", "STEPS", "batch_body", "fill", "rows", "stored"]

BATCH_EVENTS = 500
STEPS = (
    *("welcome", "week", "create-project", "project-card"),
    *("invite", "assistant", "keep-going", "sync"),
)
COLUMNS = {
    "user_id": "uuid",
    "event_id": "uuid",
    "occurred_at": "timestamptz",
    "tutorial_id": "text",
    "step_id": "text",
    "variant_id": "text",
    "persona": "text",
    "status": "text",
    "duration_ms": "int4",
    "device_id": "uuid",
    "seq": "int8",
    "run_id": "uuid",
    "tutorial_version": "int4",
}


def batch_body() -> str:
    """Return a batch with 500 new events, one run through the tour after the other."""
    device, run = str(uuid.uuid4()), ""
    events = []
    for seq in range(BATCH_EVENTS):
        step, is_end = divmod(seq % (2 * len(STEPS)), 2)
        run = run if step or is_end else str(uuid.uuid4())
        events.append(
            {
                "eventId": str(uuid.uuid4()),
                "tutorialId": "welcome-tour",
                "stepId": STEPS[step],
                "status": "completed" if is_end else "started",
                "t": 1500 if is_end else 0,
                "occurredAt": _now_text(),
                "variant": "v1_control",
                "deviceId": device,
                "seq": seq + 1,
                "runId": run,
                "tutorialVersion": 1,
            }
        )
    body = {"events": events, "sentAt": _now_text()}
    return json.dumps(body, separators=(",", ":"))


def rows() -> Iterator[tuple[Any, ...]]:
    """Yield without end the rows of such events, 500 of a user in turn."""
    now = datetime.now(UTC)
    while True:
        user, device, run = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
        for seq in range(BATCH_EVENTS):
            step, is_end = divmod(seq % (2 * len(STEPS)), 2)
            yield (
                *(user, uuid.uuid4(), now, "welcome-tour", STEPS[step], "v1_control"),
                *("newbie", "completed" if is_end else "started", 1500, device),
                *(seq + 1, run, 1),
            )


def stored(connection: psycopg.Connection[Any]) -> int:
    """Return how many events are in PostgreSQL."""
    row = connection.execute("SELECT count(*) FROM tutorial_step_events").fetchone()
    return int(row[0]) if row else 0


def fill(connection: psycopg.Connection[Any], count: int) -> None:
    """Fill the table with events of other users; its indexes are built afterwards."""
    indexes = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes"
        " WHERE tablename = 'tutorial_step_events'"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    connection.execute(
        "ALTER TABLE tutorial_step_events DROP CONSTRAINT tutorial_step_events_once"
    )
    connection.execute(
        "INSERT INTO tutorial_step_events (user_id, tutorial_id, step_id, variant_id,"
        " persona, status, duration_ms, device_id, seq, run_id, tutorial_version)"
        " SELECT md5((n / 40)::text)::uuid, 'welcome-tour',"
        f" (%s::text[])[n %% {len(STEPS)} + 1], 'v1_control', 'newbie',"
        " CASE WHEN n %% 2 = 0 THEN 'started' ELSE 'completed' END, 1500,"
        " md5((n / 40)::text)::uuid, n, md5((n / 8)::text)::uuid, 1"
        " FROM generate_series(1, %s) AS n",
        [list(STEPS), count],
    )
    connection.execute(
        "ALTER TABLE tutorial_step_events"
        " ADD CONSTRAINT tutorial_step_events_once UNIQUE (user_id, event_id)"
    )
    for _, definition in indexes:
        connection.execute(definition)
    connection.execute("ANALYZE tutorial_step_events")


def _now_text() -> str:
    text = datetime.now(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
