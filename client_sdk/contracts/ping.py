"""Step pings, alone and in batches (specification 2.2, DESIGN section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from client_sdk.contracts.constraints import AtLeast, Length
from client_sdk.contracts.limits import (
    MAX_BATCH_EVENTS,
    DurationMs,
    Id,
    Moment,
    Sequence,
    Version,
)
from client_sdk.contracts.status import StepStatus
from client_sdk.contracts.wire import Wire

__all__ = ["BatchReceipt", "PingBatch", "Rejection", "StepPing", "StepStatus"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPing(Wire):
    """One step event.

    The specification's four fields suffice; a device adds the others so that a ping can
    be delivered again without being counted again (``event_id``), ordered (``seq``, per
    device, without gaps) and tied to one run through one version of the tutorial.
    """

    tutorial_id: Id
    step_id: Id
    status: StepStatus
    duration_ms: DurationMs
    event_id: UUID | None = None
    occurred_at: Moment | None = None
    variant: Id | None = None
    persona: Id | None = None
    device_id: UUID | None = None
    seq: Sequence | None = None
    run_id: UUID | None = None
    tutorial_version: Version | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PingBatch(Wire):
    """Body of ``POST /api/tutorial/steps``; ``sent_at`` is the device's clock."""

    events: Annotated[tuple[StepPing, ...], Length(1, MAX_BATCH_EVENTS)]
    sent_at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection(Wire):
    """One event of a batch that will never be accepted as it is.

    ``event_id`` is None when the event carried no readable one; ``index`` always says
    which event of the batch is meant.
    """

    index: Annotated[int, AtLeast(0)]
    event_id: UUID | None = None
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReceipt(Wire):
    """What became of each event: what is in neither list is stored."""

    accepted: Annotated[int, AtLeast(0)]
    duplicates: Annotated[int, AtLeast(0)]
    rejected: tuple[Rejection, ...] = ()
    retry: tuple[UUID, ...] = ()
