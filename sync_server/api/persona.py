"""``GET /_internal/persona/{userId}``: what kind of user somebody is (specification 2.4)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from client_sdk.contracts.identity import UserId
from client_sdk.contracts.persona import PersonaAnswer
from client_sdk.contracts.problem import ProblemCode
from client_sdk.contracts.routes import PERSONA
from sync_server.api.answer import json_response
from sync_server.api.operation import (
    Access,
    Answer,
    Operation,
    Parameter,
    Tag,
    describe,
)
from sync_server.api.paths import user_id_in_path
from sync_server.auth.guards import Guard
from sync_server.tutorials.catalog import Catalog

__all__ = ["persona_blueprint"]

#: Ten minutes (specification 2.4).
_CACHE_CONTROL = "max-age=600"
_HEADERS = {
    "ETag": "Names this answer; send it back as `If-None-Match`.",
    "Cache-Control": f"Always `{_CACHE_CONTROL}`.",
}
_OPERATION = Operation(
    summary="Get a user's persona",
    tag=Tag.INTERNAL,
    access=Access.SERVICE,
    parameters=(
        Parameter(
            name="userId",
            place="path",
            type=UserId,
            about="The user's id, an anonymous user's too.",
            is_required=True,
            example="019aa1d4-7c5e-7b60-8a51-3f1d2c4b5a69",
        ),
        Parameter(
            name="If-None-Match",
            place="header",
            type=str,
            about="The `ETag` of the answer that the caller has.",
        ),
    ),
    answers={
        200: Answer(
            about="The persona; the default one with confidence 0 where nothing is known.",
            type=PersonaAnswer,
            headers=_HEADERS,
        ),
        304: Answer(about="The caller has this very answer.", headers=_HEADERS),
    },
    problems=frozenset({ProblemCode.INVALID_REQUEST}),
)


def persona_blueprint(*, catalog: Catalog, guard: Guard) -> Blueprint:
    """Return the route."""
    blueprint = Blueprint("persona", __name__)

    @blueprint.get(f"{PERSONA}/<user_id>")
    @describe(_OPERATION)
    def persona(user_id: str) -> Response:
        """The ids of a person are one: an anonymous user has the persona of the account
        that it became, unless only the anonymous user has one.

        The server itself hears of a new persona within two seconds; a cache in between
        may keep an answer for ten minutes.
        """
        guard.service()
        known = catalog.current().user(user_id_in_path(user_id))
        response = json_response(
            PersonaAnswer(
                persona=known.persona,
                confidence=known.confidence,
                source=known.source,
            )
        )
        response.add_etag()
        response.headers["Cache-Control"] = _CACHE_CONTROL
        response.make_conditional(request)
        return response

    return blueprint
