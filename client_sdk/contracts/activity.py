"""Product usage that personas are built from (DESIGN sections 4 and 6)."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import field
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from client_sdk.contracts.constraints import AtLeast, Length, Satisfies
from client_sdk.contracts.identity import UserId
from client_sdk.contracts.limits import MAX_BATCH_EVENTS, Id, Moment, has_no_nul
from client_sdk.contracts.ping import Rejection
from client_sdk.contracts.wire import Wire, wire

__all__ = [
    "ActivityBatch",
    "ActivityEvent",
    "ActivityReceipt",
    "SegmentBatch",
    "SegmentTrack",
    "SegmentType",
]

#: Longest properties of one event in bytes of JSON: what Segment takes for a whole event.
MAX_PROPERTIES_BYTES = 32_768


def is_storable(value: Any) -> bool:
    """Tell whether PostgreSQL can store the JSON: no NUL, no half pair, no infinity."""
    if isinstance(value, dict):
        return all(has_no_nul(key) and is_storable(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(is_storable, value))
    if isinstance(value, str):
        return has_no_nul(value)
    return not isinstance(value, float) or math.isfinite(value)


def is_short(value: Any) -> bool:
    """Tell whether properties are short enough."""
    return len(json.dumps(value, ensure_ascii=False).encode()) <= MAX_PROPERTIES_BYTES


def _both(*checks: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: all(check(value) for check in checks)


Properties = Annotated[
    dict[str, Any],
    Satisfies(
        _both(is_storable, is_short),
        f"at most {MAX_PROPERTIES_BYTES} bytes of JSON are allowed, without the character "
        "NUL, half a surrogate pair and numbers beyond those of a double",
    ),
]


@wire(frozen=True, kw_only=True)
class ActivityEvent(Wire):
    """Something that a user did in the product.

    The same ``event_id`` of the same user counts once.
    """

    #: Drawn once when it happens, the same in every repetition.
    event_id: UUID
    #: Whoever did it.
    user_id: UserId
    #: What was done, as `project_created`.
    name: Id
    #: When it was done.
    occurred_at: Moment
    #: What else is known of it, as JSON.
    properties: Properties = field(default_factory=dict)


@wire(frozen=True, kw_only=True)
class ActivityBatch(Wire):
    """Body of ``POST /_internal/activity``."""

    #: In any order.
    events: Annotated[tuple[ActivityEvent, ...], Length(1, MAX_BATCH_EVENTS)]


class SegmentType(StrEnum):
    """The kinds of calls that are taken from Segment."""

    TRACK = "track"


@wire(frozen=True, kw_only=True)
class SegmentTrack(Wire):
    """Segment's ``track`` call as it comes; one of the two ids must be there.

    A ``message_id`` that is no UUID is turned into one, always the same.
    """

    #: The kind of call; only `track` is taken.
    type: SegmentType
    #: The same in every repetition.
    message_id: Id
    #: What was done.
    event: Id
    #: When it was done.
    timestamp: Moment
    #: Whoever did it.
    user_id: UserId | None = None
    #: Whoever did it, before signing in.
    anonymous_id: UserId | None = None
    #: What else is known of it, as JSON.
    properties: Properties | None = None


@wire(frozen=True, kw_only=True)
class SegmentBatch(Wire):
    """Segment's ``batch`` call."""

    #: In any order.
    batch: Annotated[tuple[SegmentTrack, ...], Length(1, MAX_BATCH_EVENTS)]


@wire(frozen=True, kw_only=True)
class ActivityReceipt(Wire):
    """What became of each event: what is not rejected is stored."""

    #: Events stored by this request.
    accepted: Annotated[int, AtLeast(0)]
    #: Events stored before.
    duplicates: Annotated[int, AtLeast(0)]
    #: Events that will never be taken as they are: give them up.
    rejected: tuple[Rejection, ...] = ()
