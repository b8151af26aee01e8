"""Bearer tokens: JWTs signed with HS256 (specification section 8)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

import jwt

from client_sdk.contracts.identity import is_canonical_uuid
from client_sdk.contracts.problem import ProblemCode
from sync_server.clock import Clock
from sync_server.errors import ApiError
from sync_server.settings import Settings, SettingsError

__all__ = [
    "Principal",
    "Role",
    "TokenIssuer",
    "TokenKey",
    "TokenVerifier",
    "UserPrincipal",
]

_ALGORITHM = "HS256"
#: Seconds by which the clocks of issuer and server may differ.
LEEWAY_SECONDS = 30
#: Verified tokens that one worker remembers: checking a signature costs ten look-ups.
_MAX_REMEMBERED = 10_000


class Role(StrEnum):
    """What a token is for.  A role that is none of ours counts as a user's."""

    USER = "user"
    #: Another service of the house; calls ``/_internal``.
    SERVICE = "service"
    #: A person who manages tutorials.
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKey:
    """What issuer and verifier share: the secret, and whose tokens for whom it signs."""

    secret: str = field(repr=False)
    issuer: str
    audience: str

    @classmethod
    def of(cls, settings: Settings) -> TokenKey:
        """Return the key of settings that have their secrets; SettingsError if not."""
        if not settings.jwt_secret:
            raise SettingsError("KAZI_JWT_SECRET: missing")
        return cls(
            secret=settings.jwt_secret,
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whoever a valid token speaks for; times in seconds since 1970.

    ``subject`` is the token's ``sub``, if it has one: the name of a service, say.
    """

    role: Role
    subject: str | None
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPrincipal(Principal):
    """A user, with an account or without (anonymous)."""

    user_id: UUID
    is_anonymous: bool


class TokenVerifier:
    """Checks signature, issuer, audience, expiry and subject of a token."""

    def __init__(self, key: TokenKey, *, clock: Clock) -> None:
        self._key = key
        self._clock = clock
        self._principal_of = lru_cache(_MAX_REMEMBERED)(self._check)

    def verify(self, token: str) -> Principal:
        """Return the token's principal.

        ApiError ``token_expired`` or ``token_invalid``: 401, or 400 when the subject is a
        UUID in another spelling than the canonical one, which would be another user to
        the assignment function.
        """
        principal = self._principal_of(token)
        if self._clock().timestamp() > principal.expires_at + LEEWAY_SECONDS:
            raise ApiError(
                ProblemCode.TOKEN_EXPIRED, "The token has expired; get a new one."
            )
        return principal

    def _check(self, token: str) -> Principal:
        claims = self._claims(token)
        role, expires_at = _role(claims), _expiry(claims)
        if role is not Role.USER:
            return Principal(role=role, subject=_subject(claims), expires_at=expires_at)
        user_id = _user_id(claims)
        return UserPrincipal(
            role=role,
            subject=str(user_id),
            expires_at=expires_at,
            user_id=user_id,
            is_anonymous=claims.get("is_anonymous") is True,
        )

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                self._key.secret,
                algorithms=[_ALGORITHM],
                issuer=self._key.issuer,
                audience=self._key.audience,
                leeway=LEEWAY_SECONDS,
                # expiry is checked at every use of a remembered token, by our clock
                options={"require": ["exp", "iss", "aud"], "verify_exp": False},
            )
        except jwt.InvalidTokenError as exc:
            raise ApiError(ProblemCode.TOKEN_INVALID, _reason(exc)) from exc


class TokenIssuer:
    """Makes tokens that :class:`TokenVerifier` accepts."""

    def __init__(self, key: TokenKey, *, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def issue(
        self,
        *,
        user_id: UUID | None,
        role: Role,
        lifetime: timedelta,
        is_anonymous: bool = False,
    ) -> tuple[str, datetime]:
        """Return a token and when it expires."""
        # a JWT counts whole seconds; so does the answer
        now = self._clock().replace(microsecond=0)
        claims: dict[str, Any] = {
            "iss": self._key.issuer,
            "aud": self._key.audience,
            "iat": now,
            "exp": now + lifetime,
            "role": role.value,
        }
        if user_id is not None:
            claims["sub"] = str(user_id)
        if is_anonymous:
            claims["is_anonymous"] = True
        return jwt.encode(
            claims, self._key.secret, algorithm=_ALGORITHM
        ), now + lifetime


def _role(claims: dict[str, Any]) -> Role:
    role = claims.get("role")
    return Role(role) if role in (Role.SERVICE, Role.ADMIN) else Role.USER


def _subject(claims: dict[str, Any]) -> str | None:
    subject = claims.get("sub")
    return subject if isinstance(subject, str) else None


def _user_id(claims: dict[str, Any]) -> UUID:
    subject = claims.get("sub")
    if isinstance(subject, str) and is_canonical_uuid(subject):
        return UUID(subject)
    if isinstance(subject, str) and _is_uuid(subject):
        raise ApiError(
            ProblemCode.TOKEN_INVALID,
            "The token's subject (sub) is a UUID, but not in its canonical spelling: "
            "lower case, with hyphens, without braces.",
            status=400,
        )
    raise ApiError(ProblemCode.TOKEN_INVALID, "The token's subject (sub) is no UUID.")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _expiry(claims: dict[str, Any]) -> float:
    expiry = claims["exp"]
    if isinstance(expiry, int | float) and math.isfinite(expiry):
        return float(expiry)
    raise ApiError(ProblemCode.TOKEN_INVALID, "The token's expiry (exp) is no number.")


def _reason(exc: jwt.InvalidTokenError) -> str:
    match exc:
        case jwt.MissingRequiredClaimError():
            return f"The token has no claim {exc.claim!r}."
        case jwt.InvalidIssuerError():
            return "The token's issuer (iss) is not the one that this server trusts."
        case jwt.InvalidAudienceError():
            return "The token's audience (aud) is not this server."
        case jwt.ImmatureSignatureError():
            return "The token is not valid yet (nbf or iat lies in the future)."
        case jwt.InvalidAlgorithmError():
            return f"The token is not signed with {_ALGORITHM}."
        case jwt.InvalidSignatureError():
            return "The token's signature does not fit: it was signed with another key."
        case _:
            return "The token is not a JWT of this server."
