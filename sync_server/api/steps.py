"""``POST /api/tutorial/step`` and ``/steps``: pings, alone and in batches."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response
from pydantic import TypeAdapter, ValidationError

from client_sdk.contracts.limits import MAX_BATCH_EVENTS
from client_sdk.contracts.ping import BatchReceipt, PingBatch, Rejection, StepPing
from client_sdk.contracts.problem import ProblemCode
from client_sdk.contracts.routes import STEP, STEPS
from sync_server.api.answer import json_response
from sync_server.api.body import (
    decode_body,
    field_errors,
    invalid_request,
    parse_json,
    read_body,
)
from sync_server.api.express import FAILURE
from sync_server.api.operation import Access, Answer, Operation, Tag, describe
from sync_server.auth.guards import Guard
from sync_server.current import Environ, current_environ
from sync_server.errors import ApiError
from sync_server.events.ingest import Ingest
from sync_server.metrics import Metrics

__all__ = ["StepTaker", "steps_blueprint"]

_PING = TypeAdapter(StepPing)
_BATCH = TypeAdapter(PingBatch)
_EXAMPLE = {
    "tutorialId": "welcome-tour",
    "stepId": "create-project",
    "status": "completed",
    "t": 5250,
    "eventId": "019aaf0e-5c00-7b60-8a51-3f1d2c4b5a69",
    "occurredAt": "2026-01-31T08:30:00.000Z",
    "seq": 17,
}
_STEP = Operation(
    summary="Tell what became of one step",
    tag=Tag.EVENTS,
    access=Access.USER,
    body=StepPing,
    example=_EXAMPLE,
    answers={204: Answer(about="Stored, or stored before under the same `eventId`.")},
    problems=frozenset(
        {
            ProblemCode.UNKNOWN_TUTORIAL,
            ProblemCode.UNKNOWN_STEP,
            ProblemCode.UNKNOWN_VARIANT,
            ProblemCode.UNKNOWN_VERSION,
            ProblemCode.USER_ERASED,
        }
    ),
)
_STEPS = Operation(
    summary="Tell what became of up to 500 steps",
    tag=Tag.EVENTS,
    access=Access.USER,
    body=PingBatch,
    example={"events": [_EXAMPLE], "sentAt": "2026-01-31T08:31:00.000Z"},
    answers={200: Answer(about="What became of each event.", type=BatchReceipt)},
)


@dataclass(frozen=True, slots=True)
class StepTaker:
    """What ``step`` does with a request, whichever way it came."""

    ingest: Ingest
    guard: Guard

    def take(self, environ: Environ) -> None:
        """Store the ping in the body; ApiError, or the database's error."""
        user_id = self.guard.user_id(environ)
        result = self.ingest.add(user_id, [decode_body(_PING, environ)])
        for refusal in result.refusals:
            raise ApiError(refusal.code, refusal.detail)


def steps_blueprint(
    *,
    taker: StepTaker,
    metrics: Metrics,
    admit_events: Callable[[UUID, int], None],
) -> Blueprint:
    """Return both routes.

    ``admit_events`` counts the events of a user's batch, and raises ApiError against
    those who send too many.

    ``step`` answers 204 for a new ping and for a repeated one; a ping that names what was
    never published gets the code and status of the rejection: 404 for the tutorial, 422
    for step, variant and version.
    """
    blueprint = Blueprint("steps", __name__)

    @blueprint.post(STEP)
    @describe(_STEP)
    def step() -> Response:
        """Four fields suffice (specification 2.2): tutorial, step, status and `t`, the
        milliseconds that the step took.

        Draw an `eventId` (a UUID of version 7) when the step happens and send it with every
        repetition: the same id of the same user counts once. Steps of every version that was
        ever published are taken, so a device may deliver late.
        """
        environ = current_environ()
        failure: Exception | None = environ.get(FAILURE)
        if failure is not None:
            raise failure
        taker.take(environ)
        return Response(status=204)

    @blueprint.post(STEPS)
    @describe(_STEPS)
    def steps() -> Response:
        """One bad event never costs its neighbours: what is neither in `rejected` nor in
        `retry` is stored.

        Give up on an event in `rejected`, it will never be taken as it is; send those in
        `retry` again. Only an envelope that is no batch at all is answered with a problem.
        """
        user_id = taker.guard.user_id()
        batch = _decode_batch(read_body())
        admit_events(user_id, len(batch.pings) + len(batch.rejected))
        metrics.count_rejections(rejection.code for rejection in batch.rejected)
        result = taker.ingest.add(user_id, batch.pings, sent_at=batch.sent_at)
        refused = [
            Rejection(
                index=batch.places[refusal.index],
                event_id=batch.pings[refusal.index].event_id,
                code=refusal.code,
                detail=refusal.detail,
            )
            for refusal in result.refusals
        ]
        return json_response(
            BatchReceipt(
                accepted=result.accepted,
                duplicates=result.duplicates,
                rejected=tuple(
                    sorted([*batch.rejected, *refused], key=lambda r: r.index)
                ),
            )
        )

    return blueprint


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """What could be read of a batch; ``places`` are those of the pings as sent."""

    sent_at: datetime
    pings: Sequence[StepPing]
    places: Sequence[int]
    rejected: Sequence[Rejection] = ()


def _decode_batch(body: bytes) -> _Batch:
    """Decode in one go, and event by event only if that fails."""
    try:
        batch = _BATCH.validate_json(body)
    except ValidationError as exc:
        return _decode_events(body, exc)
    events = batch.events
    return _Batch(sent_at=batch.sent_at, pings=events, places=range(len(events)))


def _decode_events(body: bytes, failure: ValidationError) -> _Batch:
    """Keep the good events of a batch; ApiError if the fault is not in its events."""
    # as pydantic reads a batch that is good: a look for repeated keys costs a sixth of it
    data = parse_json(body, last_key_counts=True)
    events = data.get("events") if isinstance(data, dict) else None
    if not isinstance(events, list):
        raise invalid_request(failure)
    envelope = _envelope(data)
    pings, places, rejected = [], [], []
    for index, event in enumerate(data["events"]):
        try:
            pings.append(_PING.validate_json(json.dumps(event)))
            places.append(index)
        except ValidationError as exc:
            rejected.append(_rejection(index, event, exc))
    return _Batch(
        sent_at=envelope.sent_at, pings=pings, places=places, rejected=rejected
    )


#: A ping that is always good, to try a batch without its own events.
_STAND_IN = {"tutorialId": "x", "stepId": "x", "status": "started", "t": 0}


def _envelope(data: dict[str, Any]) -> PingBatch:
    """Return the batch with other events; ApiError if the fault is not in its events."""
    # one too many says as much as a million
    count = min(len(data["events"]), MAX_BATCH_EVENTS + 1)
    try:
        return _BATCH.validate_json(json.dumps(data | {"events": [_STAND_IN] * count}))
    except ValidationError as exc:
        raise invalid_request(exc) from None


def _rejection(index: int, event: Any, exc: ValidationError) -> Rejection:
    faults = field_errors(exc)
    return Rejection(
        index=index,
        event_id=_event_id(event),
        code=ProblemCode.INVALID_REQUEST,
        detail="; ".join(f"{fault.pointer or '/'}: {fault.detail}" for fault in faults),
    )


def _event_id(event: Any) -> UUID | None:
    try:
        return UUID(event["eventId"])
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
