"""The problems of the OpenAPI document: which codes a route may answer, and examples."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from client_sdk.contracts.codec import encode
from client_sdk.contracts.problem import FieldError, Problem, ProblemCode
from sync_server.api.operation import Access, Operation
from sync_server.errors import problem_of
from sync_server.openapi.comments import comments_of

__all__ = ["PROBLEM_TYPE", "problem_codes", "problem_examples", "problem_response"]

PROBLEM_TYPE = "application/problem+json"
_REQUEST_ID = "6f1d0c2ba4e85937"
_BODY = (
    ProblemCode.INVALID_JSON,
    ProblemCode.INVALID_REQUEST,
    ProblemCode.BODY_TOO_LARGE,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
)
_TOKEN = (
    ProblemCode.TOKEN_INVALID,
    ProblemCode.TOKEN_EXPIRED,
    ProblemCode.IDENTITY_UNAVAILABLE,
    ProblemCode.FORBIDDEN,
    ProblemCode.IDENTITY_UNAVAILABLE,
)
#: Statuses that have headers of their own, beside the request's id.
_HEADERS = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}


def problem_codes(
    operation: Operation, *, has_path_parameter: bool
) -> dict[int, list[ProblemCode]]:
    """Return every code that a route may answer, by status.

    The route's own ``problems``, and those that follow from what it takes.
    """
    codes = {*operation.problems, ProblemCode.INTERNAL_ERROR}
    if operation.body is not None:
        codes |= {*_BODY}
    if operation.access is not Access.OPEN:
        codes |= {*_TOKEN}
    if operation.access in (Access.USER, Access.SERVICE):
        codes.add(ProblemCode.TOKEN_MISSING)
    if not operation.is_machinery:
        codes |= {ProblemCode.RATE_LIMITED, ProblemCode.DATABASE_UNAVAILABLE}
    if has_path_parameter:
        codes.add(ProblemCode.NOT_FOUND)
    places = [(problem_of(code).status, code) for code in codes]
    if operation.access is not Access.OPEN:
        # a subject in another spelling than the canonical one (TokenVerifier)
        places.append((400, ProblemCode.TOKEN_INVALID))
    return _by_status(places)


def _by_status(
    places: Iterable[tuple[int, ProblemCode]],
) -> dict[int, list[ProblemCode]]:
    order = list(ProblemCode)
    found: dict[int, list[ProblemCode]] = {}
    for status, code in sorted(
        places, key=lambda each: (each[0], order.index(each[1]))
    ):
        found.setdefault(status, []).append(code)
    return found


def problem_response(status: int, codes: Collection[ProblemCode]) -> dict[str, Any]:
    """Return the OpenAPI response of one status with its codes."""
    meanings = comments_of(ProblemCode)
    headers = ["X-Request-Id", *([_HEADERS[status]] if status in _HEADERS else [])]
    return {
        "description": "\n".join(
            f"- `{code}`: {meanings[code.name]}" for code in codes
        ),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": {
            PROBLEM_TYPE: {
                "schema": _narrowed(status, codes),
                "examples": {
                    code.value: {"$ref": f"#/components/examples/{code.value}"}
                    for code in codes
                },
            }
        },
    }


def _narrowed(status: int, codes: Collection[ProblemCode]) -> dict[str, Any]:
    return {
        "allOf": [
            {"$ref": "#/components/schemas/Problem"},
            {
                "properties": {
                    "status": {"const": status},
                    "code": {"enum": [code.value for code in codes]},
                }
            },
        ]
    }


def problem_examples() -> dict[str, Any]:
    """Return one example a code, for ``#/components/examples``."""
    return {code.value: _example(code) for code in ProblemCode}


def _example(code: ProblemCode) -> dict[str, Any]:
    kind = problem_of(code)
    problem = Problem(
        type=kind.type,
        title=kind.title,
        status=kind.status,
        code=code,
        detail=_DETAILS[code],
        request_id=_REQUEST_ID,
        errors=_ERRORS.get(code, ()),
    )
    return {"summary": kind.title, "value": encode(problem)}


#: What the server says in such a case; a test finds the code that has none.
_DETAILS = {
    ProblemCode.INVALID_JSON: "The body is not JSON: expected value at line 1 column 1.",
    ProblemCode.INVALID_REQUEST: "/stepId: the field is missing",
    ProblemCode.BODY_TOO_LARGE: "The body is longer than 1048576 bytes; "
    "send smaller batches.",
    ProblemCode.UNSUPPORTED_MEDIA_TYPE: "Send the body as Content-Type: "
    "application/json.",
    ProblemCode.TOKEN_MISSING: "Send the header Authorization: Bearer <token>.",
    ProblemCode.TOKEN_INVALID: "The token's signature does not fit: it was signed with "
    "another key.",
    ProblemCode.TOKEN_EXPIRED: "The token has expired; get a new one.",
    ProblemCode.IDENTITY_UNAVAILABLE: "The identity provider's keys cannot be fetched, "
    "so the token cannot be checked; send the same again.",
    ProblemCode.FORBIDDEN: "This route is for users; the token's role is service.",
    ProblemCode.ANONYMOUS_TOKEN_INVALID: "The anonymous token has expired; get a new one "
    "for the same secret.",
    ProblemCode.ALREADY_IDENTIFIED: "The anonymous user is linked to another account.",
    ProblemCode.USER_ERASED: "The user was erased after this happened.",
    ProblemCode.UNKNOWN_TUTORIAL: "No published tutorial has this id.",
    ProblemCode.UNKNOWN_STEP: "No version of the tutorial has this step.",
    ProblemCode.UNKNOWN_VARIANT: "No experiment on the tutorial has this variant.",
    ProblemCode.UNKNOWN_VERSION: "The tutorial never had this version.",
    ProblemCode.UNKNOWN_EXPERIMENT: "No experiment has this id.",
    ProblemCode.INVALID_ANSWER: "/answers/0/score: the number must be at most 10",
    ProblemCode.PRECONDITION_FAILED: "The progress has changed since it was read.",
    ProblemCode.RATE_LIMITED: "Too many requests; wait as long as Retry-After says.",
    ProblemCode.UNKNOWN_DEVICE: "The header x-kazi-device is not one of web, ios, "
    "android, desktop.",
    ProblemCode.SURVEY_RATE_LIMITED: "The user answered a survey less than 30 days ago.",
    ProblemCode.NOT_FOUND: "No route has this path; see the HTTP API's list.",
    ProblemCode.METHOD_NOT_ALLOWED: "The route takes GET, HEAD, OPTIONS.",
    ProblemCode.DATABASE_UNAVAILABLE: "The database does not answer; nothing was stored. "
    "Send the same again.",
    ProblemCode.IDENTITY_UNAVAILABLE: "The keys of the identity provider cannot be read "
    "now; send the same again.",
    ProblemCode.INTERNAL_ERROR: "The server failed; its log has the reason under this "
    "request id.",
}
_ERRORS = {
    ProblemCode.INVALID_REQUEST: (
        FieldError(pointer="/stepId", detail="the field is missing"),
    ),
    ProblemCode.INVALID_ANSWER: (
        FieldError(pointer="/answers/0/score", detail="the number must be at most 10"),
    ),
}
