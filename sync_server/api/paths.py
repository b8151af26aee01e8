"""One path, one route: what stands in a path has one spelling."""

from __future__ import annotations

from uuid import UUID

from flask import Flask
from werkzeug.exceptions import NotFound

from client_sdk.contracts.identity import is_canonical_uuid
from client_sdk.contracts.problem import FieldError, ProblemCode
from sync_server.current import current_environ
from sync_server.errors import ApiError

__all__ = ["install_strict_paths", "user_id_in_path"]


def install_strict_paths(app: Flask) -> None:
    """Answer 404 to doubled slashes, before any route is added.

    werkzeug would drop those in front in silence and redirect the others, so that a proxy
    that closes ``/_internal`` by its prefix would let ``//_internal`` through.
    """
    app.url_map.merge_slashes = False

    @app.before_request
    def refuse_doubled_slash() -> None:
        if current_environ()["PATH_INFO"].startswith("//"):
            raise NotFound


def user_id_in_path(text: str) -> UUID:
    """Return the user id; ApiError for another spelling than the canonical one."""
    if is_canonical_uuid(text):
        return UUID(text)
    rule = "a UUID in lower case with hyphens is needed"
    raise ApiError(
        ProblemCode.INVALID_REQUEST,
        f"/userId: {rule}",
        errors=[FieldError(pointer="/userId", detail=rule)],
    )
