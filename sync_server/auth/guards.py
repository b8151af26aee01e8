"""Take the principal from a request, or refuse it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from client_sdk.contracts.problem import ProblemCode
from sync_server.auth.principals import Principal, Role, UserPrincipal
from sync_server.auth.verifier import TokenVerifier
from sync_server.current import Environ, current_environ
from sync_server.errors import ApiError

__all__ = ["Guard"]


def _admit(user_id: UUID) -> None:
    """Let every user in."""


class Guard:
    """Reads the ``Authorization`` header of the request at hand.

    ``admit`` is asked about every user whose token is good: it raises ApiError against
    those who ask too much.
    """

    def __init__(
        self, verifier: TokenVerifier, *, admit: Callable[[UUID], None] = _admit
    ) -> None:
        self._verifier = verifier
        self._admit = admit

    def user_id(self, environ: Environ | None = None) -> UUID:
        """Return the user; ApiError if there is no token, or one that is no user's.

        Of the request at hand, or of another by its WSGI environment.
        """
        return _user(self._required(environ)).user_id

    def optional_user_id(self) -> UUID | None:
        """Return the user, or None if there is no token at all; a bad one is refused."""
        principal = self._optional()
        return None if principal is None else _user(principal).user_id

    def identified_user(self) -> UserPrincipal:
        """Return the user who has an account; an anonymous one is refused with 403."""
        user = _user(self._required())
        if user.is_anonymous:
            raise ApiError(
                ProblemCode.FORBIDDEN,
                "This route is for users with an account; the token's user is anonymous.",
            )
        return user

    def service(self) -> Principal:
        """Return the service that calls; ApiError if the token is not a service's."""
        principal = self._required()
        if principal.role is not Role.SERVICE:
            raise ApiError(
                ProblemCode.FORBIDDEN,
                "This route is for services; "
                f"the token's role is {principal.role.value}.",
            )
        return principal

    def _required(self, environ: Environ | None = None) -> Principal:
        principal = self._optional(environ)
        if principal is None:
            raise ApiError(
                ProblemCode.TOKEN_MISSING,
                "Send the header Authorization: Bearer <token>.",
            )
        return principal

    def _optional(self, environ: Environ | None = None) -> Principal | None:
        header = (environ or current_environ()).get("HTTP_AUTHORIZATION")
        return self._principal(header) if header else None

    def _principal(self, header: str) -> Principal:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise ApiError(
                ProblemCode.TOKEN_INVALID,
                "The header Authorization must be of the form: Bearer <token>.",
            )
        principal = self._verifier.verify(token.strip())
        if isinstance(principal, UserPrincipal):
            self._admit(principal.user_id)
        return principal


def _user(principal: Principal) -> UserPrincipal:
    if isinstance(principal, UserPrincipal):
        return principal
    raise ApiError(
        ProblemCode.FORBIDDEN,
        f"This route is for users; the token's role is {principal.role.value}.",
    )
