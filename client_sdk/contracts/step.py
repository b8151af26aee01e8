"""One card of a tutorial."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from client_sdk.contracts.behaviour import (
    AdvanceOn,
    Branch,
    Hook,
    MissingTarget,
    Patience,
)
from client_sdk.contracts.constraints import AtLeast, AtMost, Length
from client_sdk.contracts.limits import MAX_LANGUAGES, Id, Points, Text
from client_sdk.contracts.wire import Wire, wire

__all__ = ["DEFAULT_STEP_XP", "Placement", "Step", "StepKind", "StepText"]

#: Points for a step whose author says nothing about it.
DEFAULT_STEP_XP = 10
#: Most branches and further targets of one step.
_MANY = 50

#: Density-independent pixels.
Dp = Annotated[int, AtLeast(0), AtMost(1_000)]


class StepKind(StrEnum):
    """How a step is shown."""

    #: A card beside its target.
    TOOLTIP = "tooltip"
    #: A large card in the middle, for what wants all attention.
    MODAL = "modal"
    #: A strip at the window's edge; the app can be used below it.
    BANNER = "banner"
    #: A beacon on the target; the card comes when it is tapped.
    HOTSPOT = "hotspot"
    #: The tutorial's survey, in the midst of the steps instead of after them.
    SURVEY = "survey"
    #: Nothing: the app is used until what completes the step has happened.
    WAIT = "wait"


class Placement(StrEnum):
    """Where the card stands beside its target; ``auto`` takes the side with room.

    ``left`` and ``right`` are the window's, ``start`` and ``end`` those of the reading
    direction.
    """

    AUTO = "auto"
    TOP = "top"
    BOTTOM = "bottom"
    LEFT = "left"
    RIGHT = "right"
    START = "start"
    END = "end"
    CENTER = "center"


@wire(frozen=True, kw_only=True)
class StepText(Wire):
    """A step's words in another language; what is missing stays in the author's own."""

    #: A language tag such as `pt` or `pt-BR`.
    language: Id
    #: What the card is headed with.
    title: Annotated[Text, Length(1)] | None = None
    #: What the card says.
    body: Text | None = None
    #: The label of the card's button.
    cta: Annotated[Text, Length(1)] | None = None


@wire(frozen=True, kw_only=True)
class Step(Wire):
    """One card of a tutorial.

    ``target`` names a widget that the app has tagged, ``screen`` the place that the app
    must show first; a step without a target stands in the middle of the window.
    Conditions, events and hooks are the app's, by the names that it gave them.
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
    #: How it is shown; a `tooltip` if missing.
    kind: StepKind | None = None
    #: Widgets that the spotlight holds beside the target.
    extra_targets: Annotated[tuple[Id, ...], Length(1, _MANY)] | None = None
    #: A picture that the app ships, by its file's name.
    image: Id | None = None
    #: What the picture shows, for those who do not see it.
    image_text: Text | None = None
    #: A small picture beside the title, that the app ships.
    icon: Id | None = None
    #: The words in other languages.
    texts: Annotated[tuple[StepText, ...], Length(1, MAX_LANGUAGES)] | None = None
    #: A theme of the app, or `light`, `dark` or `high-contrast`.
    theme: Id | None = None
    #: Room between the target and the spotlight's edge.
    spotlight_padding: Dp | None = None
    #: Roundness of the spotlight's corners.
    spotlight_radius: Dp | None = None
    #: Whether the target can be used while the step is shown.
    tap_through: bool | None = None
    #: What completes the step beside its button.
    advance_on: AdvanceOn | None = None
    #: Called before the step is shown, to fetch data or open what it is about.
    before: Hook | None = None
    #: Called after the step is completed.
    after: Hook | None = None
    #: A condition without which the step is left out, and not counted.
    show_on: Id | None = None
    #: Where to go on; the first one that holds.
    branches: Annotated[tuple[Branch, ...], Length(1, _MANY)] | None = None
    #: What becomes of it while its target is not to be seen; `center` if missing.
    on_missing_target: MissingTarget | None = None
    #: How long its target is looked for, in milliseconds; the app's default if missing.
    target_wait_ms: Patience | None = None
