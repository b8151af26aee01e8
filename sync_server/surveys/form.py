"""Does an answer fit what was asked, and what of it is kept?  Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from client_sdk.contracts.problem import FieldError
from client_sdk.contracts.questions import Question
from client_sdk.contracts.survey import Answer, SurveySubmission
from client_sdk.contracts.survey_rules import (
    SHORT_COMMENT,
    answer_faults,
    first_nps,
    is_answered,
    unanswered,
    visible_questions,
)

__all__ = ["Ballot", "InvalidAnswer", "fill_in", "in_columns"]


class InvalidAnswer(ValueError):
    """The answer does not fit; each fault has a JSON pointer into the body."""

    def __init__(self, faults: Sequence[FieldError]) -> None:
        super().__init__("the answer does not fit the survey")
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """What a submission changes: new answers, and questions that have none any more.

    An empty comment says nothing and leaves the one that is stored.
    """

    nps: int | None
    comment: str
    is_complete: bool
    answers: tuple[Answer, ...]
    dropped: frozenset[str]


def fill_in(
    questions: Sequence[Question],
    submission: SurveySubmission,
    held: Mapping[str, Answer],
) -> Ballot:
    """Return what to store beside the answers ``held`` of the same submission.

    Answers to questions that are not asked after all are left out: the user went back.
    InvalidAnswer with every fault of the others, and, once the answer is complete, with
    every required question that has no answer.  No question means no survey: then the
    specification's ``nps`` is all there is.
    """
    form = _Form(questions, submission, held)
    faults = [*form.nps_faults(), *form.answer_faults(), *form.gaps()]
    if faults:
        raise InvalidAnswer(faults)
    return form.ballot()


def in_columns(ballot: Ballot) -> Ballot:
    """Return a ballot of the short form, whose two answers have columns of their own."""
    texts = {answer.question: answer.text or "" for answer in ballot.answers}
    return dataclasses.replace(
        ballot,
        comment=ballot.comment or texts.get(SHORT_COMMENT, ""),
        answers=(),
        dropped=frozenset(),
    )


class _Form:
    """The questions of a survey, filled in with what came now and what came before."""

    def __init__(
        self,
        questions: Sequence[Question],
        submission: SurveySubmission,
        held: Mapping[str, Answer],
    ) -> None:
        self._questions = questions
        self._submission = submission
        self._given = submission.answers or ()
        self._scored = first_nps(questions)
        #: The specification's body: its client knows neither questions nor conditions.
        self._is_specified = submission.answers is None and submission.nps is not None
        self._sent = {answer.question: answer for answer in self._given}
        if self._scored is not None and submission.nps is not None:
            short = Answer(question=self._scored.id, score=submission.nps)
            self._sent.setdefault(self._scored.id, short)
        self._merged = {**held, **self._sent}
        self._asked = {q.id for q in visible_questions(questions, self._merged)}
        if self._is_specified:
            self._asked.update(self._sent)

    def ballot(self) -> Ballot:
        answers = {
            name: answer
            for name, answer in self._merged.items()
            if name in self._asked and is_answered(answer)
        }
        nps = self._submission.nps
        if self._scored is not None:
            scored = answers.get(self._scored.id)
            nps = scored.score if scored is not None else None
        return Ballot(
            nps=nps,
            comment=self._submission.comment,
            is_complete=self._submission.complete,
            answers=tuple(a for name, a in answers.items() if name in self._sent),
            # what another version asked is not ours to judge
            dropped=frozenset(q.id for q in self._questions) - answers.keys(),
        )

    def nps_faults(self) -> list[FieldError]:
        """Return what is wrong with ``nps`` beside the answers."""
        nps = self._submission.nps
        if nps is None or not self._questions:
            return []
        if self._scored is None:
            detail = "the survey asks no question of kind nps; send answers"
            return [FieldError(pointer="/nps", detail=detail)]
        if self._sent[self._scored.id].score != nps:
            detail = f"it is short for the answer to {self._scored.id!r}, and differs"
            return [FieldError(pointer="/nps", detail=detail)]
        return []

    def answer_faults(self) -> list[FieldError]:
        """Return what is wrong with answers, but for those to what is not asked."""
        known = {question.id for question in self._questions}
        unasked = known - self._asked
        return [
            dataclasses.replace(fault, pointer=f"/answers{fault.pointer}")
            for index, fault in answer_faults(self._questions, self._given)
            if self._given[index].question not in unasked
        ]

    def gaps(self) -> list[FieldError]:
        """Return which questions still need an answer."""
        if not self._questions and self._submission.nps is None:
            return [FieldError(pointer="/nps", detail="the field is missing")]
        if self._is_specified or not self._submission.complete:
            return []
        return [
            FieldError(
                pointer=self._place(question),
                detail=f"the question {question.id!r} needs an answer",
            )
            for question in unanswered(self._questions, self._merged)
        ]

    def _place(self, question: Question) -> str:
        for index, answer in enumerate(self._given):
            if answer.question == question.id:
                return f"/answers/{index}"
        # the specification's body has no other field for it
        is_short = self._submission.answers is None and question == self._scored
        return "/nps" if is_short else "/answers"
