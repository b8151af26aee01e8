"""Read the survey of a tutorial: the short form, or a list of questions.  Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from client_sdk.contracts.questions import (
    MAX_QUESTIONS,
    Condition,
    Option,
    Question,
)
from client_sdk.contracts.survey_rules import first_nps
from client_sdk.contracts.tutorial import SurveyPrompt
from client_sdk.contracts.wire import wire_name
from sync_server.tutorials.shape import ShapeReader
from sync_server.tutorials.survey_checks import Draft, check_questions
from sync_server.validation import Location

__all__ = ["SurveyReader"]

_SURVEY = TypeAdapter(SurveyPrompt)
_QUESTION = TypeAdapter(Question)


def _keys(type_: Any) -> tuple[str, ...]:
    return tuple(wire_name(field.name) for field in dataclasses.fields(type_))


_SHORT_KEYS = tuple(key for key in _keys(SurveyPrompt) if key != "questions")
_LONG_KEYS = ("questions", "thanks")
_QUESTION_KEYS = _keys(Question)
_OPTION_KEYS = _keys(Option)
_CONDITION_KEYS = _keys(Condition)


class SurveyReader(ShapeReader):
    """Turns plain data into what a survey asks."""

    def survey(self, value: Any) -> SurveyPrompt | None:
        """Return the survey; None if there is none, or with faults in the source."""
        place = ("survey",)
        if value is None:
            return None
        if isinstance(value, dict) and "questions" in value:
            return self._long(place, value)
        return self._typed(place, _SURVEY, self._mapping(place, value, _SHORT_KEYS))

    def _long(self, location: Location, value: dict[str, Any]) -> SurveyPrompt | None:
        self._mapping(location, value, _LONG_KEYS)
        place = (*location, "questions")
        items = self._list(place, value["questions"])
        drafts = [self._draft((*place, i), item) for i, item in enumerate(items)]
        if len(items) > MAX_QUESTIONS:
            self._source.fault(
                place,
                f"{len(items)} questions are too many; at most {MAX_QUESTIONS} fit",
            )
        check_questions(drafts, self._source)
        given = {"thanks": value["thanks"]} if "thanks" in value else {}
        prompt = self._typed(location, _SURVEY, {"question": "?", **given})
        questions = tuple(d.question for d in drafts if d.question is not None)
        return _labelled(prompt, questions) if prompt and questions else None

    def _draft(self, location: Location, value: Any) -> Draft:
        data = self._mapping(location, value, _QUESTION_KEYS)
        if data is None:
            return Draft(place=location, id="", question=None)
        options, condition = data.get("options"), data.get("showIf")
        for index, option in enumerate(options if isinstance(options, list) else ()):
            self._check_keys((*location, "options", index), option, _OPTION_KEYS)
        self._check_keys((*location, "showIf"), condition, _CONDITION_KEYS)
        return Draft(
            place=location,
            id=str(data.get("id", "")),
            question=self._typed(location, _QUESTION, data),
        )

    def _check_keys(self, location: Location, value: Any, keys: Sequence[str]) -> None:
        # what is no mapping is told with the types
        if isinstance(value, dict):
            self._mapping(location, value, keys)


def _labelled(prompt: SurveyPrompt, questions: tuple[Question, ...]) -> SurveyPrompt:
    """Return the survey with labels for a client that knows no questions."""
    first = first_nps(questions) or questions[0]
    return dataclasses.replace(
        prompt,
        question=first.prompt,
        low_label=first.low_label or prompt.low_label,
        high_label=first.high_label or prompt.high_label,
        questions=questions,
    )
