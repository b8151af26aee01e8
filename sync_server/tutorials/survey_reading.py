"""Read the survey of a tutorial: the short form, or a list of questions.  Pure."""

from __future__ import annotations

import dataclasses
from typing import Any

from pydantic import TypeAdapter

from client_sdk.contracts.questions import (
    MAX_QUESTIONS,
    Condition,
    Option,
    OptionText,
    Question,
    QuestionText,
)
from client_sdk.contracts.survey_rules import first_nps
from client_sdk.contracts.tutorial import SurveyPrompt, SurveyText
from client_sdk.contracts.wire import wire_name
from sync_server.tutorials.shape import ShapeReader
from sync_server.tutorials.survey_checks import Draft, check_questions
from sync_server.tutorials.text_checks import check_texts
from sync_server.validation import Location

__all__ = ["SurveyReader"]

_SURVEY = TypeAdapter(SurveyPrompt)
_QUESTION = TypeAdapter(Question)


def _keys(type_: Any) -> tuple[str, ...]:
    return tuple(wire_name(field.name) for field in dataclasses.fields(type_))


_SHORT_KEYS = tuple(key for key in _keys(SurveyPrompt) if key != "questions")
_SHORT_TEXT_KEYS = _keys(SurveyText)
_LONG_KEYS = ("questions", "thanks", "texts")
#: Beside questions, which have their own.
_LONG_TEXT_KEYS = ("language", "thanks")
_QUESTION_KEYS = _keys(Question)
_QUESTION_TEXT_KEYS = _keys(QuestionText)
_OPTION_KEYS = _keys(Option)
_OPTION_TEXT_KEYS = _keys(OptionText)
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
        data = self._mapping(place, value, _SHORT_KEYS)
        self._check_keys((*place, "texts"), (data or {}).get("texts"), _SHORT_TEXT_KEYS)
        return self._prompt(place, data)

    def _long(self, location: Location, value: dict[str, Any]) -> SurveyPrompt | None:
        self._mapping(location, value, _LONG_KEYS)
        self._check_keys((*location, "texts"), value.get("texts"), _LONG_TEXT_KEYS)
        place = (*location, "questions")
        items = self._list(place, value["questions"])
        drafts = [self._draft((*place, i), item) for i, item in enumerate(items)]
        if len(items) > MAX_QUESTIONS:
            self._source.fault(
                place,
                f"{len(items)} questions are too many; at most {MAX_QUESTIONS} fit",
            )
        check_questions(drafts, self._source)
        given: dict[str, Any] = {
            key: value[key] for key in _LONG_KEYS[1:] if key in value
        }
        prompt = self._prompt(location, {"question": "?", **given})
        questions = tuple(d.question for d in drafts if d.question is not None)
        return _labelled(prompt, questions) if prompt and questions else None

    def _prompt(
        self, location: Location, data: dict[str, Any] | None
    ) -> SurveyPrompt | None:
        prompt = self._typed(location, _SURVEY, data)
        check_texts(location, prompt.texts if prompt else None, self._source)
        return prompt

    def _draft(self, location: Location, value: Any) -> Draft:
        data = self._mapping(location, value, _QUESTION_KEYS)
        if data is None:
            return Draft(place=location, id="", question=None)
        options = data.get("options")
        self._check_keys((*location, "options"), options, _OPTION_KEYS)
        for index, option in enumerate(options if isinstance(options, list) else ()):
            texts = option.get("texts") if isinstance(option, dict) else None
            place = (*location, "options", index, "texts")
            self._check_keys(place, texts, _OPTION_TEXT_KEYS)
        self._check_keys((*location, "showIf"), data.get("showIf"), _CONDITION_KEYS)
        self._check_keys((*location, "texts"), data.get("texts"), _QUESTION_TEXT_KEYS)
        return Draft(
            place=location,
            id=str(data.get("id", "")),
            question=self._typed(location, _QUESTION, data),
        )


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
