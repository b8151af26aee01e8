"""What kind of user somebody is (specification 2.4)."""

from __future__ import annotations

from typing import Annotated

from client_sdk.contracts.constraints import AtLeast, AtMost
from client_sdk.contracts.limits import Id
from client_sdk.contracts.wire import Wire, wire

__all__ = ["PersonaAnswer"]


@wire(frozen=True, kw_only=True)
class PersonaAnswer(Wire):
    """Answer of ``GET /_internal/persona/{userId}``; confidence 0 where nothing is known."""

    #: One of the personas that a tutorial may be adapted to.
    persona: Id
    #: From 0 (nothing is known) to 1.
    confidence: Annotated[float, AtLeast(0), AtMost(1)]
