"""``POST /_internal/activity``: product usage, in our own form or as Segment sends it."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response

from client_sdk.contracts.activity import (
    ActivityBatch,
    ActivityReceipt,
    SegmentBatch,
    SegmentTrack,
)
from client_sdk.contracts.limits import MAX_BATCH_EVENTS
from client_sdk.contracts.ping import Rejection
from client_sdk.contracts.problem import FieldError, ProblemCode
from client_sdk.contracts.routes import ACTIVITY
from sync_server.activity.intake import ActivityIntake, Refused
from sync_server.activity.reading import (
    EVENT_ID,
    MESSAGE_ID,
    Read,
    event_id_of,
    read_event,
    read_track,
)
from sync_server.activity.uses import Fault
from sync_server.api.answer import json_response
from sync_server.api.body import parse_json, read_body
from sync_server.api.operation import Access, Answer, Operation, Tag, describe
from sync_server.auth.guards import Guard
from sync_server.errors import ApiError
from sync_server.metrics import Metrics

__all__ = ["activity_blueprint"]

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


def activity_blueprint(
    *, intake: ActivityIntake, guard: Guard, metrics: Metrics
) -> Blueprint:
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

        `docs/personas.md` lists the names that personas know, as `project_created`, and
        the properties that count: `count`, `members`. Any other name is use all the same.
        """
        guard.service()
        items, read, id_key = _items(parse_json(read_body()))
        if not 1 <= len(items) <= MAX_BATCH_EVENTS:
            raise _refused(f"send 1 to {MAX_BATCH_EVENTS} events, not {len(items)}")
        taken = intake.take([json.dumps(item) for item in items], read)
        metrics.count_activity(stored=taken.new, known=taken.known)
        metrics.count_activity_faults(taken.faults.items())
        return json_response(
            ActivityReceipt(
                accepted=taken.new,
                duplicates=taken.known,
                rejected=tuple(
                    _rejection(refused, items[refused.place], id_key)
                    for refused in taken.refused
                ),
            )
        )

    return blueprint


def _rejection(refused: Refused, item: Any, id_key: str) -> Rejection:
    is_erased = refused.fault is Fault.ERASED
    return Rejection(
        index=refused.place,
        event_id=event_id_of(item, id_key),
        code=ProblemCode.USER_ERASED if is_erased else ProblemCode.INVALID_REQUEST,
        detail=refused.detail,
    )


def _items(data: Any) -> tuple[list[Any], Read, str]:
    """Return the events as sent, how to read one, and where its id stands."""
    if isinstance(data, dict):
        if isinstance(data.get("events"), list):
            return data["events"], read_event, EVENT_ID
        if isinstance(data.get("batch"), list):
            return data["batch"], read_track, MESSAGE_ID
        if "type" in data:
            return [data], read_track, MESSAGE_ID
    raise _refused(
        "send an array as events, or what Segment sends: one call, or an array as batch"
    )


def _refused(detail: str) -> ApiError:
    return ApiError(
        ProblemCode.INVALID_REQUEST,
        f"The body does not fit: {detail}.",
        errors=[FieldError(pointer="", detail=detail)],
    )
