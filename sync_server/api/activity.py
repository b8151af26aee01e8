"""``POST /_internal/activity``: product usage, in our own form or as Segment sends it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response
from pydantic import TypeAdapter, ValidationError

from client_sdk.contracts.activity import (
    ActivityBatch,
    ActivityEvent,
    ActivityReceipt,
    SegmentBatch,
    SegmentTrack,
)
from client_sdk.contracts.limits import MAX_BATCH_EVENTS
from client_sdk.contracts.ping import Rejection
from client_sdk.contracts.problem import FieldError, ProblemCode
from client_sdk.contracts.routes import ACTIVITY
from sync_server.activity.segment import event_of_track
from sync_server.activity.store import ActivityStore
from sync_server.api.answer import json_response
from sync_server.api.body import field_errors, parse_json, read_body
from sync_server.api.operation import Access, Answer, Operation, Tag, describe
from sync_server.auth.guards import Guard
from sync_server.errors import ApiError

__all__ = ["activity_blueprint"]

_EVENT = TypeAdapter(ActivityEvent)
_TRACK = TypeAdapter(SegmentTrack)
_OPERATION = Operation(
    summary="Tell what users did in the product",
    tag=Tag.INTERNAL,
    access=Access.SERVICE,
    body=ActivityBatch | SegmentBatch | SegmentTrack,
    example={
        "events": [
            {
                "eventId": "019aaf0e-5c00-7b60-8a51-3f1d2c4b5a69",
                "userId": "019aa1d4-7c5e-7b60-8a51-3f1d2c4b5a69",
                "name": "project_created",
                "occurredAt": "2026-01-31T08:30:00.000Z",
                "properties": {"members": 3},
            }
        ]
    },
    answers={200: Answer(about="What became of each event.", type=ActivityReceipt)},
)


def activity_blueprint(*, store: ActivityStore, guard: Guard) -> Blueprint:
    """Return the route."""
    blueprint = Blueprint("activity", __name__)

    @blueprint.post(ACTIVITY)
    @describe(_OPERATION)
    def activity() -> Response:
        """Up to 500 events in one request: our own form under `events`, or Segment's
        `track` calls as they come, one alone or several under `batch`.

        The same `eventId` (Segment: `messageId`) of the same user counts once, so send a
        batch again whenever its answer was lost. One bad event never costs its
        neighbours: what is not in `rejected` is stored.
        """
        guard.service()
        return json_response(_receipt(store, _read(parse_json(read_body()))))

    return blueprint


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Readable events with their places in the batch as sent, and the rest."""

    events: Sequence[tuple[int, ActivityEvent]]
    rejected: Sequence[Rejection]


def _receipt(store: ActivityStore, batch: _Batch) -> ActivityReceipt:
    stored = store.add([event for _, event in batch.events])
    erased = [_of_erased(*batch.events[place]) for place in stored.erased]
    return ActivityReceipt(
        accepted=stored.new,
        duplicates=len(batch.events) - stored.new - len(erased),
        rejected=tuple(sorted([*batch.rejected, *erased], key=lambda r: r.index)),
    )


def _read(data: Any) -> _Batch:
    items, read, id_key = _items(data)
    if not 1 <= len(items) <= MAX_BATCH_EVENTS:
        raise _refused(f"send 1 to {MAX_BATCH_EVENTS} events, not {len(items)}")
    events, rejected = [], []
    for index, item in enumerate(items):
        try:
            events.append((index, read(json.dumps(item))))
        except ValueError as exc:
            rejected.append(
                Rejection(
                    index=index,
                    event_id=_uuid(item, id_key),
                    code=ProblemCode.INVALID_REQUEST,
                    detail=_detail(exc),
                )
            )
    return _Batch(events=events, rejected=rejected)


def _items(data: Any) -> tuple[list[Any], Callable[[str], ActivityEvent], str]:
    """Return the events as sent, how to read one, and where its id stands."""
    if isinstance(data, dict):
        if isinstance(data.get("events"), list):
            return data["events"], _EVENT.validate_json, "eventId"
        if isinstance(data.get("batch"), list):
            return data["batch"], _read_track, "messageId"
        if "type" in data:
            return [data], _read_track, "messageId"
    raise _refused(
        "send an array as events, or what Segment sends: one call, or an array as batch"
    )


def _read_track(text: str) -> ActivityEvent:
    return event_of_track(_TRACK.validate_json(text))


def _detail(exc: ValueError) -> str:
    if not isinstance(exc, ValidationError):
        return str(exc)
    return "; ".join(f"{f.pointer or '/'}: {f.detail}" for f in field_errors(exc))


def _of_erased(index: int, event: ActivityEvent) -> Rejection:
    return Rejection(
        index=index,
        event_id=event.event_id,
        code=ProblemCode.USER_ERASED,
        detail="The user was erased after this happened; nothing of it is kept.",
    )


def _uuid(item: Any, key: str) -> UUID | None:
    value = item.get(key) if isinstance(item, Mapping) else None
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _refused(detail: str) -> ApiError:
    return ApiError(
        ProblemCode.INVALID_REQUEST,
        f"The body does not fit: {detail}.",
        errors=[FieldError(pointer="", detail=detail)],
    )
