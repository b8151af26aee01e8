"""``/_internal/users/{userId}``: export and erase a person (DESIGN section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from flask import Blueprint, Response

from client_sdk.contracts.identity import is_canonical_uuid
from client_sdk.contracts.privacy import UserExport
from client_sdk.contracts.problem import FieldError, ProblemCode
from client_sdk.contracts.routes import USERS
from sync_server.api.operation import (
    Access,
    Answer,
    Operation,
    Parameter,
    Tag,
    describe,
)
from sync_server.auth.guards import Guard
from sync_server.errors import ApiError
from sync_server.privacy.erasure import Erasure
from sync_server.privacy.export import Export

__all__ = ["users_blueprint"]

_PATH = f"{USERS}/<user_id>"
_USER_ID = Parameter(
    name="userId",
    place="path",
    type=UUID,
    about="Any user id of the person, in lower case with hyphens.",
    is_required=True,
    example="0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69",
)
_EXPORT = Operation(
    summary="Everything that is held of a person",
    tag=Tag.INTERNAL,
    access=Access.SERVICE,
    answers={
        200: Answer(
            about="The rows of every kind, streamed; lists are empty of a stranger.",
            type=UserExport,
            headers={"Cache-Control": "`no-store`: it is personal data."},
        )
    },
    problems=frozenset({ProblemCode.INVALID_REQUEST}),
    parameters=(_USER_ID,),
)
_ERASE = Operation(
    summary="Erase a person",
    tag=Tag.INTERNAL,
    access=Access.SERVICE,
    answers={204: Answer(about="Nothing is held any more; or nothing was.")},
    problems=frozenset({ProblemCode.INVALID_REQUEST}),
    parameters=(_USER_ID,),
)
#: Who acts if a service's token names nobody.
_UNNAMED = "service"


def users_blueprint(*, export: Export, erasure: Erasure, guard: Guard) -> Blueprint:
    """Return both routes."""
    blueprint = Blueprint("users", __name__)

    @blueprint.get(_PATH)
    @describe(_EXPORT)
    def export_user(user_id: str) -> Response:
        """All user ids of the person count: the account's, and those of the anonymous users
        that it was before. Comments and free text come in clear. The export is noted in
        the audit log, without the user id.

        An export that breaks off is no whole JSON document: ask again.
        """
        actor = guard.service().subject or _UNNAMED
        parts = export.export(_canonical(user_id), actor=actor)
        return Response(
            _begun(parts),
            mimetype="application/json",
            headers={"Cache-Control": "no-store"},
        )

    @blueprint.delete(_PATH)
    @describe(_ERASE)
    def erase_user(user_id: str) -> Response:
        """All user ids of the person are erased, in one transaction; the same again does no
        harm. Every worker forgets the person within two seconds.

        What a device delivers late of the time before gets `user_erased` and is not stored;
        what happens afterwards is a new life and is.
        """
        actor = guard.service().subject or _UNNAMED
        erasure.erase(_canonical(user_id), actor=actor)
        return Response(status=204)

    return blueprint


def _begun(parts: Iterator[str]) -> Iterator[str]:
    """Return the same parts, the first one made: a database that is away is found now,
    before the status is sent.
    """
    first = next(parts)

    def all_parts() -> Iterator[str]:
        yield first
        yield from parts

    return all_parts()


def _canonical(user_id: str) -> UUID:
    if is_canonical_uuid(user_id):
        return UUID(user_id)
    rule = "a UUID in lower case with hyphens is needed"
    raise ApiError(
        ProblemCode.INVALID_REQUEST,
        f"/userId: {rule}",
        errors=[FieldError(pointer="/userId", detail=rule)],
    )
