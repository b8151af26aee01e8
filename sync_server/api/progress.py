"""``/api/tutorial/progress``: where the token's own person stands (DESIGN section 6)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

from flask import Blueprint, Response, request
from pydantic import TypeAdapter
from werkzeug.datastructures import ETags
from xxhash import xxh3_128_hexdigest

from client_sdk.contracts.codec import encode
from client_sdk.contracts.limits import Id
from client_sdk.contracts.problem import ProblemCode
from client_sdk.contracts.progress import (
    Progress,
    Resume,
    TutorialProgress,
)
from client_sdk.contracts.progress_conflict import ProgressConflict
from client_sdk.contracts.routes import PROGRESS
from sync_server.api.answer import json_response
from sync_server.api.body import decode_body
from sync_server.api.caching import IF_NONE_MATCH, is_known
from sync_server.api.operation import (
    Access,
    Answer,
    Operation,
    Parameter,
    Tag,
    describe,
)
from sync_server.api.query import optional_id
from sync_server.auth.guards import Guard
from sync_server.errors import ApiError, problem_response
from sync_server.progress.service import PreconditionFailedError, ProgressService

__all__ = ["progress_blueprint"]

_RESUME = TypeAdapter(Resume)
_HEADERS = {
    "ETag": "Names this content; send it back as `If-None-Match`.",
    "Cache-Control": "`private, no-cache`: ask each time, with the tag.",
    "Vary": "What else the answer depends on.",
}
_CACHING = (("Cache-Control", "private, no-cache"), ("Vary", "Authorization"))
_GET = Operation(
    summary="Get where the user stands in every tutorial",
    tag=Tag.PROGRESS,
    access=Access.USER,
    parameters=(
        Parameter(
            name="tutorialId",
            place="query",
            type=Id,
            about="Only this tutorial; `totalXp` is of all nevertheless.",
        ),
        IF_NONE_MATCH,
    ),
    answers={
        200: Answer(
            about="Every tutorial that the user has begun.",
            type=Progress,
            headers=_HEADERS,
        ),
        304: Answer(about="Nothing has changed.", headers=_HEADERS),
    },
    problems=frozenset({ProblemCode.INVALID_REQUEST}),
)
_PUT = Operation(
    summary="Say where to go on in a tutorial",
    tag=Tag.PROGRESS,
    access=Access.USER,
    body=Resume,
    example={
        "stepId": "create-project",
        "position": 1,
        "runId": "019aaf0e-5c00-7b60-8a51-3f1d2c4b5a71",
        "finished": False,
        "clock": {
            "wallMs": 1769848200000,
            "counter": 0,
            "deviceId": "019aaf0e-5c00-7b60-8a51-3f1d2c4b5a72",
        },
    },
    parameters=(
        Parameter(
            name="tutorialId",
            place="path",
            type=Id,
            about="The tutorial's id, as its author wrote it.",
            is_required=True,
            example="welcome-tour",
        ),
        Parameter(
            name="If-Match",
            place="header",
            type=str,
            about="The tutorial's `etag`: write only if that is what is there. "
            "`*`: only if anything is there.",
        ),
    ),
    answers={
        200: Answer(
            about="What is there now, all devices together.",
            type=TutorialProgress,
            headers={"ETag": "The same as `etag`; send it back as `If-Match`."},
        ),
        412: Answer(
            about="Something else is there; `current` and `ETag` say what.",
            type=ProgressConflict,
            content_type="application/problem+json",
            optional_headers={"ETag": "That of `current`."},
        ),
    },
    problems=frozenset(
        {
            ProblemCode.UNKNOWN_TUTORIAL,
            ProblemCode.UNKNOWN_STEP,
            ProblemCode.USER_ERASED,
        }
    ),
)


def progress_blueprint(*, progress: ProgressService, guard: Guard) -> Blueprint:
    """Return both routes."""
    blueprint = Blueprint("progress", __name__)

    @blueprint.get(PROGRESS)
    @describe(_GET)
    def read_progress() -> Response:
        """Completed steps, the furthest step, where to go on, and the points, over all
        devices of the user, and over the anonymous users that it was before.

        Steps and points never go back: a step that was completed on two devices is
        completed and paid once.
        """
        user_id = guard.user_id()
        tutorial_id = optional_id("tutorialId")
        response = _with_tag(json_response(_only(progress.of(user_id), tutorial_id)))
        response.headers.extend(_CACHING)
        return response

    @blueprint.put(f"{PROGRESS}/<path:tutorial_id>")
    @describe(_PUT)
    def write_progress(tutorial_id: str) -> Response:
        """The last writer wins, by a hybrid logical clock: the device's `clock` is a wall
        clock that it pushes beyond every clock it has seen. The write of an older clock
        changes nothing but the furthest step; the answer says what holds, and its clock is
        what the device goes on from. A clock more than five minutes ahead of the server's
        becomes the server's now.

        Without `If-Match` the write is merged, whenever it arrives and how often.
        """
        user_id = guard.user_id()
        resume = decode_body(_RESUME)
        try:
            current = progress.put(user_id, tutorial_id, resume, _condition())
        except PreconditionFailedError as exc:
            return _conflict(exc.current)
        response = json_response(current)
        response.headers["ETag"] = current.etag
        response.headers.extend(_CACHING)
        return response

    return blueprint


def _only(progress: Progress, tutorial_id: str | None) -> Progress:
    if tutorial_id is None:
        return progress
    mine = tuple(one for one in progress.tutorials if one.tutorial_id == tutorial_id)
    return dataclasses.replace(progress, tutorials=mine)


def _with_tag(response: Response) -> Response:
    """Return the answer with its entity tag, or 304 if the device has it already."""
    etag = f'"{xxh3_128_hexdigest(response.get_data())}"'
    if is_known(etag):
        response = Response(status=304)
    response.headers["ETag"] = etag
    return response


def _condition() -> Callable[[TutorialProgress | None], bool]:
    """Return what ``If-Match`` asks of what is there (RFC 9110 section 13.1.1)."""
    if "If-Match" not in request.headers:
        return lambda current: True
    tags: ETags = request.if_match
    return lambda current: (
        current is not None and tags.contains(current.etag.strip('"'))
    )


def _conflict(current: TutorialProgress | None) -> Response:
    response = problem_response(
        ApiError(
            ProblemCode.PRECONDITION_FAILED,
            "If-Match names another state; merge with what is there, or send without it.",
        )
    )
    if current is not None:
        body = json.loads(response.get_data()) | {"current": encode(current)}
        response.set_data(json.dumps(body, ensure_ascii=False))
        response.headers["ETag"] = current.etag
    response.headers.extend(_CACHING)
    return response
