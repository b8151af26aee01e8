"""Checks bearer tokens (RFC 7519, RFC 8725), and remembers those that were good."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jwt

from client_sdk.contracts.problem import ProblemCode
from sync_server.auth.principals import Claims, Principal
from sync_server.auth.trusts import Keys, Trust
from sync_server.auth.untrusted import read_untrusted
from sync_server.clock import Clock
from sync_server.errors import ApiError

__all__ = ["TokenVerifier"]

#: Verified tokens that one worker remembers: checking a signature costs ten look-ups.
MAX_REMEMBERED = 10_000
#: Latest moment that a token may name, in seconds since 1970: beyond it floats lose count.
_LATEST = 2**53
_MINE: Mapping[str, Any] = {
    # times are checked at every use of a remembered token, by our clock; the subject by
    # the role
    **dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat"), False),
    **dict.fromkeys(("verify_sub", "verify_jti"), False),
    "require": ["exp"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verified:
    """A token whose signature was good; moments in seconds since 1970."""

    principal: Principal
    keys: Keys
    generation: int
    not_before: float
    expires_at: float


class TokenVerifier:
    """Checks signature, issuer, audience, times and subject of a token."""

    def __init__(
        self,
        trusts: Sequence[Trust],
        *,
        clock: Clock,
        leeway_seconds: float,
        max_remembered: int = MAX_REMEMBERED,
    ) -> None:
        self._trusts = {trust.issuer: trust for trust in trusts}
        self._clock = clock
        self._leeway_seconds = leeway_seconds
        self._max_remembered = max_remembered
        self._known: dict[str, _Verified] = {}
        self._lock = threading.Lock()

    def verify(self, token: str) -> Principal:
        """Return the token's principal.

        ApiError ``token_expired`` or ``token_invalid``: 401, or 400 when the subject is a
        UUID in another spelling than the canonical one; ``identity_unavailable`` (503)
        when the provider's keys cannot be had.
        """
        principal = self.remembered(token)
        if principal is not None:
            return principal
        verified = self._check(token)
        self._check_times(verified)
        self._remember(token, verified)
        return verified.principal

    def remembered(self, token: str) -> Principal | None:
        """Return the principal of a token that was good before, under today's keys.

        None if it is not known; ApiError if its time is over by now.
        """
        known = self._known.get(token)
        if known is None or known.generation != known.keys.generation():
            return None
        self._check_times(known)
        return known.principal

    def _check(self, token: str) -> _Verified:
        untrusted = read_untrusted(token)
        trust = self._trusts.get(untrusted.issuer)
        if trust is None:
            raise _refused("The token's issuer (iss) is none that this server trusts.")
        keys = trust.keys_of(untrusted.algorithm)
        # asked before the key is: a set that changes in between makes this void, not good
        generation = keys.generation()
        key = keys.find(untrusted.algorithm, untrusted.key_id)
        claims = _claims(token, key, trust)
        return _Verified(
            principal=trust.read_principal(claims),
            keys=keys,
            generation=generation,
            not_before=max(_moment(claims, name, 0.0) for name in ("nbf", "iat")),
            expires_at=_moment(claims, "exp", None),
        )

    def _check_times(self, token: _Verified) -> None:
        now = self._clock().timestamp()
        if now > token.expires_at + self._leeway_seconds:
            raise ApiError(
                ProblemCode.TOKEN_EXPIRED, "The token has expired; get a new one."
            )
        if now < token.not_before - self._leeway_seconds:
            raise _refused(
                "The token is not valid yet (nbf or iat lies in the future)."
            )

    def _remember(self, token: str, verified: _Verified) -> None:
        with self._lock:
            # an old entry of the same token moves to the end
            self._known.pop(token, None)
            if len(self._known) >= self._max_remembered:
                del self._known[next(iter(self._known))]
            self._known[token] = verified


def _claims(token: str, key: jwt.PyJWK, trust: Trust) -> Claims:
    try:
        claims: Claims = jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            issuer=trust.issuer,
            audience=trust.audiences or None,
            options={**_MINE, "verify_aud": bool(trust.audiences)},  # type: ignore[arg-type]
        )
    except jwt.InvalidTokenError as exc:
        # the cause may quote the token
        raise _refused(_reason(exc)) from None
    return claims


def _moment(claims: Claims, name: str, default: float | None) -> float:
    """Return a claim that is a number of seconds since 1970."""
    value = claims.get(name, default)
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and 0 <= value <= _LATEST
    ):
        return float(value)
    raise _refused(f"The token's {name} is no number of seconds since 1970.")


def _reason(exc: jwt.InvalidTokenError) -> str:
    match exc:
        case jwt.MissingRequiredClaimError():
            return f"The token has no claim {exc.claim!r}."
        case jwt.InvalidAudienceError():
            return "The token's audience (aud) is not this server."
        case jwt.InvalidSignatureError():
            return "The token's signature does not fit: it was signed with another key."
        case _:
            return "The token is not a JWT of this server."


def _refused(detail: str) -> ApiError:
    return ApiError(ProblemCode.TOKEN_INVALID, detail)
