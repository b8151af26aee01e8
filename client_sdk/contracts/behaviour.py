"""What a step does beside standing there: when it shows, what it waits for, where to go on."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from client_sdk.contracts.constraints import AtLeast, AtMost
from client_sdk.contracts.limits import Id
from client_sdk.contracts.wire import Wire, wire

__all__ = [
    "DEFAULT_HOOK_TIMEOUT_MS",
    "AdvanceKind",
    "AdvanceOn",
    "Branch",
    "Hook",
    "MissingTarget",
    "Patience",
]

#: How long a hook may take whose author says nothing about it.
DEFAULT_HOOK_TIMEOUT_MS = 5_000

#: Milliseconds that a user can be kept waiting: up to ten minutes.
Patience = Annotated[int, AtLeast(0), AtMost(600_000)]


class MissingTarget(StrEnum):
    """What becomes of a step whose target is not to be seen in time."""

    #: Show nothing, and wait for as long as it takes; the app has the touches.
    WAIT = "wait"
    #: Go on with the next step.
    SKIP = "skip"
    #: Show the card in the middle of the window.
    CENTER = "center"
    #: Take everything away; the tour goes on at this step when the app resumes it.
    PAUSE = "pause"
    #: End the tour.
    END = "end"


class AdvanceKind(StrEnum):
    """What the user or the app does to complete a step."""

    #: The card's button alone.
    BUTTON = "button"
    #: A tap on the target, which the target gets, too.
    TAP = "tap"
    #: An event of the app, by its name.
    EVENT = "event"
    #: A condition of the app that becomes true, by its name.
    CONDITION = "condition"


@wire(frozen=True, kw_only=True)
class AdvanceOn(Wire):
    """What completes a step; ``name`` is the event's or the condition's."""

    #: What is waited for.
    kind: AdvanceKind = AdvanceKind.BUTTON
    #: The event or the condition.
    name: Id | None = None


@wire(frozen=True, kw_only=True)
class Hook(Wire):
    """A function of the app that is called before or after a step."""

    #: The name under which the app has registered it.
    name: Id
    #: When the tour goes on without it, in milliseconds.
    timeout_ms: Patience = DEFAULT_HOOK_TIMEOUT_MS


@wire(frozen=True, kw_only=True)
class Branch(Wire):
    """Where to go on if a condition of the app holds."""

    #: The condition's name.
    condition: Id
    #: The step to go on with.
    to: Id
