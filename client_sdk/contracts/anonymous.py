"""A token for a device that has no account (DESIGN section 4)."""

from __future__ import annotations

from typing import Annotated

from client_sdk.contracts.constraints import Length, Satisfies
from client_sdk.contracts.identity import is_secret
from client_sdk.contracts.limits import Id, Moment
from client_sdk.contracts.wire import Wire, wire

__all__ = ["AnonymousRequest", "AnonymousToken"]


@wire(frozen=True, kw_only=True)
class AnonymousRequest(Wire):
    """Body of ``POST /api/tutorial/anonymous``: 32 random bytes, drawn once."""

    #: 32 random bytes in base64url without padding: 43 characters. Whoever has it is
    #: the user, so it never leaves the device but for this route.
    secret: Annotated[
        str,
        Satisfies(
            is_secret,
            "32 bytes in base64url without padding are needed",
            # the last character holds four bits of the secret, and two that are zero
            "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$",
        ),
    ]


@wire(frozen=True, kw_only=True)
class AnonymousToken(Wire):
    """A bearer token for the user that belongs to the secret."""

    #: A JWT with `role=user` and `is_anonymous`; send it as a bearer token.
    token: Annotated[str, Length(1)]
    #: The user's id, made of the secret.
    user_id: Id
    #: When to ask for the next token with the same secret.
    expires: Moment
