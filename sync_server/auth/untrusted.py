"""What a bearer token claims about itself, before anything of it is believed.

Only what is needed to choose the key is taken from here; PyJWT reads and checks the token
again with that key.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from client_sdk.contracts.problem import ProblemCode
from sync_server.errors import ApiError

__all__ = ["MAX_TOKEN_BYTES", "UntrustedToken", "read_untrusted"]

#: Longest token that is looked at; a provider's tokens have one or two thousand bytes.
MAX_TOKEN_BYTES = 8192
#: Compact form of a signed JWT (RFC 7515 section 7.1): base64url without padding.
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class UntrustedToken:
    """How a token says that it is signed, and by whom."""

    algorithm: str
    key_id: str | None
    issuer: str


def read_untrusted(token: str) -> UntrustedToken:
    """Return what a token says of itself; ApiError ``token_invalid`` if it is no JWT."""
    if len(token) > MAX_TOKEN_BYTES:
        raise _refused(f"The token is longer than {MAX_TOKEN_BYTES} bytes.")
    parts = _COMPACT.fullmatch(token)
    if parts is None:
        raise _refused("The token is not a JWT of this server: it has not its form.")
    header, claims = _object(parts[1]), _object(parts[2])
    return UntrustedToken(
        algorithm=_text(header, "alg", "header"),
        key_id=_text(header, "kid", "header") if "kid" in header else None,
        issuer=_text(claims, "iss", "claim"),
    )


def _object(part: str) -> dict[str, Any]:
    try:
        raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        # as text: json would guess the encoding of bytes, and a JWT has UTF-8 alone
        value = json.loads(raw.decode(), object_pairs_hook=_unique)
    except (binascii.Error, ValueError, RecursionError):
        # the cause would quote the token
        raise _refused(
            "The token is not a JWT of this server: header and claims must be JSON "
            "objects that name nothing twice."
        ) from None
    if not isinstance(value, dict):
        raise _refused("The token is not a JWT of this server: it holds no object.")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object; ValueError if a name comes twice (RFC 7519 section 4).

    Two readers that keep different ones of the two would see different users.
    """
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name comes twice")
    return value


def _text(values: dict[str, Any], name: str, what: str) -> str:
    value = values.get(name)
    if value is None:
        raise _refused(f"The token has no {what} {name!r}.")
    if not isinstance(value, str):
        raise _refused(f"The token's {what} {name!r} is no text.")
    return value


def _refused(detail: str) -> ApiError:
    return ApiError(ProblemCode.TOKEN_INVALID, detail)
