"""``GET /api/tutorial/config``: the tutorial as one user sees it (specification 2.1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import parse_qs

from flask import Blueprint, Response

from client_sdk.contracts.limits import Id
from client_sdk.contracts.problem import FieldError, ProblemCode
from client_sdk.contracts.routes import CONFIG, CONFIG_V2, DEVICE_HEADER
from client_sdk.contracts.tutorial import TutorialConfig
from sync_server.api.caching import CACHE_HEADERS, IF_NONE_MATCH, http_date
from sync_server.api.coding import accepts_gzip
from sync_server.api.device import DEVICE_PARAMETER, device_of_request
from sync_server.api.operation import (
    Access,
    Answer,
    Operation,
    Parameter,
    Tag,
    describe,
)
from sync_server.api.query import invalid_parameter
from sync_server.auth.guards import Guard
from sync_server.clock import Clock
from sync_server.current import current_environ
from sync_server.errors import ApiError
from sync_server.tutorials.catalog import Catalog
from sync_server.tutorials.rendering import RenderedConfig
from sync_server.tutorials.snapshot import PublishedTutorial, Snapshot

__all__ = ["config_blueprint"]

#: Query strings that are remembered with what they ask for.
_MAX_QUERIES = 1_000
_VARY = f"Accept-Encoding, Authorization, {DEVICE_HEADER}"
_OPERATION = Operation(
    summary="Get a tutorial as one user sees it",
    tag=Tag.TUTORIALS,
    access=Access.OPTIONAL_USER,
    parameters=(
        Parameter(
            name="tutorialId",
            place="query",
            type=Id,
            about="The tutorial's id, as its author wrote it.",
            is_required=True,
            example="welcome-tour",
        ),
        DEVICE_PARAMETER,
        IF_NONE_MATCH,
    ),
    answers={
        200: Answer(
            about="The tutorial, after experiment and persona.",
            type=TutorialConfig,
            headers=CACHE_HEADERS,
        ),
        304: Answer(
            about="The device has this very content; it is good until `Expires`.",
            headers=CACHE_HEADERS,
        ),
    },
    problems=frozenset(
        {
            ProblemCode.INVALID_REQUEST,
            ProblemCode.UNKNOWN_DEVICE,
            ProblemCode.UNKNOWN_TUTORIAL,
        }
    ),
)


def config_blueprint(
    *, catalog: Catalog, guard: Guard, clock: Clock, ttl_seconds: int
) -> Blueprint:
    """Return the route; devices ask again after ``ttl_seconds``."""
    blueprint = Blueprint("config", __name__)
    lifetime = timedelta(seconds=ttl_seconds)
    cache_control = f"private, max-age={ttl_seconds}"

    @blueprint.get(CONFIG)
    @describe(_OPERATION)
    def config() -> Response:
        """The ordered steps for one user: the variant of the running experiment and the
        persona are applied already (specification 2.1).

        Without a token the answer is the control for the default persona, and nothing is
        stored. Ask again after `expires` with `If-None-Match`: most answers are a 304
        without a body.
        """
        user_id = guard.optional_user_id()
        device_of_request()
        snapshot = catalog.current()
        rendered = snapshot.config(_tutorial(snapshot), user_id)
        expires = clock() + lifetime
        headers = [
            ("Cache-Control", cache_control),
            ("Expires", http_date(expires)),
            ("Vary", _VARY),
        ]
        known = current_environ().get("HTTP_IF_NONE_MATCH")
        etag = rendered.etag_known(known) if known else None
        if etag is not None:
            headers.append(("ETag", etag))
            return Response(status=304, headers=headers, mimetype="application/json")
        return _whole(rendered, expires, headers)

    # the same engine for shadow serving (specification section 9), an operation of its own
    blueprint.add_url_rule(CONFIG_V2, "config_v2", config)
    return blueprint


def _whole(
    rendered: RenderedConfig, expires: datetime, headers: list[tuple[str, str]]
) -> Response:
    """Return the answer with its body, compressed if the device reads that."""
    body = rendered.gzip_body(expires) if accepts_gzip(current_environ()) else None
    if body is None:
        headers.append(("ETag", rendered.etag))
        body = rendered.body(expires)
    else:
        headers += (("ETag", rendered.gzip_etag), ("Content-Encoding", "gzip"))
    return Response(body, headers=headers, mimetype="application/json")


def _tutorial(snapshot: Snapshot) -> PublishedTutorial:
    tutorial_id = _tutorial_id(current_environ().get("QUERY_STRING", ""))
    if not tutorial_id:
        raise ApiError(
            ProblemCode.INVALID_REQUEST,
            "The query parameter tutorialId is missing.",
            errors=[FieldError(pointer="/tutorialId", detail="the field is missing")],
        )
    tutorial = snapshot.tutorials.get(tutorial_id)
    if tutorial is None:
        raise ApiError(
            ProblemCode.UNKNOWN_TUTORIAL, "No published tutorial has this id."
        )
    return tutorial


@lru_cache(_MAX_QUERIES)
def _tutorial_id(query: str) -> str:
    """Return the tutorial that a query string asks for; devices send the same few."""
    values = parse_qs(query, keep_blank_values=True).get("tutorialId", [""])
    if len(values) > 1:
        # a cache in between may have taken the other one for its key
        raise invalid_parameter("tutorialId", "it stands there twice")
    return values[0]
