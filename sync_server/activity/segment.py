"""Events of Segment in our own form.  Pure."""

from __future__ import annotations

from uuid import UUID, uuid5

from client_sdk.contracts.activity import ActivityEvent, SegmentTrack

__all__ = ["event_of_track"]

#: Makes a message id that is no UUID into one (RFC 9562 section 5.5); it never changes.
_MESSAGE_IDS = UUID("5f3c1c5a-6a0e-4f0b-9d55-0c7c8f6b3a21")


def event_of_track(track: SegmentTrack) -> ActivityEvent:
    """Return the event of a ``track`` call; ValueError if it names no user."""
    user_id = track.user_id or track.anonymous_id
    if user_id is None:
        raise ValueError("/userId: the field is missing, and /anonymousId too")
    return ActivityEvent(
        event_id=_event_id(track.message_id),
        user_id=user_id,
        name=track.event,
        occurred_at=track.timestamp,
        properties=track.properties or {},
    )


def _event_id(message_id: str) -> UUID:
    try:
        return UUID(message_id)
    except ValueError:
        return uuid5(_MESSAGE_IDS, message_id)
