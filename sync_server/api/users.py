"""``/_internal/users/{userId}``: export and erase a person (DESIGN section 4)."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator

from flask import Blueprint, Response

from client_sdk.contracts.identity import UserId
from client_sdk.contracts.privacy import UserExport
from client_sdk.contracts.problem import ProblemCode
from client_sdk.contracts.routes import USERS
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
from sync_server.privacy.erasure import Erasure
from sync_server.privacy.export import Export

__all__ = ["users_blueprint"]

_PATH = f"{USERS}/<user_id>"
_USER_ID = Parameter(
    name="userId",
    place="path",
    type=UserId,
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
            about="The rows of every kind; of a stranger the lists are empty.",
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
#: Bytes of an export up to which it stays in memory.
_MAX_MEMORY_BYTES = 1024 * 1024
#: Bytes that are handed to the server at once.
_CHUNK_BYTES = 64 * 1024


def users_blueprint(*, export: Export, erasure: Erasure, guard: Guard) -> Blueprint:
    """Return both routes."""
    blueprint = Blueprint("users", __name__)

    @blueprint.get(_PATH)
    @describe(_EXPORT)
    def export_user(user_id: str) -> Response:
        """All user ids of the person count: the account's, and those of the anonymous users
        that it was before. Comments and free text come in clear. The export is noted in
        the audit log, without the user id.
        """
        actor = guard.service().subject or _UNNAMED
        document = _Document()
        export.write(user_id_in_path(user_id), actor=actor, out=document.text)
        return document.response()

    @blueprint.delete(_PATH)
    @describe(_ERASE)
    def erase_user(user_id: str) -> Response:
        """All user ids of the person are erased, in one transaction; the same again does no
        harm. Every worker forgets the person within two seconds.

        What a device delivers late of the time before gets `user_erased` and is not stored;
        what happens afterwards is a new life and is.
        """
        actor = guard.service().subject or _UNNAMED
        erasure.erase(user_id_in_path(user_id), actor=actor)
        return Response(status=204)

    return blueprint


class _Document:
    """A document that is whole before the first byte is sent; a large one is on disk.

    The file has no name: nobody else can open it, and it goes with the process.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_MAX_MEMORY_BYTES)  # noqa: SIM115
        self.text = io.TextIOWrapper(self._file, "utf-8", newline="\n")

    def response(self) -> Response:
        """Return the answer, which closes the file in the end."""
        self.text.detach()
        size = self._file.tell()
        self._file.seek(0)
        return Response(
            self._chunks(),
            mimetype="application/json",
            headers={"Cache-Control": "no-store", "Content-Length": str(size)},
        )

    def _chunks(self) -> Iterator[bytes]:
        with self._file:
            while chunk := self._file.read(_CHUNK_BYTES):
                yield chunk
