"""Survey answers in PostgreSQL, comments encrypted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from client_sdk.contracts.limits import SURVEY_WINDOW_SECONDS
from client_sdk.contracts.tutorial import DEFAULT_PERSONA
from sync_server.crypto import CommentCipher
from sync_server.db.pool import Pool
from sync_server.db.queries import load_queries

__all__ = ["SurveyAnswer", "SurveyStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyAnswer:
    """One answer as it is stored; only the comment's text is secret."""

    user_id: UUID
    submission_id: UUID
    tutorial_id: str
    nps: int
    comment: str
    persona: str | None
    occurred_at: datetime
    is_complete: bool


class SurveyStore:
    """The table ``tutorial_surveys`` (specification 3.4)."""

    def __init__(self, pool: Pool, cipher: CommentCipher) -> None:
        self._pool = pool
        self._cipher = cipher
        self._queries = load_queries("sync_server.surveys")

    def add(self, answer: SurveyAnswer) -> datetime | None:
        """Store the answer, or complete the partial one of the same submission.

        Returns None when it stands, else the end of the window of the answer that stands
        in its way.  Constraints decide, so any number of simultaneous calls end with one
        row, and all calls with that row's submission id return None.
        """
        comment = self._encrypted(answer)
        with self._pool.connection() as connection:
            while True:
                if self._insert(connection, answer, comment):
                    return None
                if self._complete(connection, answer, comment):
                    return None
                end = self._window_end(connection, answer)
                # None: the row in the way was erased in between
                if end is not None:
                    return end

    def _encrypted(self, answer: SurveyAnswer) -> str | None:
        if not answer.comment:
            return None
        return self._cipher.encrypt(
            answer.comment,
            user_id=answer.user_id,
            submission_id=answer.submission_id,
        )

    def _insert(
        self, connection: Any, answer: SurveyAnswer, comment: str | None
    ) -> bool:
        row = self._queries.insert_survey(
            connection,
            user_id=answer.user_id,
            submission_id=answer.submission_id,
            tutorial_id=answer.tutorial_id,
            nps=answer.nps,
            comment=comment,
            persona=answer.persona,
            default_persona=DEFAULT_PERSONA,
            occurred_at=answer.occurred_at,
            window_seconds=SURVEY_WINDOW_SECONDS,
            complete=answer.is_complete,
        )
        return row is not None

    def _complete(
        self, connection: Any, answer: SurveyAnswer, comment: str | None
    ) -> bool:
        row = self._queries.complete_survey(
            connection,
            user_id=answer.user_id,
            submission_id=answer.submission_id,
            nps=answer.nps,
            comment=comment,
            complete=answer.is_complete,
        )
        return row is not None

    def _window_end(self, connection: Any, answer: SurveyAnswer) -> datetime | None:
        end: datetime | None = self._queries.window_end(
            connection,
            user_id=answer.user_id,
            occurred_at=answer.occurred_at,
            window_seconds=SURVEY_WINDOW_SECONDS,
        )
        return end
