"""The tutorial as a device receives it (specification 2.1, DESIGN section 4)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from client_sdk.contracts.constraints import AtLeast, AtMost, Length
from client_sdk.contracts.experiment import ExperimentPlan
from client_sdk.contracts.limits import (
    MAX_LANGUAGES,
    Id,
    Moment,
    Points,
    Text,
    Version,
)
from client_sdk.contracts.questions import MAX_QUESTIONS, Question
from client_sdk.contracts.step import Placement, Step
from client_sdk.contracts.wire import Wire, wire

__all__ = [
    "CONTROL",
    "DEFAULT_PERSONA",
    "PERSONAS",
    "Device",
    "Placement",
    "Priority",
    "Rules",
    "Step",
    "SurveyPrompt",
    "SurveyText",
    "TutorialConfig",
]

#: Variant told to a user of a tutorial on which no experiment runs.
CONTROL = "control"
#: Seconds in ten years, the longest pause that a rule may ask for.
_TEN_YEARS_SECONDS = 10 * 366 * 24 * 60 * 60
#: Persona of a user whom nothing is known about (specification 5.2).
DEFAULT_PERSONA = "newbie"
#: The specification's personas (5.2).
PERSONAS = ("newbie", "freelancer-pro", "team-manager", "ai-power")


Priority = Annotated[int, AtLeast(-1_000), AtMost(1_000)]


class Device(StrEnum):
    """Values of the ``x-kazi-device`` header."""

    WEB = "web"
    IOS = "ios"
    ANDROID = "android"
    #: Ours, beyond the specification.
    DESKTOP = "desktop"


@wire(frozen=True, kw_only=True)
class SurveyText(Wire):
    """A survey's words in another language; what is missing stays in the author's own.

    Beside ``questions`` it has the thanks alone: each question has its own ``texts``.
    """

    #: A language tag such as `pt` or `pt-BR`.
    language: Id
    #: The NPS question.
    question: Annotated[Text, Length(1)] | None = None
    #: Stands at 0.
    low_label: Text | None = None
    #: Stands at 10.
    high_label: Text | None = None
    #: Asks for the reason.
    comment_label: Annotated[Text, Length(1)] | None = None
    #: Is shown when the answer was given.
    thanks: Text | None = None


@wire(frozen=True, kw_only=True)
class SurveyPrompt(Wire):
    """What the sheet after the last step asks.

    The five labels are one NPS question and a comment, all that the first clients know.
    ``questions``, where there are any, are the whole survey; the labels then say its
    first NPS question.
    """

    #: The survey's first NPS question.
    question: Annotated[Text, Length(1)]
    #: Stands at 0.
    low_label: Text = "Not likely"
    #: Stands at 10.
    high_label: Text = "Very likely"
    #: Asks for the reason.
    comment_label: Text = "What is the main reason for your score?"
    #: Is shown when the answer was given.
    thanks: Text = "Thank you for your answer."
    #: The whole survey, in order.
    questions: Annotated[tuple[Question, ...], Length(1, MAX_QUESTIONS)] | None = None
    #: The words in other languages.
    texts: Annotated[tuple[SurveyText, ...], Length(1, MAX_LANGUAGES)] | None = None


@wire(frozen=True, kw_only=True)
class Rules(Wire):
    """When a tutorial may start; what is absent is no condition.

    ``devices`` and ``personas`` are text, so that a device reads a rule about others
    that a newer server knows.  ``requires`` are tutorials that must be finished first.
    Without ``repeatable`` a finished tutorial never starts again.  ``max_runs`` counts
    runs, ``cooldown_seconds`` from the last event of the tutorial.
    """

    #: The higher one starts first.
    priority: Priority = 0
    #: Kinds of device on which it may start.
    devices: tuple[Id, ...] | None = None
    #: Personas for whom it may start.
    personas: tuple[Id, ...] | None = None
    #: Not before.
    starts_at: Moment | None = None
    #: Not from here on.
    ends_at: Moment | None = None
    #: Tutorials that must be finished first.
    requires: tuple[Id, ...] = ()
    #: Whether a finished tutorial may start again.
    repeatable: bool = False
    #: Most runs of one user.
    max_runs: Annotated[int, AtLeast(1), AtMost(1_000_000)] | None = None
    #: Least time since the tutorial's last event.
    cooldown_seconds: Annotated[int, AtLeast(1), AtMost(_TEN_YEARS_SECONDS)] | None = (
        None
    )


@wire(frozen=True, kw_only=True)
class TutorialConfig(Wire):
    """Client-ready tutorial: what one user sees, after experiment and persona.

    ``expires`` is when the device should ask again; it is not part of the ETag.
    ``experiment`` is the running one, with all that a device needs to assign itself.
    """

    #: The tutorial, as its author named it.
    tutorial_id: Id
    #: Of the published tutorial; send it with steps and surveys.
    version: Version
    #: The user's persona, whose changes are applied.
    persona: Id
    #: The user's arm of the running experiment, whose changes are applied.
    variant: Id
    #: In the order to show.
    steps: Annotated[tuple[Step, ...], Length(1)]
    #: When to ask again; not part of the `ETag`.
    expires: Moment
    #: What to ask after the last step.
    survey: SurveyPrompt | None = None
    #: Points for completing it, beside those of the steps.
    xp: Points = 0
    #: When the tutorial may start.
    rules: Rules | None = None
    #: The running experiment, with all that a device needs to assign itself offline.
    experiment: ExperimentPlan | None = None
