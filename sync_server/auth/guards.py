"""Take the principal from a request, or refuse it."""

from __future__ import annotations

from uuid import UUID

from flask import request

from client_sdk.contracts.problem import ProblemCode
from sync_server.auth.tokens import Principal, Role, TokenVerifier
from sync_server.errors import ApiError

__all__ = ["Guard"]


class Guard:
    """Reads the ``Authorization`` header of the request at hand."""

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier

    def user_id(self) -> UUID:
        """Return the user; ApiError if there is no token, or one that is no user's."""
        user_id = self.optional_user_id()
        if user_id is None:
            raise ApiError(
                ProblemCode.TOKEN_MISSING,
                "Send the header Authorization: Bearer <token>.",
            )
        return user_id

    def optional_user_id(self) -> UUID | None:
        """Return the user, or None if there is no token at all; a bad one is refused."""
        header = request.environ.get("HTTP_AUTHORIZATION")
        if not header:
            return None
        principal = self._principal(header)
        if principal.role is not Role.USER or principal.user_id is None:
            raise ApiError(
                ProblemCode.FORBIDDEN,
                f"This route is for users; the token's role is {principal.role.value}.",
            )
        return principal.user_id

    def _principal(self, header: str) -> Principal:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise ApiError(
                ProblemCode.TOKEN_INVALID,
                "The header Authorization must be of the form: Bearer <token>.",
            )
        return self._verifier.verify(token.strip())
