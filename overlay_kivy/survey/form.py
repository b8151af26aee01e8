"""SurveyForm: which questions are asked, what was answered, and what goes out.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

from client_sdk import Answer, SurveyPrompt, TutorialSession
from client_sdk.contracts.questions import Question
from client_sdk.contracts.survey_rules import (
    SHORT_COMMENT,
    SHORT_NPS,
    is_answered,
    questions_of,
    unanswered,
    visible_questions,
)

__all__ = ["FilledSurvey", "SurveyForm"]

Page = tuple[Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledSurvey:
    """What :meth:`~client_sdk.TutorialSession.submit_survey` takes."""

    nps: int | None = None
    comment: str = ""
    answers: tuple[Answer, ...] = ()
    #: False where the user left before the end.
    is_complete: bool = True

    def hand_in(self, session: TutorialSession) -> None:
        """Give the answers to the session that asked."""
        session.submit_survey(
            nps=self.nps,
            comment=self.comment,
            answers=self.answers,
            complete=self.is_complete,
        )


class SurveyForm:
    """One user's way through a survey, forwards and backwards.

    A survey with questions of its own is asked one question a page; score and comment
    of the short form share one.  Answers to what is not asked any more are kept, in case
    it is asked again, and never go out.
    """

    def __init__(self, prompt: SurveyPrompt) -> None:
        self.prompt = prompt
        self._is_short = prompt.questions is None
        self._questions = questions_of(prompt)
        self._answers: dict[str, Answer] = {}
        self._at = 0

    @property
    def pages(self) -> tuple[Page, ...]:
        """Everything that the answers so far lead to."""
        if self._is_short:
            return (self._questions,)
        return tuple((one,) for one in self._visible)

    @property
    def page(self) -> Page:
        """What is asked now; empty where the survey asks nothing."""
        pages = self.pages
        return pages[self.index] if pages else ()

    @property
    def index(self) -> int:
        """The page's place among those that are asked, from 0."""
        return min(self._at, max(len(self.pages) - 1, 0))

    @property
    def is_first(self) -> bool:
        """Whether there is no page to go back to."""
        return self.index == 0

    @property
    def is_last(self) -> bool:
        """Whether the answers so far lead to no further page."""
        return self.index >= len(self.pages) - 1

    def answer_to(self, question_id: str) -> Answer | None:
        """Return what was answered, also while the question is not asked."""
        return self._answers.get(question_id)

    def give(self, answer: Answer) -> None:
        """Note an answer; one with nothing in it takes the earlier one back."""
        self._answers[answer.question] = answer

    def missing(self) -> tuple[Question, ...]:
        """Return what this page still needs before it can be left forwards."""
        due = unanswered(self._questions, self._answers)
        return tuple(one for one in self.page if one in due)

    def forward(self) -> None:
        """Go to the next page, if there is one."""
        self._at = min(self.index + 1, max(len(self.pages) - 1, 0))

    def back(self) -> None:
        """Go to the page before; on the first one nothing changes."""
        self._at = max(self.index - 1, 0)

    def filled(self, *, is_complete: bool) -> FilledSurvey | None:
        """Return the answers to what is asked, as the server takes them; None without any.

        Call it with ``is_complete`` only once nothing is :meth:`missing`.
        """
        given = [
            _trimmed(answer)
            for question in self._visible
            if is_answered(answer := self._answers.get(question.id))
            and answer is not None
        ]
        if not given:
            return None
        if self._is_short:
            return _short(given, is_complete=is_complete)
        return FilledSurvey(answers=tuple(given), is_complete=is_complete)

    @property
    def _visible(self) -> Page:
        return visible_questions(self._questions, self._answers)


def _trimmed(answer: Answer) -> Answer:
    if answer.text is None:
        return answer
    return Answer(question=answer.question, text=answer.text.strip())


def _short(given: list[Answer], *, is_complete: bool) -> FilledSurvey:
    """Return score and comment in the fields that every server knows."""
    answers = {answer.question: answer for answer in given}
    comment = answers.get(SHORT_COMMENT)
    score = answers.get(SHORT_NPS)
    if score is None:
        # A comment alone travels as an answer: a submission needs one, or a score.
        return FilledSurvey(answers=tuple(given), is_complete=is_complete)
    return FilledSurvey(
        nps=score.score,
        comment=(comment.text or "") if comment is not None else "",
        is_complete=is_complete,
    )
