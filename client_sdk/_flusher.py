"""Delivery: lose nothing: read, send, and delete only what was receipted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from uuid import UUID

from client_sdk._api import TutorialApi
from client_sdk._batches import Batch, fill_batch, moment
from client_sdk._clock import Clock
from client_sdk._delivery_errors import DeviceTrouble, Refused, ServerFault, Transient
from client_sdk._leases import Lease
from client_sdk._ping_outbox import PingOutbox, Rows
from client_sdk._set_aside import Reason
from client_sdk._storage import Database
from client_sdk._survey_outbox import SurveyOutbox
from client_sdk._survey_queue import SurveyRow
from client_sdk.contracts.codec import decode
from client_sdk.contracts.limits import SURVEY_WINDOW_SECONDS
from client_sdk.contracts.ping import BatchReceipt
from client_sdk.contracts.problem import ProblemCode
from client_sdk.contracts.survey import Answer, SurveySubmission

__all__ = ["Flusher", "survey_to_wire"]

#: So many times our server may fail on an event alone before it is set aside.
MAX_FAULTS = 10


class Flusher:
    """Sends what is queued, oldest first; used on the sync thread only.

    A row leaves the file after the server has said that it is stored, and not before: a
    kill or a lost answer makes the same ids travel again, which the server counts once.
    """

    def __init__(  # noqa: PLR0913 - keyword-only collaborators
        self,
        *,
        lease: Lease,
        device_id: UUID,
        pings: PingOutbox,
        surveys: SurveyOutbox,
        clock: Clock,
        batch_size: int,
        make_durable: Callable[[], None],
    ) -> None:
        self._make_durable = make_durable
        self._lease = lease
        self.device_id = device_id
        self._pings = pings
        self._surveys = surveys
        self._clock = clock
        self._batch_size = batch_size
        #: The batch that our server failed on last, by its first event.
        self._suspect: bytes | None = None
        self._faults: dict[bytes, int] = {}

    def flush_surveys(
        self, database: Database, api: TutorialApi, user_id: str
    ) -> Iterator[int]:
        """Deliver a user's answers; yield how many left, one by one.

        Transient ends it early; what is not delivered by then stays queued.
        """
        now_ms = self._clock.now_ms()
        for row in self._surveys.waiting(database, user_id=user_id, now_ms=now_ms):
            self._hold_lease(database)
            try:
                api.send_survey(survey_to_wire(row))
            except Refused as exc:
                if not exc.is_ours:
                    raise Transient(exc.detail) from exc
                reason = Reason(code=exc.code, detail=exc.detail, now_ms=now_ms)
                closed_until_ms = _closed_until_ms(exc, now_ms)
                self._surveys.set_aside(
                    database, row, reason, closed_until_ms=closed_until_ms
                )
            else:
                self._surveys.acknowledge(database, row)
            yield 1

    def flush_pings(
        self, database: Database, api: TutorialApi, user_id: str
    ) -> Iterator[int]:
        """Deliver a user's pings; yield how many left, batch by batch."""
        while rows := self._pings.oldest(
            database,
            user_id=user_id,
            limit=self._batch_size,
            now_ms=self._clock.now_ms(),
        ):
            batch = fill_batch(rows, self.device_id, self._clock.now_ms())
            self._hold_lease(database)
            yield self._deliver(database, api, batch)

    def _hold_lease(self, database: Database) -> None:
        """Keep others from sending, and the disk from forgetting what is sent."""
        if not self._lease.take(database):
            raise DeviceTrouble("another process of the app is sending")
        self._make_durable()

    def _deliver(self, database: Database, api: TutorialApi, batch: Batch) -> int:
        try:
            return self._send(database, api, batch)
        except ServerFault:
            first = batch.rows[0][1].event_id
            if self._suspect != first:
                # The server may just be in trouble; the next try shows.
                self._suspect = first
                raise
            return self._isolate(database, api, batch)

    def _send(self, database: Database, api: TutorialApi, batch: Batch) -> int:
        """Deliver a batch, in halves where it is refused; return how many events left."""
        try:
            receipt = api.send_pings(batch.body)
        except Refused as exc:
            if len(batch.rows) > 1:
                # Too large, or poisoned by an event that the server cannot even read:
                # halving finds the one at fault and delivers its neighbours.
                halves = self._halves(batch)
                return sum(self._send(database, api, half) for half in halves)
            if not exc.is_ours:
                raise Transient(exc.detail) from exc
            self._set_aside(database, batch.rows, exc.code, exc.detail)
            return 1
        return self._settle(database, batch.rows, receipt)

    def _isolate(self, database: Database, api: TutorialApi, batch: Batch) -> int:
        """Deliver all of a batch but the events that our server fails on.

        A fault stands for the event alone only beside one that is delivered: where all
        fail, the server is ill, and the second event that fails alone ends it.  An event
        without neighbours waits for some.
        """
        pending = list(reversed(self._halves(batch)))
        failed: Rows = []
        delivered = 0
        while pending:
            part = pending.pop()
            try:
                delivered += self._send(database, api, part)
            except ServerFault:
                if len(part.rows) > 1:
                    pending.extend(reversed(self._halves(part)))
                    continue
                failed += part.rows
                if len(failed) > 1 and not delivered:
                    raise
        if failed and not delivered:
            raise Transient("the server fails on all that it is sent")
        return delivered + self._judge(database, failed)

    def _judge(self, database: Database, failed: Rows) -> int:
        """Set aside the events on which our server has failed too often."""
        for row in failed:
            key = row[1].event_id
            self._faults[key] = self._faults.get(key, 0) + 1
            if self._faults[key] < MAX_FAULTS:
                raise Transient("the server fails on an event of the device")
            detail = f"the server failed on it {MAX_FAULTS} times"
            self._set_aside(database, [row], "server_fault", detail)
            del self._faults[key]
        return len(failed)

    def _halves(self, batch: Batch) -> list[Batch]:
        rows, now_ms = batch.rows, self._clock.now_ms()
        middle = len(rows) // 2
        parts = (rows[:middle], rows[middle:])
        return [fill_batch(part, self.device_id, now_ms) for part in parts if part]

    def _settle(self, database: Database, rows: Rows, receipt: BatchReceipt) -> int:
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
                one = [(seq, row)]
                self._set_aside(database, one, rejection.code, rejection.detail)
        kept = later.union(refused)
        done = [(seq, row) for seq, row in rows if row.event_id not in kept]
        self._pings.acknowledge(database, done)
        if later:
            raise Transient(f"the server asked to send {len(later)} event(s) again")
        return len(rows)

    def _set_aside(
        self, database: Database, rows: Rows, code: str, detail: str
    ) -> None:
        reason = Reason(code=code, detail=detail, now_ms=self._clock.now_ms())
        self._pings.set_aside(database, rows, reason)


def _closed_until_ms(exc: Refused, now_ms: int) -> int | None:
    """Return until when the server takes no answer of the user; None if it may now."""
    if exc.code != ProblemCode.SURVEY_RATE_LIMITED:
        return None
    seconds = exc.retry_after_seconds
    # where a proxy has lost the header it may be as long as the whole window
    return now_ms + round(
        (SURVEY_WINDOW_SECONDS if seconds is None else seconds) * 1000
    )


def survey_to_wire(row: SurveyRow) -> SurveySubmission:
    """Return a queued answer as the server takes it."""
    answers = None
    if row.answers is not None:
        answers = tuple(decode(Answer, one) for one in json.loads(row.answers))
    return SurveySubmission(
        tutorial_id=row.tutorial_id,
        nps=row.nps,
        comment=row.comment,
        persona=row.persona,
        answers=answers,
        tutorial_version=row.tutorial_version,
        submission_id=UUID(bytes=row.submission_id),
        occurred_at=moment(row.occurred_ms),
        complete=bool(row.is_complete),
    )
