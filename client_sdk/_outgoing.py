"""The app's say in what is collected: events may be changed or dropped before they are stored."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import TypeVar

from client_sdk._errors import UsageError
from client_sdk._ping_queue import PingRow
from client_sdk._survey_queue import SurveyRow
from client_sdk._usage import check_answers, check_comment, check_ping
from client_sdk.contracts.codec import decode, encode
from client_sdk.contracts.status import StepStatus
from client_sdk.contracts.survey import Answer
from client_sdk.contracts.value import Value, value

__all__ = ["BeforeSend", "OutgoingEvents", "OutgoingPing", "OutgoingSurvey"]

logger = logging.getLogger(__name__)


@value(frozen=True, kw_only=True)
class OutgoingPing(Value):
    """A step event about to be stored; its tutorial cannot be changed."""

    tutorial_id: str
    step_id: str
    status: StepStatus
    #: How long the step was shown, in milliseconds.
    duration_ms: int


@value(frozen=True, kw_only=True)
class OutgoingSurvey(Value):
    """An answer to a survey about to be stored; its tutorial cannot be changed."""

    tutorial_id: str
    nps: int | None
    comment: str
    answers: tuple[Answer, ...]


#: Returns the event, a changed copy (``dataclasses.replace``), or None to drop it.
BeforeSend = Callable[
    [OutgoingPing | OutgoingSurvey], OutgoingPing | OutgoingSurvey | None
]

Row = TypeVar("Row", PingRow, SurveyRow)


class OutgoingEvents:
    """Shows the app's hook what is about to be stored, and contains its errors.

    A hook that raises, or returns what cannot be sent, is logged, and the event kept as
    it was: losing what the app did not ask to lose would be worse.
    """

    def __init__(self, hook: BeforeSend) -> None:
        self._hook = hook
        #: Events that the hook did not want.
        self.dropped: int = 0

    def ping(self, row: PingRow) -> PingRow | None:
        """Return the row as the app wants it; None if it does not."""
        return self._shown(row, _ping, _changed_ping)

    def pings(self, rows: list[PingRow]) -> list[PingRow]:
        """Return the rows as the app wants them, without those that it does not."""
        return [row for row in map(self.ping, rows) if row is not None]

    def survey(self, row: SurveyRow) -> SurveyRow | None:
        """Return the row as the app wants it; None if it does not."""
        return self._shown(row, _survey, _changed_survey)

    def _shown(
        self,
        row: Row,
        event_of: Callable[[Row], OutgoingPing | OutgoingSurvey],
        changed: Callable[[Row, object], Row],
    ) -> Row | None:
        try:
            wanted = self._hook(event_of(row))
            if wanted is not None:
                return changed(row, wanted)
        except Exception as exc:  # noqa: BLE001 - the app's code, which may raise anything
            # By its type alone: the message may hold what the hook was to hide.
            logger.error("before_send failed (%s); the event stays", type(exc).__name__)
            return row
        self.dropped += 1
        return None


def _ping(row: PingRow) -> OutgoingPing:
    return OutgoingPing(
        tutorial_id=row.tutorial_id,
        step_id=row.step_id,
        status=StepStatus(row.status),
        duration_ms=row.duration_ms,
    )


def _changed_ping(row: PingRow, event: object) -> PingRow:
    if not isinstance(event, OutgoingPing):
        raise UsageError("before_send returned something else than a ping")
    status = check_ping(row.tutorial_id, event.step_id, event.status, event.duration_ms)
    return row._replace(
        step_id=str.__str__(event.step_id),
        status=status.value,
        duration_ms=int.__int__(event.duration_ms),
    )


def _survey(row: SurveyRow) -> OutgoingSurvey:
    answers = json.loads(row.answers) if row.answers is not None else []
    return OutgoingSurvey(
        tutorial_id=row.tutorial_id,
        nps=row.nps,
        comment=row.comment,
        answers=tuple(decode(Answer, one) for one in answers),
    )


def _changed_survey(row: SurveyRow, event: object) -> SurveyRow:
    if not isinstance(event, OutgoingSurvey):
        raise UsageError("before_send returned something else than a survey")
    check_answers(event.nps, event.answers)
    answers = event.answers
    return row._replace(
        nps=event.nps,
        comment=check_comment(event.comment),
        answers=json.dumps(encode(tuple(answers))) if answers else None,
    )
