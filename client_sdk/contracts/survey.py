"""The answer to a survey (specification 2.5)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from client_sdk.contracts.constraints import Length
from client_sdk.contracts.limits import Comment, Id, Moment, Nps, Text, Version
from client_sdk.contracts.questions import MAX_OPTIONS, MAX_QUESTIONS
from client_sdk.contracts.wire import Wire, wire

__all__ = ["Answer", "SurveyReceipt", "SurveySubmission"]


@wire(frozen=True, kw_only=True)
class Answer(Wire):
    """The answer to one question, or, with nothing in it, that there is none any more."""

    #: The question's id in the tutorial's survey.
    question: Id
    #: For a question of the kind `nps` or `rating`.
    score: Nps | None = None
    #: Ids of the options chosen, for the kinds `single` and `multiple`.
    options: Annotated[tuple[Id, ...], Length(0, MAX_OPTIONS)] | None = None
    #: For a question of the kind `text`; encrypted before it is stored.
    text: Text | None = None


@wire(frozen=True, kw_only=True)
class SurveySubmission(Wire):
    """Body of ``POST /api/tutorial/survey``.

    ``submission_id`` makes a retry safe; ``occurred_at`` is when the user answered, so
    that an answer which waited offline counts when it was given.  ``complete`` false
    keeps a partial answer that the same ``submission_id`` may add to and complete.
    ``nps`` is short for the answer to the survey's first NPS question.
    ``tutorial_version`` says which survey was shown, the newest where it is missing.
    """

    #: The tutorial whose survey is answered.
    tutorial_id: Id
    #: 0 (not likely) to 10 (very likely), for the survey's first NPS question.
    nps: Nps | None = None
    #: Free text, encrypted before it is stored; never in an export that does not ask
    #: for it.
    comment: Comment = ""
    #: The persona that was shown, as config told it.
    persona: Id | None = None
    #: Answers to the survey's questions.
    answers: Annotated[tuple[Answer, ...], Length(0, MAX_QUESTIONS)] | None = None
    #: The version whose survey was shown; the newest where it is missing.
    tutorial_version: Version | None = None
    #: Drawn once an answer (UUID), the same in every repetition.
    submission_id: UUID | None = None
    #: When the user answered, by the device's clock.
    occurred_at: Moment | None = None
    #: False keeps a partial answer that the same `submissionId` may add to.
    complete: bool = True


@wire(frozen=True, kw_only=True)
class SurveyReceipt(Wire):
    """Answer to a stored survey."""

    #: As sent, or drawn by the server.
    submission_id: UUID
