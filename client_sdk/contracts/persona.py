"""What kind of user somebody is (specification 2.4)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from client_sdk.contracts.constraints import AtLeast, AtMost
from client_sdk.contracts.limits import Id
from client_sdk.contracts.wire import Wire, wire

__all__ = ["PersonaAnswer", "PersonaSource"]


class PersonaSource(StrEnum):
    """What a persona is told by."""

    #: The model found it.
    MODEL = "model"
    #: The model says another one, but the user is near the border and keeps it.
    HELD = "held"
    #: Too little is known of the user, or of all users, for a model.
    RULE = "rule"
    #: Nothing is known of the user.
    DEFAULT = "default"


@wire(frozen=True, kw_only=True)
class PersonaAnswer(Wire):
    """Answer of ``GET /_internal/persona/{userId}``; confidence 0 where nothing is known."""

    #: One of the personas that a tutorial may be adapted to.
    persona: Id
    #: From 0 (nothing is known) to 1.
    confidence: Annotated[float, AtLeast(0), AtMost(1)]
    #: What it is told by.
    source: PersonaSource
