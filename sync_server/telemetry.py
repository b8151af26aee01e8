"""What is told of every request: an id, a log line, a count and a time."""

from __future__ import annotations

import logging
import re
import secrets
import time

from flask import Flask, Response

from sync_server.current import current_environ, current_notes, current_request
from sync_server.logs import RequestLog
from sync_server.metrics import Metrics

__all__ = ["install_telemetry"]

_REQUEST_ID_HEADER = "X-Request-Id"
#: What a caller's id may look like to be taken over: it goes into logs as it is.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
#: Asked every few seconds by the machinery around the server: worth a line only when the
#: answer is a bad one, or when everything is logged.
_MACHINERY = frozenset({"/healthz", "/readyz", "/metrics"})
_MAX_METHOD_LENGTH = 32
#: Stands for every path without a route: paths as sent would make endless series.
_NO_ROUTE = "none"


def install_telemetry(app: Flask, *, metrics: Metrics, log: RequestLog) -> None:
    """Give each request an id, and log and count it when it is answered."""

    @app.before_request
    def begin() -> None:
        sent = current_environ().get("HTTP_X_REQUEST_ID", "")
        notes = current_notes()
        notes.started = time.perf_counter()
        notes.request_id = sent if _REQUEST_ID.fullmatch(sent) else secrets.token_hex(8)

    @app.after_request
    def end(response: Response) -> Response:
        notes, request = current_notes(), current_request()
        seconds = time.perf_counter() - notes.started
        request_id, rule = notes.request_id, request.url_rule
        route = rule.rule if rule else _NO_ROUTE
        method = request.method
        status = response.status_code
        response.headers.add(_REQUEST_ID_HEADER, request_id)
        metrics.observe_request(
            route=route, method=method, status=status, seconds=seconds
        )
        is_routine = route in _MACHINERY and status < 400
        log.write(
            logging.DEBUG if is_routine else logging.INFO,
            {
                "request_id": request_id,
                # the client makes it up: the line must stay short enough to stay whole
                "method": method[:_MAX_METHOD_LENGTH],
                "route": route,
                "status": status,
                "milliseconds": round(seconds * 1000, 3),
            },
        )
        return response
