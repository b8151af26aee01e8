"""Step pings, alone and in batches (specification 2.2, DESIGN section 4)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from client_sdk.contracts.constraints import AtLeast, Length
from client_sdk.contracts.experiment import DeviceAssignment
from client_sdk.contracts.limits import (
    MAX_BATCH_EVENTS,
    DurationMs,
    Id,
    Moment,
    Sequence,
    Version,
)
from client_sdk.contracts.status import StepStatus
from client_sdk.contracts.wire import Wire, wire

__all__ = ["BatchReceipt", "PingBatch", "Rejection", "StepPing", "StepStatus"]


@wire(frozen=True, kw_only=True)
class StepPing(Wire):
    """One step event.

    The specification's four fields suffice; a device adds the others so that a ping can
    be delivered again without being counted again (``event_id``), ordered (``seq``, per
    device, without gaps) and tied to one run through one version of the tutorial.
    ``assignment`` is the arm that the device took by itself while it was offline.
    """

    #: The tutorial, as its author named it.
    tutorial_id: Id
    #: A step of any version that was ever published.
    step_id: Id
    status: StepStatus
    #: Milliseconds that the step was on screen, on a clock that does not jump.
    duration_ms: DurationMs
    #: Drawn once when the step happens (UUIDv7), the same in every repetition: it
    #: counts once for this user.
    event_id: UUID | None = None
    #: When it happened by the device's clock; the time of arrival where it is missing.
    occurred_at: Moment | None = None
    #: The variant that was shown, as config told it.
    variant: Id | None = None
    #: The persona that was shown, as config told it.
    persona: Id | None = None
    #: Drawn once an installation; the scope of `seq`.
    device_id: UUID | None = None
    #: Counts this device's events from 1 without gaps.
    seq: Sequence | None = None
    #: Drawn once a run through the tutorial.
    run_id: UUID | None = None
    #: The version that was shown, as config told it.
    tutorial_version: Version | None = None
    #: The arm that the device took offline; stored if it is what the server finds too.
    assignment: DeviceAssignment | None = None


@wire(frozen=True, kw_only=True)
class PingBatch(Wire):
    """Body of ``POST /api/tutorial/steps``; ``sent_at`` is the device's clock."""

    #: In the order in which they happened.
    events: Annotated[tuple[StepPing, ...], Length(1, MAX_BATCH_EVENTS)]
    #: The device's clock when it sent the batch.
    sent_at: Moment


@wire(frozen=True, kw_only=True)
class Rejection(Wire):
    """One event of a batch that will never be accepted as it is.

    ``event_id`` is None when the event carried no readable one; ``index`` always says
    which event of the batch is meant.
    """

    #: Place in `events`, from 0.
    index: Annotated[int, AtLeast(0)]
    #: The event's id, where it had a readable one.
    event_id: UUID | None = None
    #: Why, as a code of a problem.
    code: str
    #: Why, in words.
    detail: str


@wire(frozen=True, kw_only=True)
class BatchReceipt(Wire):
    """What became of each event: what is in neither list is stored."""

    #: Events stored by this request.
    accepted: Annotated[int, AtLeast(0)]
    #: Events stored before, by another request or earlier in this one.
    duplicates: Annotated[int, AtLeast(0)]
    #: Events that will never be taken as they are: give them up.
    rejected: tuple[Rejection, ...] = ()
    #: Ids of events to send again later.
    retry: tuple[UUID, ...] = ()
