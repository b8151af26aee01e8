"""Whose tokens this server believes: each issuer with its audiences, algorithms and keys."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import jwt

from client_sdk.contracts.problem import ProblemCode
from sync_server.auth.jwks import ASYMMETRIC
from sync_server.auth.key_set import KeySet
from sync_server.auth.principals import Claims, Principal, principal_of
from sync_server.auth.supabase import SUPABASE_ISSUER, project_of, service_of
from sync_server.auth.tokens import SYMMETRIC, TokenKey
from sync_server.errors import ApiError
from sync_server.settings import IdentityProvider, Settings

__all__ = ["Keys", "SecretKey", "Trust", "trusts_of"]


class Keys(Protocol):
    """Where the keys of an algorithm come from."""

    def generation(self) -> int:
        """Return the number of the keys in force: what earlier ones verified is void."""

    def find(self, algorithm: str, key_id: str | None) -> jwt.PyJWK:
        """Return the key that a token names; ApiError if there is none."""


class SecretKey:
    """A secret that signer and verifier share; it has no name and never changes."""

    def __init__(self, secret: str) -> None:
        encoded = base64.urlsafe_b64encode(secret.encode()).rstrip(b"=").decode()
        self._key = jwt.PyJWK({"kty": "oct", "k": encoded, "alg": SYMMETRIC})

    def generation(self) -> int:
        """Return always the same."""
        return 0

    def find(self, algorithm: str, key_id: str | None) -> jwt.PyJWK:
        """Return the secret, whatever the token calls it."""
        return self._key


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """One issuer.  ``keys`` is by algorithm; one that is not there is refused.

    Each key knows its one algorithm, so that no token can choose another for it.  No
    ``audiences``: none is asked for.
    """

    issuer: str
    audiences: tuple[str, ...]
    keys: Mapping[str, Keys]
    read_principal: Callable[[Claims], Principal] = principal_of

    def keys_of(self, algorithm: str) -> Keys:
        """Return the keys of an algorithm; ApiError ``token_invalid`` if it has none."""
        keys = self.keys.get(algorithm)
        if keys is None:
            raise ApiError(
                ProblemCode.TOKEN_INVALID,
                f"The token is not signed with {' or '.join(self.keys)}.",
            )
        return keys


def trusts_of(settings: Settings) -> tuple[Trust, ...]:
    """Return our own trust, and those of the identity provider if there is one."""
    own = TokenKey.of(settings)
    ours = Trust(
        issuer=own.issuer,
        audiences=(own.audience,),
        keys={SYMMETRIC: SecretKey(own.secret)},
    )
    provider = settings.identity
    return (ours,) if provider is None else (ours, *_trusts_in(provider))


def _trusts_in(provider: IdentityProvider) -> tuple[Trust, ...]:
    keys: dict[str, Keys] = {}
    if provider.secret is not None:
        keys[SYMMETRIC] = SecretKey(provider.secret)
    if provider.jwks_url is not None:
        keys |= dict.fromkeys(ASYMMETRIC, KeySet(provider.jwks_url))
    users = Trust(issuer=provider.issuer, audiences=provider.audiences, keys=keys)
    if provider.supabase_url is None or provider.secret is None:
        return (users,)
    project = project_of(provider.supabase_url)
    legacy = Trust(
        issuer=SUPABASE_ISSUER,
        audiences=(),
        keys={SYMMETRIC: keys[SYMMETRIC]},
        read_principal=partial(service_of, project=project),
    )
    return (users, legacy)
