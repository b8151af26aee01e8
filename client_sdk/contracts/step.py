"""One card of a tutorial."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from client_sdk.contracts.constraints import Length
from client_sdk.contracts.limits import Id, Points, Text
from client_sdk.contracts.wire import Wire, wire

__all__ = ["DEFAULT_STEP_XP", "Placement", "Step"]

#: Points for a step whose author says nothing about it.
DEFAULT_STEP_XP = 10


class Placement(StrEnum):
    """Where the card stands beside its target; ``auto`` takes the side with room."""

    AUTO = "auto"
    TOP = "top"
    BOTTOM = "bottom"
    LEFT = "left"
    RIGHT = "right"
    CENTER = "center"


@wire(frozen=True, kw_only=True)
class Step(Wire):
    """One card of a tutorial.

    ``target`` names a widget that the app has tagged, ``screen`` the place that the app
    must show first; a step without a target stands in the middle of the window.
    """

    #: Unique in the tutorial; a step keeps it in every version.
    id: Id
    #: What the card is headed with.
    title: Annotated[Text, Length(1)]
    #: What the card says.
    body: Text = ""
    #: The label of the card's button.
    cta: Text = "Next"
    #: The tag of the widget that the card points at.
    target: Id | None = None
    #: What the app must show first.
    screen: Id | None = None
    #: Where the card stands beside its target.
    placement: Placement = Placement.AUTO
    #: Points for completing it.
    xp: Points = DEFAULT_STEP_XP
