"""A token for a device that has no account (DESIGN section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from client_sdk.contracts.constraints import Length, Satisfies
from client_sdk.contracts.identity import is_secret
from client_sdk.contracts.limits import Id, Moment
from client_sdk.contracts.wire import Wire

__all__ = ["AnonymousRequest", "AnonymousToken"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymousRequest(Wire):
    """Body of ``POST /api/tutorial/anonymous``: 32 random bytes, drawn once."""

    secret: Annotated[
        str,
        Satisfies(
            is_secret,
            "32 bytes in base64url without padding are needed",
            # the last character holds four bits of the secret, and two that are zero
            "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$",
        ),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymousToken(Wire):
    """A bearer token for the user that belongs to the secret."""

    token: Annotated[str, Length(1)]
    user_id: Id
    expires: Moment
