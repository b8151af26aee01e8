"""Batches of pings as the server takes them, bounded by count and bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from client_sdk._ping_outbox import Rows
from client_sdk._ping_queue import PingRow
from client_sdk.contracts.codec import format_timestamp

__all__ = ["Batch", "fill_batch", "moment", "ping_to_wire"]

#: Longest body in bytes, before compression: a quarter of what the server takes.
MAX_BATCH_BYTES = 256 * 1024
#: The last millisecond of the year 9999, the calendar's end on both sides.
_LAST_MS = 253_402_300_799_999

_encode = json.JSONEncoder(separators=(",", ":")).encode


class Batch(NamedTuple):
    """Rows and the request's body that holds them."""

    rows: Rows
    body: bytes


def fill_batch(rows: Rows, device_id: UUID, now_ms: int) -> Batch:
    """Return the first rows, as many as fit into one body and at least one."""
    events: list[str] = []
    size = 0
    device = str(device_id)
    for seq, row in rows:
        event = _encode(ping_to_wire(row, seq, device))
        size += len(event)
        if size > MAX_BATCH_BYTES and events:
            break
        events.append(event)
    sent_at = _encode(format_timestamp(moment(now_ms)))
    body = f'{{"events":[{",".join(events)}],"sentAt":{sent_at}}}'
    return Batch(rows[: len(events)], body.encode())


def ping_to_wire(row: PingRow, seq: int, device_id: str) -> dict[str, object]:
    """Return a queued ping as the JSON of :class:`StepPing`.

    Written out here: by way of the dataclass a batch takes six times as long.
    """
    event: dict[str, object] = {
        "tutorialId": row.tutorial_id,
        "stepId": row.step_id,
        "status": row.status,
        "t": row.duration_ms,
        "eventId": _uuid_text(row.event_id),
        "occurredAt": format_timestamp(moment(row.occurred_ms)),
        "deviceId": device_id,
        "seq": seq,
    }
    if row.variant is not None:
        event["variant"] = row.variant
    if row.persona is not None:
        event["persona"] = row.persona
    if row.run_id is not None:
        event["runId"] = _uuid_text(row.run_id)
    if row.tutorial_version is not None:
        event["tutorialVersion"] = row.tutorial_version
    if row.assignment is not None:
        event["assignment"] = json.loads(row.assignment)
    return event


def _uuid_text(raw: bytes) -> str:
    """Return 16 bytes as :class:`UUID` writes them, in a quarter of the time."""
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def moment(epoch_ms: int) -> datetime:
    """Return a time in UTC; a device's clock may say what no calendar has."""
    return datetime.fromtimestamp(min(max(epoch_ms, 0), _LAST_MS) / 1000, UTC)
