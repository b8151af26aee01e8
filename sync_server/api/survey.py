"""``POST /api/tutorial/survey``: the answer to a survey (specification 2.5)."""

from __future__ import annotations

from flask import Blueprint, Response
from pydantic import TypeAdapter

from client_sdk.contracts.routes import SURVEY
from client_sdk.contracts.survey import SurveyReceipt, SurveySubmission
from sync_server.api.answer import json_response
from sync_server.api.body import decode_body
from sync_server.auth.guards import Guard
from sync_server.surveys.service import SurveyService

__all__ = ["survey_blueprint"]

_SUBMISSION = TypeAdapter(SurveySubmission)


def survey_blueprint(*, surveys: SurveyService, guard: Guard) -> Blueprint:
    """Return the route."""
    blueprint = Blueprint("survey", __name__)

    @blueprint.post(SURVEY)
    def survey() -> Response:
        user_id = guard.user_id()
        submission_id = surveys.submit(user_id, decode_body(_SUBMISSION))
        return json_response(SurveyReceipt(submission_id=submission_id), status=201)

    return blueprint
