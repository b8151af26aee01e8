"""The tutorial as a device receives it (specification 2.1, DESIGN section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from client_sdk.contracts.constraints import Length
from client_sdk.contracts.limits import Id, Moment, Text, Version
from client_sdk.contracts.wire import Wire

__all__ = [
    "CONTROL",
    "DEFAULT_PERSONA",
    "Device",
    "Placement",
    "Step",
    "SurveyPrompt",
    "TutorialConfig",
]

#: Variant told to a user of a tutorial on which no experiment runs.
CONTROL = "control"
#: Persona of a user whom nothing is known about (specification 5.2).
DEFAULT_PERSONA = "newbie"


class Device(StrEnum):
    """Values of the ``x-kazi-device`` header."""

    WEB = "web"
    IOS = "ios"
    ANDROID = "android"
    #: Ours, beyond the specification.
    DESKTOP = "desktop"


class Placement(StrEnum):
    """Where the card stands beside its target; ``auto`` takes the side with room."""

    AUTO = "auto"
    TOP = "top"
    BOTTOM = "bottom"
    LEFT = "left"
    RIGHT = "right"
    CENTER = "center"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Wire):
    """One card of a tutorial.

    ``target`` names a widget that the app has tagged, ``screen`` the place that the app
    must show first; a step without a target stands in the middle of the window.
    """

    id: Id
    title: Annotated[Text, Length(1)]
    body: Text = ""
    cta: Text = "Next"
    target: Id | None = None
    screen: Id | None = None
    placement: Placement = Placement.AUTO


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyPrompt(Wire):
    """What the sheet after the last step asks: one NPS question and a comment."""

    question: Annotated[Text, Length(1)]
    low_label: Text = "Not likely"
    high_label: Text = "Very likely"
    comment_label: Text = "What is the main reason for your score?"
    thanks: Text = "Thank you for your answer."


@dataclass(frozen=True, slots=True, kw_only=True)
class TutorialConfig(Wire):
    """Client-ready tutorial: what one user sees, after experiment and persona.

    ``expires`` is when the device should ask again; it is not part of the ETag.
    """

    tutorial_id: Id
    version: Version
    persona: Id
    variant: Id
    steps: Annotated[tuple[Step, ...], Length(1)]
    expires: Moment
    survey: SurveyPrompt | None = None
