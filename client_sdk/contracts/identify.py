"""An anonymous user who becomes an account's user (DESIGN section 4)."""

from __future__ import annotations

from typing import Annotated

from client_sdk.contracts.constraints import Length
from client_sdk.contracts.wire import Wire, wire

__all__ = ["IdentifyRequest"]

#: Longest token in characters; ours have about 400, a provider's a few thousand.
MAX_TOKEN_LENGTH = 8_192


@wire(frozen=True, kw_only=True)
class IdentifyRequest(Wire):
    """Body of ``POST /api/tutorial/identify``, sent with the token of the account.

    The anonymous token proves that the anonymous user is the sender's to give away.
    """

    #: The token of the anonymous user, as `POST /api/tutorial/anonymous` gave it.
    anonymous_token: Annotated[str, Length(1, MAX_TOKEN_LENGTH)]
