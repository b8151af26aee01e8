"""Accept a survey answer, at most one per user in 30 days (specification 2.5)."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from client_sdk.contracts.problem import ProblemCode
from client_sdk.contracts.survey import SurveySubmission
from sync_server.clock import Clock
from sync_server.errors import ApiError
from sync_server.surveys.store import SurveyAnswer, SurveyStore
from sync_server.tutorials.catalog import Catalog

__all__ = ["SurveyService"]

#: How long an answer may have waited on a device and still count when it was given.
_MAX_DELAY = timedelta(days=90)


class SurveyService:
    """Checks the tutorial and the 30 days, and stores the answer."""

    def __init__(self, *, store: SurveyStore, catalog: Catalog, clock: Clock) -> None:
        self._store = store
        self._catalog = catalog
        self._clock = clock

    def submit(self, user_id: UUID, submission: SurveySubmission) -> UUID:
        """Store the answer and return its submission id.

        The same submission again is no error, and completes a partial answer.  ApiError
        ``unknown_tutorial``, or ``survey_rate_limited`` with the seconds to wait.
        """
        self._require_tutorial(submission.tutorial_id)
        now = self._clock()
        answer = SurveyAnswer(
            user_id=user_id,
            submission_id=submission.submission_id or uuid4(),
            tutorial_id=submission.tutorial_id,
            nps=submission.nps,
            comment=submission.comment,
            persona=submission.persona,
            occurred_at=clamped(submission.occurred_at or now, now=now),
            is_complete=submission.complete,
        )
        window_end = self._store.add(answer)
        if window_end is not None:
            raise _rate_limited(window_end, now)
        return answer.submission_id

    def _require_tutorial(self, tutorial_id: str) -> None:
        if tutorial_id in self._catalog.current().tutorials:
            return
        if tutorial_id not in self._catalog.recheck().tutorials:
            raise ApiError(
                ProblemCode.UNKNOWN_TUTORIAL, "No published tutorial has this id."
            )


def clamped(occurred_at: datetime, *, now: datetime) -> datetime:
    """Return the time of an answer, neither in the future nor more than 90 days back."""
    return max(min(occurred_at, now), now - _MAX_DELAY)


def _rate_limited(window_end: datetime, now: datetime) -> ApiError:
    seconds = max(1, math.ceil((window_end - now).total_seconds()))
    return ApiError(
        ProblemCode.SURVEY_RATE_LIMITED,
        "The user answered a survey less than 30 days before or after this one.",
        retry_after_seconds=seconds,
    )
