"""One event from its JSON, in our own form or as Segment sends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from client_sdk.contracts.activity import ActivityEvent, SegmentTrack
from sync_server.activity.segment import event_of_track
from sync_server.activity.uses import Fault, UnfitError
from sync_server.validation import faults_of, pointer_of

__all__ = ["EVENT_ID", "MESSAGE_ID", "Read", "event_id_of", "read_event", "read_track"]

#: Reads an event off JSON; UnfitError says what would be right.
Read = Callable[[str], ActivityEvent]

#: Where each form has its id.
EVENT_ID, MESSAGE_ID = "eventId", "messageId"
_EVENT = TypeAdapter(ActivityEvent)
_TRACK = TypeAdapter(SegmentTrack)


def read_event(text: str) -> ActivityEvent:
    """Return an event of our own form."""
    return _read(text, _EVENT.validate_json)


def read_track(text: str) -> ActivityEvent:
    """Return the event of a ``track`` call."""
    return _read(text, lambda text: event_of_track(_TRACK.validate_json(text)))


def event_id_of(item: Any, key: str) -> UUID | None:
    """Return the id of an event that may be unreadable otherwise."""
    value = item.get(key) if isinstance(item, dict) else None
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _read(text: str, read: Read) -> ActivityEvent:
    try:
        return read(text)
    except ValidationError as exc:
        raise UnfitError(Fault.MALFORMED, _detail(exc)) from None
    except (ValueError, RecursionError) as exc:
        raise UnfitError(Fault.MALFORMED, str(exc)) from None


def _detail(exc: ValidationError) -> str:
    return "; ".join(
        f"{pointer_of(place) or '/'}: {detail}" for place, detail in faults_of(exc)
    )
