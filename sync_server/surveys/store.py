"""Survey answers in PostgreSQL, comments and texts encrypted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from client_sdk.contracts.limits import SURVEY_WINDOW_SECONDS
from client_sdk.contracts.survey import Answer
from client_sdk.contracts.tutorial import DEFAULT_PERSONA
from sync_server.crypto import CommentCipher
from sync_server.db.queries import load_queries
from sync_server.surveys.form import Ballot

__all__ = ["HeldSurvey", "NewSurvey", "SurveyStore"]

#: Stands for a stored text where it matters only that there is one.
_SOME_TEXT = "(stored)"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSurvey:
    """A submission that comes for the first time, but for what was answered."""

    user_id: UUID
    submission_id: UUID
    tutorial_id: str
    persona: str | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSurvey:
    """What is stored of a submission; ``user_id`` is the one under which it came first.

    Texts are stand-ins.
    """

    user_id: UUID
    tutorial_id: str
    nps: int | None
    is_complete: bool
    answers: Mapping[str, Answer]


class SurveyStore:
    """The tables ``tutorial_surveys`` (specification 3.4) and ``survey_answers``.

    Reads and writes through the connection that it is given: the caller's transaction.
    """

    def __init__(self, cipher: CommentCipher) -> None:
        self._cipher = cipher
        self._queries = load_queries("sync_server.surveys")

    def lock(self, connection: Connection[Any], user_id: UUID) -> datetime | None:
        """Wait until this transaction alone decides about the person.

        Returns when the user was erased: what happened until then is not stored.
        """
        self._queries.lock_person(connection, user_id=user_id)
        erased_at: datetime | None = self._queries.erased_at(
            connection, user_id=user_id
        )
        return erased_at

    def find(
        self, connection: Connection[Any], user_id: UUID, submission_id: UUID
    ) -> HeldSurvey | None:
        """Return what any id of the person sent under this submission id."""
        row = self._queries.find_survey(
            connection, user_id=user_id, submission_id=submission_id
        )
        if row is None:
            return None
        owner, tutorial_id, nps, is_complete = row
        rows = self._queries.answers_of(
            connection, user_id=owner, submission_id=submission_id
        )
        return HeldSurvey(
            user_id=owner,
            tutorial_id=tutorial_id,
            nps=nps,
            is_complete=is_complete,
            answers={name: _held_answer(name, *values) for name, *values in rows},
        )

    def window_end(
        self, connection: Connection[Any], user_id: UUID, occurred_at: datetime
    ) -> datetime | None:
        """Return until when the person's other answers stand in the way, if they do."""
        end: datetime | None = self._queries.window_end(
            connection,
            user_id=user_id,
            occurred_at=occurred_at,
            window_seconds=SURVEY_WINDOW_SECONDS,
        )
        return end

    def insert(
        self, connection: Connection[Any], survey: NewSurvey, ballot: Ballot
    ) -> None:
        """Store a new submission.

        psycopg's IntegrityError if somebody who does not take the lock was faster.
        """
        place = {"user_id": survey.user_id, "submission_id": survey.submission_id}
        self._queries.insert_survey(
            connection,
            **place,
            tutorial_id=survey.tutorial_id,
            nps=ballot.nps,
            comment=self._encrypted(ballot.comment, **place),
            persona=survey.persona,
            default_persona=DEFAULT_PERSONA,
            occurred_at=survey.occurred_at,
            window_seconds=SURVEY_WINDOW_SECONDS,
            complete=ballot.is_complete,
        )
        self._put_answers(connection, ballot, **place)

    def add(
        self,
        connection: Connection[Any],
        ballot: Ballot,
        *,
        user_id: UUID,
        submission_id: UUID,
    ) -> None:
        """Add to the partial submission of this user id."""
        place = {"user_id": user_id, "submission_id": submission_id}
        self._queries.update_survey(
            connection,
            **place,
            nps=ballot.nps,
            comment=self._encrypted(ballot.comment, **place),
            complete=ballot.is_complete,
        )
        self._queries.drop_answers(
            connection, **place, question_ids=list(ballot.dropped)
        )
        self._put_answers(connection, ballot, **place)

    def _put_answers(
        self, connection: Connection[Any], ballot: Ballot, **place: UUID
    ) -> None:
        rows = [
            {
                **place,
                "question_id": answer.question,
                "score": answer.score,
                "options": list(answer.options) if answer.options else None,
                "text_encrypted": self._encrypted(
                    answer.text or "", **place, question_id=answer.question
                ),
            }
            for answer in ballot.answers
        ]
        if rows:
            self._queries.put_answer(connection, rows)

    def _encrypted(self, text: str, **place: Any) -> str | None:
        return self._cipher.encrypt(text, **place) if text else None


def _held_answer(
    name: str, score: int | None, options: list[str] | None, has_text: bool
) -> Answer:
    return Answer(
        question=name,
        score=score,
        options=tuple(options) if options else None,
        text=_SOME_TEXT if has_text else None,
    )
