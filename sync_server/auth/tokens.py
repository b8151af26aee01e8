"""Our own tokens: JWTs signed with HS256 (specification section 8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from sync_server.auth.principals import Role
from sync_server.clock import Clock
from sync_server.settings import Settings, SettingsError

__all__ = ["SYMMETRIC", "Role", "TokenIssuer", "TokenKey"]

#: Algorithm of a secret that issuer and verifier share.
SYMMETRIC = "HS256"


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


class TokenIssuer:
    """Makes tokens that this server accepts."""

    def __init__(self, key: TokenKey, *, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def issue(
        self,
        *,
        user_id: UUID | str | None,
        role: Role,
        lifetime: timedelta,
        is_anonymous: bool = False,
    ) -> tuple[str, datetime]:
        """Return a token and when it expires.

        A user needs a UUID; a service or an admin may have a name, or none.
        """
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
        return jwt.encode(claims, self._key.secret, algorithm=SYMMETRIC), now + lifetime
