"""``POST /api/tutorial/identify``: an anonymous user becomes an account's (DESIGN section 4)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response
from pydantic import TypeAdapter

from client_sdk.contracts.identify import IdentifyRequest
from client_sdk.contracts.problem import FieldError, ProblemCode
from client_sdk.contracts.routes import IDENTIFY
from sync_server.api.body import decode_body
from sync_server.api.operation import Access, Answer, Operation, Tag, describe
from sync_server.auth.guards import Guard
from sync_server.auth.principals import UserPrincipal
from sync_server.auth.verifier import TokenVerifier
from sync_server.errors import ApiError
from sync_server.identity.links import IdentityLinks

__all__ = ["identify_blueprint"]

_REQUEST = TypeAdapter(IdentifyRequest)
_BAD_TOKEN = frozenset({ProblemCode.TOKEN_INVALID, ProblemCode.TOKEN_EXPIRED})
_OPERATION = Operation(
    summary="Make an anonymous user one person with an account",
    tag=Tag.IDENTITY,
    access=Access.USER,
    body=IdentifyRequest,
    example={"anonymousToken": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2lnbmF0dXJl"},
    answers={204: Answer(about="They are one person, now or since before.")},
    problems=frozenset(
        {ProblemCode.ANONYMOUS_TOKEN_INVALID, ProblemCode.ALREADY_IDENTIFIED}
    ),
)


def identify_blueprint(
    *, links: IdentityLinks, guard: Guard, verifier: TokenVerifier
) -> Blueprint:
    """Return the route."""
    blueprint = Blueprint("identify", __name__)

    @blueprint.post(IDENTIFY)
    @describe(_OPERATION)
    def identify() -> Response:
        """Send this once after a sign-in, with the account's token as the bearer and the
        device's anonymous token in the body.

        The link is resolved whenever something is read: history, progress and points of
        both ids count as one person's, each once, also those that arrive later. Nothing
        that was stored is changed, and the variant that was seen stays. An anonymous user
        belongs to the first account that asked.
        """
        user = guard.identified_user()
        token = decode_body(_REQUEST).anonymous_token
        links.link(anonymous_id=_anonymous_id(verifier, token), user_id=user.user_id)
        return Response(status=204)

    return blueprint


def _anonymous_id(verifier: TokenVerifier, token: str) -> UUID:
    try:
        principal = verifier.verify(token)
    except ApiError as exc:
        if exc.code not in _BAD_TOKEN:
            raise
        raise _refused(exc.detail) from None
    if not isinstance(principal, UserPrincipal) or not principal.is_anonymous:
        raise _refused("The token is not an anonymous user's.")
    return principal.user_id


def _refused(detail: str) -> ApiError:
    return ApiError(
        ProblemCode.ANONYMOUS_TOKEN_INVALID,
        f"The anonymous token cannot be used: {detail}",
        errors=[FieldError(pointer="/anonymousToken", detail=detail)],
    )
