"""Whose tokens this server believes: each issuer with its audiences, algorithms and keys."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jwt

from client_sdk.contracts.problem import ProblemCode
from sync_server.auth.jwks import ASYMMETRIC
from sync_server.auth.key_set import KeySet
from sync_server.auth.principals import Claims, Principal, principal_of
from sync_server.auth.supabase import SUPABASE_ISSUER, project_of, service_of
from sync_server.auth.tokens import SYMMETRIC, TokenKey
from sync_server.auth.untrusted import UntrustedToken
from sync_server.errors import ApiError
from sync_server.settings import IdentityProvider, Settings

__all__ = ["Trust", "trusts_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """One issuer.  A key knows its one algorithm, so no token can choose another.

    ``secret`` is the key of HS256, ``key_set`` holds those of RS256, ES256 and EdDSA; an
    algorithm without a key here is refused.  No ``audiences``: none is asked for.
    """

    issuer: str
    audiences: tuple[str, ...]
    secret: jwt.PyJWK | None = None
    key_set: KeySet | None = None
    read_principal: Callable[[Claims], Principal] = principal_of

    def key_for(self, token: UntrustedToken) -> jwt.PyJWK:
        """Return the key that the token must be signed with; ApiError if there is none."""
        if self.secret is not None and token.algorithm == SYMMETRIC:
            return self.secret
        if self.key_set is not None and token.algorithm in ASYMMETRIC:
            return self.key_set.find(token.algorithm, token.key_id)
        raise ApiError(
            ProblemCode.TOKEN_INVALID,
            f"The token is not signed with {' or '.join(self._algorithms())}.",
        )

    def generation(self) -> int:
        """Return the number of the keys in force: what others verified is void."""
        return 0 if self.key_set is None else self.key_set.generation()

    def _algorithms(self) -> tuple[str, ...]:
        symmetric = () if self.secret is None else (SYMMETRIC,)
        return symmetric if self.key_set is None else symmetric + ASYMMETRIC


def trusts_of(settings: Settings) -> tuple[Trust, ...]:
    """Return our own trust, and those of the identity provider if there is one."""
    own = TokenKey.of(settings)
    ours = Trust(
        issuer=own.issuer, audiences=(own.audience,), secret=_secret(own.secret)
    )
    provider = settings.identity
    return (ours,) if provider is None else (ours, *_trusts_in(provider))


def _trusts_in(provider: IdentityProvider) -> tuple[Trust, ...]:
    secret = None if provider.secret is None else _secret(provider.secret)
    users = Trust(
        issuer=provider.issuer,
        audiences=provider.audiences,
        secret=secret,
        key_set=KeySet(provider.jwks_url) if provider.jwks_url else None,
    )
    if provider.supabase_url is None or secret is None:
        return (users,)
    project = project_of(provider.supabase_url)
    legacy = Trust(
        issuer=SUPABASE_ISSUER,
        audiences=(),
        secret=secret,
        read_principal=partial(service_of, project=project),
    )
    return (users, legacy)


def _secret(text: str) -> jwt.PyJWK:
    encoded = base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
    return jwt.PyJWK({"kty": "oct", "k": encoded, "alg": SYMMETRIC})
