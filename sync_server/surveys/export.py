"""Answers without their users, for analysis (specification section 8)."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TextIO

from psycopg import Connection

from client_sdk.contracts.codec import decode
from client_sdk.contracts.questions import QuestionKind
from client_sdk.contracts.tutorial import PERSONAS, SurveyPrompt
from sync_server.crypto import CommentCipher, DecryptionError
from sync_server.db.queries import load_queries

__all__ = ["ExportedSurvey", "SurveyExport", "write_csv", "write_jsonl"]

#: Rows that are in memory at once.
_ROWS_AT_ONCE = 1_000
#: A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection); some take
#: the signs in full width, as Japanese keyboards write them, for the plain ones.
_FORMULA_STARTS = (*"=+-@", *"\t\r\n", *"\uff1d\uff0b\uff0d\uff20")

Value = int | str | list[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedSurvey:
    """One submission without user, submission id and time of day.

    ``comment`` and the texts among ``answers`` are None unless they were asked for;
    ``persona`` is None where it is none that the server gives.
    """

    day: date
    persona: str | None
    nps: int | None
    complete: bool
    comment: str | None
    answers: Mapping[str, Value] = field(default_factory=dict)


class SurveyExport:
    """Reads the surveys of one tutorial; texts only with a cipher.

    ``unreadable`` counts the texts that were left out because no key of ours fits.
    """

    def __init__(
        self,
        connection: Connection[Any],
        tutorial_id: str,
        cipher: CommentCipher | None,
    ) -> None:
        self._connection = connection
        self._tutorial_id = tutorial_id
        self._cipher = cipher
        self._queries = load_queries("sync_server.surveys")
        self._personas = frozenset(PERSONAS)
        self.unreadable = 0

    def is_known(self) -> bool:
        """Tell whether there is such a tutorial."""
        return bool(
            self._queries.is_tutorial(self._connection, tutorial_id=self._tutorial_id)
        )

    def count(self) -> int:
        """Return how many submissions there are."""
        return int(
            self._queries.count_surveys(self._connection, tutorial_id=self._tutorial_id)
        )

    def questions(self) -> list[str]:
        """Return the ids of all questions that any version asked, texts only if wanted."""
        rows = self._queries.surveys_ever_asked(
            self._connection, tutorial_id=self._tutorial_id
        )
        asked = [
            question
            for (survey,) in rows
            for question in decode(SurveyPrompt, survey).questions or ()
            if self._cipher is not None or question.kind is not QuestionKind.TEXT
        ]
        return list(dict.fromkeys(question.id for question in asked))

    def rows(self) -> Iterator[ExportedSurvey]:
        """Yield every submission, in random order, a few in memory at a time."""
        given = self._queries.personas_given(self._connection)
        self._personas = frozenset(PERSONAS) | {name for (name,) in given}
        with (
            self._connection.transaction(),
            self._connection.cursor(name="survey_export") as cursor,
        ):
            cursor.itersize = _ROWS_AT_ONCE
            cursor.execute(
                self._queries.exported_surveys.sql,
                {
                    "tutorial_id": self._tutorial_id,
                    "with_comments": self._cipher is not None,
                },
            )
            for row in cursor:
                yield self._exported(*row)

    def _exported(self, *row: Any) -> ExportedSurvey:
        user_id, submission_id, day, persona, nps, complete, comment, answers = row
        place = {"user_id": user_id, "submission_id": submission_id}
        return ExportedSurvey(
            day=day,
            # a client may have sent any text in its place
            persona=persona if persona in self._personas else None,
            nps=nps,
            complete=complete,
            comment=self._text(comment, **place),
            answers={
                name: self._value(*values, **place, question_id=name)
                for name, values in (answers or {}).items()
                if values != [None, None, None]
            },
        )

    def _value(
        self,
        score: int | None,
        options: list[str] | None,
        text: str | None,
        **place: Any,
    ) -> Value:
        if score is not None:
            return score
        return options if options is not None else self._text(text, **place)

    def _text(self, sealed: str | None, **place: Any) -> str | None:
        if sealed is None or self._cipher is None:
            return None
        try:
            return self._cipher.decrypt(sealed, **place)
        except DecryptionError:
            self.unreadable += 1
            return None


def write_csv(
    export: SurveyExport, out: TextIO, *, with_comments: bool, tick: Callable[[], None]
) -> None:
    """Write a line a submission and a column a question; ``tick`` is called every line.

    Chosen options stand in one cell, with semicolons in between.
    """
    writer = csv.writer(out)
    questions = export.questions()
    comment = ["comment"] if with_comments else []
    names = [f"answers.{question}" for question in questions]
    writer.writerow(_cells(["day", "persona", "nps", "complete", *comment, *names]))
    for survey in export.rows():
        said = [survey.comment] if with_comments else []
        answers = [survey.answers.get(question) for question in questions]
        head = [survey.day.isoformat(), survey.persona, survey.nps]
        complete = "yes" if survey.complete else "no"
        writer.writerow(_cells([*head, complete, *said, *answers]))
        tick()


def write_jsonl(
    export: SurveyExport, out: TextIO, *, with_comments: bool, tick: Callable[[], None]
) -> None:
    """Write one JSON object a line and submission; ``tick`` is called every line."""
    for survey in export.rows():
        data = {
            "day": survey.day.isoformat(),
            "persona": survey.persona,
            "nps": survey.nps,
            "complete": survey.complete,
            **({"comment": survey.comment} if with_comments else {}),
            "answers": dict(survey.answers),
        }
        out.write(json.dumps(data, ensure_ascii=False) + "\n")
        tick()


def _cells(values: Sequence[Value]) -> list[str | int]:
    return [_cell(value) for value in values]


def _cell(value: Value) -> str | int:
    """Return a cell that no spreadsheet computes."""
    if value is None or isinstance(value, int):
        return "" if value is None else value
    text = "; ".join(value) if isinstance(value, list) else value
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
