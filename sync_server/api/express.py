"""Stores a good ping on a way of its own: through Flask takes as long as all else of it.

The way does what the route does, by the same function.  Whatever is not the usual case goes
through Flask, and so does every error: only there stands what is answered then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from client_sdk.contracts.routes import STEP
from sync_server.api.body import JSON_TYPE, has_plain_length
from sync_server.current import Environ
from sync_server.errors import ApiError
from sync_server.telemetry import REQUEST_ID_HEADER, Telemetry

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

__all__ = ["FAILURE", "Express"]

#: Where in the environment Flask's view finds what the shorter way met, to raise it.
FAILURE = "kazi.failure"


class Express:
    """A WSGI application in front of another.

    ``take`` stores the ping of a request, or raises; ``remembered`` returns something for
    a token that was found to be good before, None or an ApiError for another.
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        take: Callable[[Environ], None],
        remembered: Callable[[str], object | None],
        telemetry: Telemetry,
    ) -> None:
        self._application = application
        self._take = take
        self._remembered = remembered
        self._telemetry = telemetry

    def __call__(
        self, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer 204, or what the other application answers."""
        if environ["PATH_INFO"] != STEP or not self._is_usual(environ):
            return self._application(environ, start_response)
        started = self._telemetry.begin(environ)
        try:
            self._take(environ)
        except Exception as exc:  # noqa: BLE001  (it is raised again in the view)
            environ[FAILURE] = exc
            return self._application(environ, start_response)
        request_id = self._telemetry.end(started, route=STEP, method="POST", status=204)
        start_response("204 NO CONTENT", [(REQUEST_ID_HEADER, request_id)])
        return ()

    def _is_usual(self, environ: Environ) -> bool:
        """Tell whether all that Flask's hooks look at is as it should be."""
        return (
            environ["REQUEST_METHOD"] == "POST"
            and not environ.get("QUERY_STRING")
            and environ.get("CONTENT_TYPE") == JSON_TYPE
            and has_plain_length(environ)
            and self._is_remembered(environ.get("HTTP_AUTHORIZATION", ""))
        )

    def _is_remembered(self, header: str) -> bool:
        try:
            return self._remembered(header.removeprefix("Bearer ")) is not None
        except ApiError:
            return False
