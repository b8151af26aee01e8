"""Reads a JSON Web Key Set (RFC 7517) into the keys that may verify a token. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

__all__ = ["ASYMMETRIC", "KeyRing", "KeySetError", "read_key_set"]

#: Algorithms whose keys may be published.
ASYMMETRIC = ("RS256", "ES256", "EdDSA")
_KEY_TYPES = ("RSA", "EC", "OKP")


class KeySetError(ValueError):
    """The document is no key set; the message says why, for an operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """Verification keys, found by the name and the algorithm that a token tells."""

    keys: tuple[jwt.PyJWK, ...]
    #: How many keys of the document are of no use to us.
    ignored: int

    def find(self, algorithm: str, key_id: str | None) -> jwt.PyJWK | None:
        """Return the key, or None.

        The name is compared and nothing else: it is never part of a path, a query or a
        URL.  Without one, the only key of the algorithm is meant.
        """
        fitting = [
            key
            for key in self.keys
            if key.algorithm_name == algorithm and key_id in (None, key.key_id)
        ]
        if key_id is None and len(fitting) > 1:
            return None
        return fitting[0] if fitting else None


def read_key_set(document: bytes) -> KeyRing:
    """Return the keys for signatures; KeySetError if the document is no key set.

    A key with another use, of another algorithm, too short, or with its private part in
    it is left out; an empty set is one, which says that every key was withdrawn.
    """
    try:
        keys = json.loads(document)["keys"]
    except (ValueError, RecursionError, TypeError, LookupError):
        raise KeySetError("the answer is not a key set in JSON") from None
    if not isinstance(keys, list):
        raise KeySetError("the key set's 'keys' is no list")
    usable = [key for key in map(_key, keys) if key is not None]
    return KeyRing(keys=tuple(usable), ignored=len(keys) - len(usable))


def _key(data: Any) -> jwt.PyJWK | None:
    if not isinstance(data, dict) or not _is_for_signatures(data):
        return None
    try:
        # PyJWKSet skips fewer faults, and one odd key must not cost its neighbours
        key = jwt.PyJWK(data)
        is_weak = key.Algorithm.check_key_length(key.key) is not None
    except (jwt.PyJWTError, LookupError, TypeError, ValueError, AttributeError):
        return None
    return None if is_weak or key.algorithm_name not in ASYMMETRIC else key


def _is_for_signatures(data: Mapping[str, Any]) -> bool:
    operations = data.get("key_ops", ["verify"])
    return (
        data.get("kty") in _KEY_TYPES
        and data.get("alg") in (None, *ASYMMETRIC)
        and data.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and isinstance(data.get("kid"), str | None)
        # whoever publishes a private key lets everybody sign
        and "d" not in data
    )
