"""Accept a survey answer, at most one per person in 30 days (specification 2.5)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from psycopg import Connection, IntegrityError

from client_sdk.contracts.problem import FieldError, ProblemCode
from client_sdk.contracts.questions import Question
from client_sdk.contracts.survey import Answer, SurveySubmission
from client_sdk.contracts.survey_rules import first_nps, questions_of
from client_sdk.contracts.tutorial import SurveyPrompt
from sync_server.clock import Clock
from sync_server.db.pool import Pool
from sync_server.errors import ApiError
from sync_server.surveys.form import Ballot, InvalidAnswer, fill_in, in_columns
from sync_server.surveys.store import HeldSurvey, NewSurvey, SurveyStore
from sync_server.tutorials.catalog import Catalog
from sync_server.tutorials.snapshot import PublishedTutorial

__all__ = ["SurveyService"]

#: How long an answer may have waited on a device and still count when it was given.
_MAX_DELAY = timedelta(days=90)
_OTHER_TUTORIAL = FieldError(
    pointer="/submissionId",
    detail="an answer about another tutorial has this id; draw a new one",
)


class SurveyService:
    """Checks the answer and the 30 days, and stores the answer."""

    def __init__(
        self, *, pool: Pool, store: SurveyStore, catalog: Catalog, clock: Clock
    ) -> None:
        self._pool = pool
        self._store = store
        self._catalog = catalog
        self._clock = clock

    def submit(self, user_id: UUID, submission: SurveySubmission) -> UUID:
        """Store the answer and return its submission id.

        The same submission again is no error, and adds to a partial answer.  ApiError
        ``unknown_tutorial``, ``unknown_version``, ``invalid_answer``, ``user_erased``, or
        ``survey_rate_limited`` with the seconds to wait.
        """
        prompt = self._prompt(submission)
        now = self._clock()
        survey = NewSurvey(
            user_id=user_id,
            submission_id=submission.submission_id or uuid4(),
            tutorial_id=submission.tutorial_id,
            persona=submission.persona,
            occurred_at=clamped(submission.occurred_at or now, now=now),
        )
        try:
            self._keep(survey, submission, prompt)
        except IntegrityError:
            # somebody who does not take the lock was faster: now their row can be seen
            self._keep(survey, submission, prompt)
        return survey.submission_id

    def _keep(
        self,
        survey: NewSurvey,
        submission: SurveySubmission,
        prompt: SurveyPrompt | None,
    ) -> None:
        with self._pool.connection() as connection, connection.transaction():
            erased_at = self._store.lock(connection, survey.user_id)
            if erased_at is not None and survey.occurred_at <= erased_at:
                raise ApiError(
                    ProblemCode.USER_ERASED,
                    "The user was erased after this was answered; drop it.",
                )
            self._write(connection, survey, submission, prompt)

    def _write(
        self,
        connection: Connection[Any],
        survey: NewSurvey,
        submission: SurveySubmission,
        prompt: SurveyPrompt | None,
    ) -> None:
        """Store a new answer or add to a partial one; a complete one stays as it is."""
        held = self._store.find(connection, survey.user_id, survey.submission_id)
        if held is not None and held.tutorial_id != survey.tutorial_id:
            raise _invalid(_OTHER_TUTORIAL)
        if held is not None and held.is_complete:
            return
        ballot = _ballot(prompt, submission, held)
        if held is not None:
            self._store.add(
                connection,
                ballot,
                user_id=held.user_id,
                submission_id=survey.submission_id,
            )
            return
        end = self._store.window_end(connection, survey.user_id, survey.occurred_at)
        if end is not None:
            raise _rate_limited(end, self._clock())
        self._store.insert(connection, survey, ballot)

    def _prompt(self, submission: SurveySubmission) -> SurveyPrompt | None:
        """Return what the device asked, as far as it says; else what is asked now."""
        number = submission.tutorial_version
        tutorial = self._tutorial(submission.tutorial_id, number)
        if number is None:
            return tutorial.content.survey
        version = tutorial.known.versions.get(number)
        if version is None:
            raise ApiError(
                ProblemCode.UNKNOWN_VERSION, "The tutorial never had this version."
            )
        return version.survey

    def _tutorial(self, tutorial_id: str, version: int | None) -> PublishedTutorial:
        found = self._catalog.current().tutorials.get(tutorial_id)
        if found is None or (version and version not in found.known.versions):
            found = self._catalog.recheck().tutorials.get(tutorial_id)
        if found is None:
            raise ApiError(
                ProblemCode.UNKNOWN_TUTORIAL, "No published tutorial has this id."
            )
        return found


def clamped(occurred_at: datetime, *, now: datetime) -> datetime:
    """Return the time of an answer, neither in the future nor more than 90 days back."""
    return max(min(occurred_at, now), now - _MAX_DELAY)


def _ballot(
    prompt: SurveyPrompt | None, submission: SurveySubmission, held: HeldSurvey | None
) -> Ballot:
    questions = questions_of(prompt)
    try:
        ballot = fill_in(questions, submission, _held_answers(questions, held))
    except InvalidAnswer as exc:
        raise _invalid(*exc.faults) from None
    is_long = prompt is not None and prompt.questions is not None
    return ballot if is_long else in_columns(ballot)


def _invalid(*faults: FieldError) -> ApiError:
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return ApiError(
        ProblemCode.INVALID_ANSWER,
        f"{faults[0].pointer}: {faults[0].detail}{more}",
        errors=faults,
    )


def _held_answers(
    questions: Sequence[Question], held: HeldSurvey | None
) -> dict[str, Answer]:
    """Return the stored answers by question; a score may be in its column alone."""
    if held is None:
        return {}
    scored = first_nps(questions)
    if scored is None or held.nps is None:
        return {**held.answers}
    score = Answer(question=scored.id, score=held.nps)
    return {scored.id: score, **held.answers}


def _rate_limited(window_end: datetime, now: datetime) -> ApiError:
    seconds = max(1, math.ceil((window_end - now).total_seconds()))
    return ApiError(
        ProblemCode.SURVEY_RATE_LIMITED,
        "The user answered a survey less than 30 days before or after this one.",
        retry_after_seconds=seconds,
    )
