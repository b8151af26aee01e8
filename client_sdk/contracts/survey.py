"""The answer to a survey (specification 2.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from client_sdk.contracts.constraints import Length
from client_sdk.contracts.limits import Comment, Id, Moment, Nps, Text, Version
from client_sdk.contracts.questions import MAX_OPTIONS, MAX_QUESTIONS
from client_sdk.contracts.wire import Wire

__all__ = ["Answer", "SurveyReceipt", "SurveySubmission"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Wire):
    """The answer to one question, or, with nothing in it, that there is none any more."""

    question: Id
    score: Nps | None = None
    options: Annotated[tuple[Id, ...], Length(0, MAX_OPTIONS)] | None = None
    text: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveySubmission(Wire):
    """Body of ``POST /api/tutorial/survey``.

    ``submission_id`` makes a retry safe; ``occurred_at`` is when the user answered, so
    that an answer which waited offline counts when it was given.  ``complete`` false
    keeps a partial answer that the same ``submission_id`` may add to and complete.
    ``nps`` is short for the answer to the survey's first NPS question.
    ``tutorial_version`` says which survey was shown, the newest where it is missing.
    """

    tutorial_id: Id
    nps: Nps | None = None
    comment: Comment = ""
    persona: Id | None = None
    answers: Annotated[tuple[Answer, ...], Length(0, MAX_QUESTIONS)] | None = None
    tutorial_version: Version | None = None
    submission_id: UUID | None = None
    occurred_at: Moment | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyReceipt(Wire):
    """Answer to a stored survey."""

    submission_id: UUID
