"""``POST /api/tutorial/anonymous``: a token for a user who has no account."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response
from pydantic import TypeAdapter

from client_sdk.contracts.anonymous import AnonymousRequest, AnonymousToken
from client_sdk.contracts.identity import user_id_of_secret
from client_sdk.contracts.routes import ANONYMOUS
from sync_server.api.answer import json_response
from sync_server.api.body import decode_body
from sync_server.api.operation import Access, Answer, Operation, Tag, describe
from sync_server.auth.principals import Role
from sync_server.auth.tokens import TokenIssuer

__all__ = ["anonymous_blueprint"]

_REQUEST = TypeAdapter(AnonymousRequest)
_OPERATION = Operation(
    summary="Get a token for a user without an account",
    tag=Tag.IDENTITY,
    access=Access.OPEN,
    body=AnonymousRequest,
    example={"secret": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"},
    answers={
        200: Answer(
            about="The token, the user's id, and when the token expires.",
            type=AnonymousToken,
            headers={"Cache-Control": "Always `no-store`: the answer is a credential."},
        )
    },
)


def anonymous_blueprint(*, issuer: TokenIssuer, lifetime: timedelta) -> Blueprint:
    """Return the route.  Nothing is stored: the same secret is always the same user."""
    blueprint = Blueprint("anonymous", __name__)

    @blueprint.post(ANONYMOUS)
    @describe(_OPERATION)
    def anonymous() -> Response:
        """Draw 32 random bytes once on each device, keep them, and send them as `secret`.

        The user's id is made of the secret alone (a UUID of version 8: the first 122 bits
        of its SHA-256), so a device knows it before the first network. Nothing is stored:
        the same secret is always the same user, and gets a fresh token any time.
        """
        user_id = user_id_of_secret(decode_body(_REQUEST).secret)
        token, expires = issuer.issue(
            user_id=user_id, role=Role.USER, lifetime=lifetime, is_anonymous=True
        )
        response = json_response(
            AnonymousToken(token=token, user_id=str(user_id), expires=expires)
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint
