"""Delivery: lease nothing, lose nothing: read, send, and delete only what was receipted."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from client_sdk._api import TutorialApi
from client_sdk._clock import Clock
from client_sdk._errors import Refused, Transient
from client_sdk._identity import Identity
from client_sdk._ping_queue import PingQueue, PingRow
from client_sdk._storage import Database
from client_sdk._survey_queue import SurveyQueue, SurveyRow
from client_sdk.contracts.ping import BatchReceipt, PingBatch, StepPing
from client_sdk.contracts.status import StepStatus
from client_sdk.contracts.survey import SurveySubmission

__all__ = ["Flusher", "ping_to_wire", "survey_to_wire"]

logger = logging.getLogger(__name__)

Rows = list[tuple[int, PingRow]]


class Flusher:
    """Sends what is queued, oldest first; used on the sync thread only.

    A row leaves the file after the server has said that it is stored, and not before: a
    kill or a lost answer makes the same ids travel again, which the server counts once.
    """

    def __init__(
        self,
        *,
        api: TutorialApi,
        identity: Identity,
        pings: PingQueue,
        surveys: SurveyQueue,
        clock: Clock,
        batch_size: int,
    ) -> None:
        self._api = api
        self._identity = identity
        self._pings = pings
        self._surveys = surveys
        self._clock = clock
        self._batch_size = batch_size

    def flush_surveys(self, database: Database) -> Iterator[int]:
        """Deliver the present user's answers; yield how many left, one by one.

        Transient ends it early; what is not delivered by then stays queued.
        """
        now_ms = self._clock.now_ms()
        user_id = self._identity.user_id
        for row in self._surveys.waiting(database, user_id=user_id, now_ms=now_ms):
            try:
                self._api.send_survey(survey_to_wire(row))
            except Refused as exc:
                if not exc.is_ours:
                    raise Transient(exc.detail) from exc
                self._surveys.set_aside(database, row, exc.code, exc.detail, now_ms)
            else:
                self._surveys.acknowledge(database, row)
            yield 1

    def flush_pings(self, database: Database) -> Iterator[int]:
        """Deliver the present user's pings; yield how many left, batch by batch."""
        while rows := self._pings.oldest(
            database,
            user_id=self._identity.user_id,
            limit=self._batch_size,
            now_ms=self._clock.now_ms(),
        ):
            self._deliver(database, rows)
            yield len(rows)

    def _deliver(self, database: Database, rows: Rows) -> None:
        try:
            receipt = self._api.send_pings(self._batch(rows))
        except Refused as exc:
            if len(rows) == 1 and not exc.is_ours:
                raise Transient(exc.detail) from exc
            if len(rows) == 1:
                self._set_aside(database, rows, exc.code, exc.detail)
            else:
                # Too large, or poisoned by an event that the server cannot even read:
                # halving finds the one at fault and delivers its neighbours.
                middle = len(rows) // 2
                self._deliver(database, rows[:middle])
                self._deliver(database, rows[middle:])
        else:
            self._settle(database, rows, receipt)

    def _batch(self, rows: Rows) -> PingBatch:
        device_id = self._identity.device_id
        events = tuple(ping_to_wire(row, seq, device_id) for seq, row in rows)
        return PingBatch(events=events, sent_at=_moment(self._clock.now_ms()))

    def _settle(self, database: Database, rows: Rows, receipt: BatchReceipt) -> None:
        named = len(receipt.rejected) + len(receipt.retry)
        if receipt.accepted + receipt.duplicates + named != len(rows):
            raise Transient("the receipt does not account for every event")
        later = {event_id.bytes for event_id in receipt.retry}
        refused = {
            r.event_id.bytes: r for r in receipt.rejected if r.event_id is not None
        }
        for seq, row in rows:
            if row.event_id in refused:
                rejection = refused[row.event_id]
                self._set_aside(
                    database, [(seq, row)], rejection.code, rejection.detail
                )
        done = [seq for seq, row in rows if row.event_id not in later.union(refused)]
        self._pings.acknowledge(database, done)
        if later:
            raise Transient(f"the server asked to send {len(later)} event(s) again")

    def _set_aside(
        self, database: Database, rows: Rows, code: str, detail: str
    ) -> None:
        self._pings.set_aside(database, dict(rows), code, detail, self._clock.now_ms())


def ping_to_wire(row: PingRow, seq: int, device_id: UUID) -> StepPing:
    """Return a queued ping as the server takes it."""
    return StepPing(
        tutorial_id=row.tutorial_id,
        step_id=row.step_id,
        status=StepStatus(row.status),
        duration_ms=row.duration_ms,
        event_id=UUID(bytes=row.event_id),
        occurred_at=_moment(row.occurred_ms),
        variant=row.variant,
        persona=row.persona,
        device_id=device_id,
        seq=seq,
        run_id=None if row.run_id is None else UUID(bytes=row.run_id),
        tutorial_version=row.tutorial_version,
    )


def survey_to_wire(row: SurveyRow) -> SurveySubmission:
    """Return a queued answer as the server takes it."""
    return SurveySubmission(
        tutorial_id=row.tutorial_id,
        nps=row.nps,
        comment=row.comment,
        persona=row.persona,
        submission_id=UUID(bytes=row.submission_id),
        occurred_at=_moment(row.occurred_ms),
    )


def _moment(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)
