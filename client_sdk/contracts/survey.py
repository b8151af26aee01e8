"""The answer to a survey (specification 2.5)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from client_sdk.contracts.limits import Comment, Id, Moment, Nps
from client_sdk.contracts.wire import Wire

__all__ = ["SurveyReceipt", "SurveySubmission"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveySubmission(Wire):
    """Body of ``POST /api/tutorial/survey``.

    ``submission_id`` makes a retry safe; ``occurred_at`` is when the user answered, so
    that an answer which waited offline counts when it was given.  ``complete`` false
    keeps a partial answer that the same ``submission_id`` may complete.
    """

    tutorial_id: Id
    nps: Nps
    comment: Comment = ""
    persona: Id | None = None
    submission_id: UUID | None = None
    occurred_at: Moment | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyReceipt(Wire):
    """Answer to a stored survey."""

    submission_id: UUID
