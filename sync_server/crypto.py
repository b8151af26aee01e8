"""Encryption of survey comments and texts at rest (specification section 8)."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["CommentCipher", "DecryptionError", "key_id"]

_VERSION = "v1"
#: Bytes of a nonce that AES-GCM wants (NIST SP 800-38D section 8.2).
_NONCE_BYTES = 12


class DecryptionError(ValueError):
    """A stored comment cannot be read: its key is missing, or the row was changed."""


def key_id(key: bytes) -> str:
    """Return the public name of a key: eight hexadecimal digits of its SHA-256."""
    return hashlib.sha256(key).hexdigest()[:8]


class CommentCipher:
    """AES-256-GCM under the first of the keys; the others still decrypt.

    A comment is bound to its user and submission, a text to its question too, so that
    what is copied to another row does not decrypt.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("at least one comment key is needed")
        self._ciphers = {key_id(key): AESGCM(key) for key in keys}
        #: Id of the key that encrypts.
        self.current = key_id(keys[0])

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Ids of all keys, the one that encrypts first."""
        return tuple(self._ciphers)

    def encrypt(
        self,
        text: str,
        *,
        user_id: UUID,
        submission_id: UUID,
        question_id: str | None = None,
    ) -> str:
        """Return ``v1:<key id>:<base64 of nonce and ciphertext>``."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self.current].encrypt(
            nonce, text.encode(), _binding(user_id, submission_id, question_id)
        )
        payload = base64.b64encode(nonce + sealed).decode("ascii")
        return f"{_VERSION}:{self.current}:{payload}"

    def decrypt(
        self,
        stored: str,
        *,
        user_id: UUID,
        submission_id: UUID,
        question_id: str | None = None,
    ) -> str:
        """Return the text; DecryptionError if the key or the row does not fit."""
        version, _, rest = stored.partition(":")
        name, _, payload = rest.partition(":")
        if version != _VERSION:
            raise DecryptionError("the stored comment is not in a known format")
        if name not in self._ciphers:
            raise DecryptionError(f"the comment needs the key {name}, which is missing")
        try:
            raw = base64.b64decode(payload, validate=True)
            plain = self._ciphers[name].decrypt(
                raw[:_NONCE_BYTES],
                raw[_NONCE_BYTES:],
                _binding(user_id, submission_id, question_id),
            )
        except (InvalidTag, ValueError) as exc:
            raise DecryptionError(
                "the comment was not written for this user and submission"
            ) from exc
        return plain.decode()


def _binding(user_id: UUID, submission_id: UUID, question_id: str | None) -> bytes:
    # both ids have a fixed length, so no two places share a binding
    return user_id.bytes + submission_id.bytes + (question_id or "").encode()
