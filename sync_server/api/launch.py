"""``GET /api/tutorial/launch``: what may start now (DESIGN section 4)."""

from __future__ import annotations

import json
from datetime import timedelta

from flask import Blueprint, Response
from xxhash import xxh3_128_hexdigest

from client_sdk.contracts.codec import encode
from client_sdk.contracts.launch import Launch
from client_sdk.contracts.problem import ProblemCode
from client_sdk.contracts.routes import LAUNCH
from sync_server.api.answer import json_response
from sync_server.api.caching import CACHE_HEADERS, IF_NONE_MATCH, http_date, is_known
from sync_server.api.device import DEVICE_PARAMETER, VARY, device_of_request
from sync_server.api.operation import Access, Answer, Operation, Tag, describe
from sync_server.auth.guards import Guard
from sync_server.clock import Clock
from sync_server.launch.service import LaunchService

__all__ = ["launch_blueprint"]

_OPERATION = Operation(
    summary="List the tutorials that may start now",
    tag=Tag.TUTORIALS,
    access=Access.OPTIONAL_USER,
    parameters=(DEVICE_PARAMETER, IF_NONE_MATCH),
    answers={
        200: Answer(
            about="What may start, the first first.", type=Launch, headers=CACHE_HEADERS
        ),
        304: Answer(
            about="The device has this very list; it is good until `Expires`.",
            headers=CACHE_HEADERS,
        ),
    },
    problems=frozenset({ProblemCode.UNKNOWN_DEVICE}),
)


def launch_blueprint(
    *, launch: LaunchService, guard: Guard, clock: Clock, ttl_seconds: int
) -> Blueprint:
    """Return the route; devices ask again after ``ttl_seconds``."""
    blueprint = Blueprint("launch", __name__)
    lifetime = timedelta(seconds=ttl_seconds)
    cache_control = f"private, max-age={ttl_seconds}"

    @blueprint.get(LAUNCH)
    @describe(_OPERATION)
    def may_start() -> Response:
        """What is unfinished comes first, then what has the higher priority.

        Each has the `etag` of its config for the same user: one call tells a device what
        to fetch ahead. Without a token the answer is that of somebody new, and nothing is
        stored. The rules are in each config too, so a device can decide offline.
        """
        user_id = guard.optional_user_id()
        items = launch.of(user_id, device_of_request())
        expires = clock() + lifetime
        content = json.dumps([encode(item) for item in items], ensure_ascii=False)
        etag = f'"{xxh3_128_hexdigest(content.encode())}"'
        if is_known(etag):
            response = Response(status=304)
        else:
            response = json_response(Launch(tutorials=items, expires=expires))
        response.headers["ETag"] = etag
        response.headers["Cache-Control"] = cache_control
        response.headers["Expires"] = http_date(expires)
        response.headers["Vary"] = VARY
        return response

    return blueprint
