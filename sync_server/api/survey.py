"""``POST /api/tutorial/survey``: the answer to a survey (specification 2.5)."""

from __future__ import annotations

from flask import Blueprint, Response
from pydantic import TypeAdapter

from client_sdk.contracts.problem import ProblemCode
from client_sdk.contracts.routes import SURVEY
from client_sdk.contracts.survey import SurveyReceipt, SurveySubmission
from sync_server.api.answer import json_response
from sync_server.api.body import decode_body
from sync_server.api.operation import Access, Answer, Operation, Tag, describe
from sync_server.auth.guards import Guard
from sync_server.errors import ApiError
from sync_server.metrics import Metrics
from sync_server.surveys.service import SurveyService

__all__ = ["survey_blueprint"]

_SUBMISSION = TypeAdapter(SurveySubmission)
_OPERATION = Operation(
    summary="Answer a tutorial's survey",
    tag=Tag.SURVEYS,
    access=Access.USER,
    body=SurveySubmission,
    example={
        "tutorialId": "welcome-tour",
        "nps": 9,
        "comment": "Loved it",
        "submissionId": "019aaf0e-5c00-7b60-8a51-3f1d2c4b5a70",
    },
    answers={201: Answer(about="Stored, now or before.", type=SurveyReceipt)},
    problems=frozenset(
        {
            ProblemCode.INVALID_ANSWER,
            ProblemCode.SURVEY_RATE_LIMITED,
            ProblemCode.UNKNOWN_TUTORIAL,
            ProblemCode.UNKNOWN_VERSION,
            ProblemCode.USER_ERASED,
        }
    ),
)


def survey_blueprint(
    *, surveys: SurveyService, guard: Guard, metrics: Metrics
) -> Blueprint:
    """Return the route."""
    blueprint = Blueprint("survey", __name__)

    @blueprint.post(SURVEY)
    @describe(_OPERATION)
    def survey() -> Response:
        """One answer a person in 30 days, whatever the tutorial and however many of the
        person's user ids ask; an earlier second one gets `survey_rate_limited`, and
        `Retry-After` says when the next may come.

        The window is measured on `occurredAt`, so an answer that waited offline counts when
        it was given. Draw a `submissionId` (a UUID) once an answer: a retry then makes no
        second row. An answer sent with `complete: false` is kept as far as it goes; what
        comes later under the same id is added to it, and only a complete one must answer
        every required question.

        `answers` fit the survey of `tutorialVersion`, the newest version where that is
        missing; answers to questions that are not asked after all are dropped. `nps` is
        short for the answer to the first question of kind `nps`: sent without `answers`, it
        suffices.
        """
        user_id = guard.user_id()
        submission = decode_body(_SUBMISSION)
        try:
            submission_id = surveys.submit(user_id, submission)
        except ApiError as exc:
            metrics.count_survey(exc.code)
            raise
        metrics.count_survey("stored")
        return json_response(SurveyReceipt(submission_id=submission_id), status=201)

    return blueprint
