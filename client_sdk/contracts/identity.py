"""User ids, and the secret from which a device makes its own before any network."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated
from uuid import UUID

from client_sdk.contracts.constraints import Satisfies

__all__ = [
    "SECRET_BYTES",
    "UserId",
    "encode_secret",
    "is_canonical_uuid",
    "is_secret",
    "user_id_of_secret",
]

#: Length of a device's secret.
SECRET_BYTES = 32


def _decode_secret(secret: str) -> bytes:
    """Return the bytes of an unpadded base64url secret; ValueError if malformed."""
    try:
        raw = base64.b64decode(secret + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ValueError("the secret is not base64url without padding") from exc
    if len(raw) != SECRET_BYTES:
        raise ValueError(f"the secret has {len(raw)} bytes instead of {SECRET_BYTES}")
    return raw


def encode_secret(raw: bytes) -> str:
    """Return 32 bytes as unpadded base64url (43 characters)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def is_secret(secret: str) -> bool:
    """Tell whether the text is 32 bytes in base64url, spelled in the one way."""
    try:
        return encode_secret(_decode_secret(secret)) == secret
    except ValueError:
        return False


def user_id_of_secret(secret: str) -> UUID:
    """Return the user id that belongs to a secret.

    A UUID of version 8 (RFC 9562 section 5.8) made of the first 122 bits of the SHA-256
    of the secret's bytes: device and server find the same id without talking, and the
    id does not reveal the secret.  ValueError if the secret is malformed.
    """
    digest = bytearray(hashlib.sha256(_decode_secret(secret)).digest()[:16])
    digest[6] = (digest[6] & 0x0F) | 0x80
    digest[8] = (digest[8] & 0x3F) | 0x80
    return UUID(bytes=bytes(digest))


def is_canonical_uuid(text: str) -> bool:
    """Tell whether the text is a UUID in its one canonical, lower-case spelling.

    Assignment hashes the text, so another spelling would land in another arm.
    """
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


UserId = Annotated[
    str,
    Satisfies(
        is_canonical_uuid,
        "a UUID in lower case with hyphens is needed",
        "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    ),
]
