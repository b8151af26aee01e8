"""What is told of every request: an id, a log line, a count and a time."""

from __future__ import annotations

import logging
import re
import secrets
import time
from dataclasses import dataclass
from itertools import count

from flask import Flask, Response

from sync_server.current import (
    Environ,
    current_environ,
    current_notes,
    current_request,
)
from sync_server.logs import RequestLog
from sync_server.metrics import Metrics

__all__ = ["REQUEST_ID_HEADER", "Begun", "Telemetry"]

REQUEST_ID_HEADER = "X-Request-Id"
#: What a caller's id may look like to be taken over: it goes into logs as it is.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
#: Asked every few seconds by the machinery around the server: worth a line only when the
#: answer is a bad one, or when everything is logged.
_MACHINERY = frozenset({"/healthz", "/readyz", "/metrics"})
_MAX_METHOD_LENGTH = 32
#: Stands for every path without a route: paths as sent would make endless series.
_NO_ROUTE = "none"
#: Where in the environment a request's beginning is noted.
_BEGUN = "kazi.begun"


@dataclass(frozen=True, slots=True)
class Begun:
    """A request that is not answered yet: its id, and when it came."""

    request_id: str
    started: float


class Telemetry:
    """Logs and counts requests when they are answered."""

    def __init__(self, *, metrics: Metrics, log: RequestLog) -> None:
        self._metrics = metrics
        self._log = log
        #: Of the process, and a number: to draw each at random would give up the
        #: interpreter's lock for every request.
        self._process_id = secrets.token_hex(6)
        #: Not a generator around it: two threads may not be in one at a time.
        self._numbers = count(1)

    def install(self, app: Flask) -> None:
        """Tell of every request that the application answers."""

        @app.before_request
        def begin() -> None:
            current_notes().begun = begun = self.begin(current_environ())
            current_notes().request_id = begun.request_id

        @app.after_request
        def end(response: Response) -> Response:
            request = current_request()
            rule = request.url_rule
            request_id = self.end(
                current_notes().begun,
                route=rule.rule if rule else _NO_ROUTE,
                method=request.method,
                status=response.status_code,
            )
            response.headers.add(REQUEST_ID_HEADER, request_id)
            return response

    def begin(self, environ: Environ) -> Begun:
        """Note that a request has come; the same note if that was done before."""
        begun: Begun | None = environ.get(_BEGUN)
        if begun is None:
            sent = environ.get("HTTP_X_REQUEST_ID", "")
            is_good = sent and _REQUEST_ID.fullmatch(sent)
            begun = Begun(sent if is_good else self._new_id(), time.perf_counter())
            environ[_BEGUN] = begun
        return begun

    def end(self, begun: Begun, *, route: str, method: str, status: int) -> str:
        """Log and count an answered request; return its id."""
        seconds = time.perf_counter() - begun.started
        self._metrics.observe_request(
            route=route, method=method, status=status, seconds=seconds
        )
        is_routine = route in _MACHINERY and status < 400
        self._log.write(
            logging.DEBUG if is_routine else logging.INFO,
            {
                "request_id": begun.request_id,
                # the client makes it up: the line must stay short enough to stay whole
                "method": method[:_MAX_METHOD_LENGTH],
                "route": route,
                "status": status,
                "milliseconds": round(seconds * 1000, 3),
            },
        )
        return begun.request_id

    def _new_id(self) -> str:
        """Return an id that no other process makes."""
        return f"{self._process_id}-{next(self._numbers):x}"
