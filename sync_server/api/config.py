"""``GET /api/tutorial/config``: the tutorial as one user sees it (specification 2.1)."""

from __future__ import annotations

from datetime import timedelta
from email.utils import formatdate
from functools import lru_cache
from urllib.parse import parse_qs

from flask import Blueprint, Response, request

from client_sdk.contracts.limits import Id
from client_sdk.contracts.problem import FieldError, ProblemCode
from client_sdk.contracts.routes import CONFIG, DEVICE_HEADER
from client_sdk.contracts.tutorial import Device, TutorialConfig
from sync_server.api.operation import (
    Access,
    Answer,
    Operation,
    Parameter,
    Tag,
    describe,
)
from sync_server.auth.guards import Guard
from sync_server.clock import Clock
from sync_server.errors import ApiError
from sync_server.tutorials.catalog import Catalog
from sync_server.tutorials.snapshot import PublishedTutorial, Snapshot

__all__ = ["config_blueprint"]

_DEVICES = frozenset(device.value for device in Device)
_DEVICE_KEY = "HTTP_" + DEVICE_HEADER.upper().replace("-", "_")
#: Query strings that are remembered with what they ask for.
_MAX_QUERIES = 1_000
_VARY = f"Authorization, {DEVICE_HEADER}"
_CACHE_HEADERS = {
    "ETag": "Names this content, `expires` aside; send it back as `If-None-Match`.",
    "Cache-Control": "How long the device need not ask again.",
    "Expires": "The same instant as `expires`.",
    "Vary": "What else the answer depends on.",
}
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
        Parameter(
            name=DEVICE_HEADER,
            place="header",
            type=Device,
            about="The kind of device; `web` where it is missing.",
        ),
        Parameter(
            name="If-None-Match",
            place="header",
            type=str,
            about="The `ETag` of the content that the device has.",
        ),
    ),
    answers={
        200: Answer(
            about="The tutorial, after experiment and persona.",
            type=TutorialConfig,
            headers=_CACHE_HEADERS,
        ),
        304: Answer(
            about="The device has this very content; it is good until `Expires`.",
            headers=_CACHE_HEADERS,
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
        _check_device()
        snapshot = catalog.current()
        rendered = snapshot.config(_tutorial(snapshot), user_id)
        expires = clock() + lifetime
        is_known = _is_known(rendered.etag)
        return Response(
            b"" if is_known else rendered.body(expires),
            status=304 if is_known else 200,
            headers=[
                ("ETag", rendered.etag),
                ("Cache-Control", cache_control),
                ("Expires", _http_date(int(expires.timestamp()))),
                ("Vary", _VARY),
            ],
            mimetype="application/json",
        )

    return blueprint


def _check_device() -> None:
    device = request.environ.get(_DEVICE_KEY, Device.WEB.value)
    if device not in _DEVICES:
        raise ApiError(
            ProblemCode.UNKNOWN_DEVICE,
            f"The header {DEVICE_HEADER} is not one of {', '.join(Device)}.",
        )


def _tutorial(snapshot: Snapshot) -> PublishedTutorial:
    tutorial_id = _tutorial_id(request.environ.get("QUERY_STRING", ""))
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
    return parse_qs(query).get("tutorialId", [""])[0]


@lru_cache(1)
def _http_date(seconds: int) -> str:
    """Return the form of HTTP; it is the same for all requests of one second."""
    return formatdate(seconds, usegmt=True)


def _is_known(etag: str) -> bool:
    """Tell whether the device has this very answer already."""
    sent = request.environ.get("HTTP_IF_NONE_MATCH")
    if sent is None:
        return False
    # parsing the list costs ten times as much, and devices send the tag as they got it
    return sent == etag or request.if_none_match.contains_weak(etag.strip('"'))
