"""Errors that a client may see, as RFC 9457 problems with a stable code."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
import psycopg_pool
from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from client_sdk.contracts.codec import encode
from client_sdk.contracts.limits import MAX_BODY_BYTES
from client_sdk.contracts.problem import FieldError, Problem, ProblemCode

__all__ = [
    "DATABASE_RETRY_SECONDS",
    "ApiError",
    "ProblemKind",
    "install_error_handlers",
    "problem_of",
    "problem_response",
]

logger = logging.getLogger(__name__)

#: Seconds after which a client may ask a database that was away again.
DATABASE_RETRY_SECONDS = 2

_KINDS: dict[ProblemCode, tuple[int, str]] = {
    ProblemCode.INVALID_JSON: (400, "The body is not JSON"),
    ProblemCode.INVALID_REQUEST: (400, "The request does not fit"),
    ProblemCode.BODY_TOO_LARGE: (413, "The body is too large"),
    ProblemCode.UNSUPPORTED_MEDIA_TYPE: (415, "The content type is not supported"),
    ProblemCode.TOKEN_MISSING: (401, "A bearer token is needed"),
    ProblemCode.TOKEN_INVALID: (401, "The token is not valid"),
    ProblemCode.TOKEN_EXPIRED: (401, "The token has expired"),
    ProblemCode.IDENTITY_UNAVAILABLE: (503, "The identity provider is not available"),
    ProblemCode.FORBIDDEN: (403, "The token does not allow this"),
    ProblemCode.ANONYMOUS_TOKEN_INVALID: (422, "The anonymous token is not valid"),
    ProblemCode.ALREADY_IDENTIFIED: (409, "The anonymous user belongs to an account"),
    ProblemCode.USER_ERASED: (410, "The user was erased"),
    ProblemCode.UNKNOWN_TUTORIAL: (404, "The tutorial is unknown"),
    ProblemCode.UNKNOWN_STEP: (422, "The step is unknown"),
    ProblemCode.UNKNOWN_VARIANT: (422, "The variant is unknown"),
    ProblemCode.UNKNOWN_VERSION: (422, "The version is unknown"),
    ProblemCode.UNKNOWN_EXPERIMENT: (404, "The experiment is unknown"),
    ProblemCode.INVALID_ANSWER: (422, "The answer does not fit the survey"),
    ProblemCode.PRECONDITION_FAILED: (412, "It has changed since it was read"),
    ProblemCode.RATE_LIMITED: (429, "Too many requests"),
    ProblemCode.UNKNOWN_DEVICE: (400, "The device is unknown"),
    ProblemCode.SURVEY_RATE_LIMITED: (429, "A survey was answered recently"),
    ProblemCode.NOT_FOUND: (404, "There is no such route"),
    ProblemCode.METHOD_NOT_ALLOWED: (405, "The route has no such method"),
    ProblemCode.DATABASE_UNAVAILABLE: (503, "The database is not available"),
    ProblemCode.INTERNAL_ERROR: (500, "The server failed"),
}

_REALM = 'Bearer realm="kazi-tutorial"'
#: What follows the realm (RFC 6750 section 3): no error where no token was sent.
_CHALLENGES = {
    ProblemCode.TOKEN_MISSING: "",
    ProblemCode.TOKEN_INVALID: ', error="invalid_token"',
    ProblemCode.TOKEN_EXPIRED: ', error="invalid_token"',
    ProblemCode.FORBIDDEN: ', error="insufficient_scope"',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemKind:
    """What all problems of one code share (RFC 9457: type, title, status)."""

    type: str
    title: str
    status: int


def problem_of(code: ProblemCode) -> ProblemKind:
    """Return the kind of problem that a code stands for."""
    status, title = _KINDS[code]
    return ProblemKind(
        type=f"urn:kazi-tutorial:problem:{code}", title=title, status=status
    )


class ApiError(Exception):
    """A request that is answered with a problem.

    ``status`` replaces the code's usual one; ``retry_after_seconds`` becomes the header.
    """

    def __init__(
        self,
        code: ProblemCode,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        status: int | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.status = status or problem_of(code).status
        self.retry_after_seconds = retry_after_seconds
        #: Further header fields of the answer.
        self.headers: dict[str, str] = {}


def problem_response(error: ApiError) -> Response:
    """Return the error as ``application/problem+json``."""
    kind = problem_of(error.code)
    problem = Problem(
        type=kind.type,
        title=kind.title,
        status=error.status,
        code=error.code,
        detail=error.detail,
        request_id=g.get("request_id"),
        errors=error.errors,
    )
    response = Response(
        json.dumps(encode(problem), ensure_ascii=False),
        status=error.status,
        mimetype="application/problem+json",
    )
    if error.code in _CHALLENGES:
        response.headers["WWW-Authenticate"] = _REALM + _CHALLENGES[error.code]
    if error.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    response.headers.update(error.headers)
    return response


def install_error_handlers(app: Flask) -> None:
    """Answer every error of the application with a problem, the unforeseen included."""
    app.register_error_handler(ApiError, problem_response)
    app.register_error_handler(psycopg.OperationalError, _database_unavailable)
    app.register_error_handler(psycopg_pool.PoolTimeout, _database_unavailable)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(Exception, _unforeseen)


def _database_unavailable(exc: Exception) -> Response:
    # the driver's message names host and database, never a value of ours
    logger.warning(
        "the database does not answer",
        extra={"error": type(exc).__name__, "reason": str(exc).partition("\n")[0]},
    )
    return problem_response(
        ApiError(
            ProblemCode.DATABASE_UNAVAILABLE,
            "The database does not answer; nothing was stored. Send the same again.",
            retry_after_seconds=DATABASE_RETRY_SECONDS,
        )
    )


def _http_problem(exc: HTTPException) -> Response:
    if isinstance(exc, RequestEntityTooLarge):
        return problem_response(
            ApiError(
                ProblemCode.BODY_TOO_LARGE,
                f"The body is longer than {MAX_BODY_BYTES} bytes; send smaller batches.",
            )
        )
    if exc.code in (404, 405):
        return _unrouted(exc)
    detail = exc.description or exc.name
    return problem_response(
        ApiError(ProblemCode.INVALID_REQUEST, detail, status=exc.code)
    )


def _unrouted(exc: HTTPException) -> Response:
    if exc.code == 404:
        error = ApiError(
            ProblemCode.NOT_FOUND, "No route has this path; see the HTTP API's list."
        )
        return problem_response(error)
    allowed = sorted(getattr(exc, "valid_methods", None) or ())
    response = problem_response(
        ApiError(
            ProblemCode.METHOD_NOT_ALLOWED, f"The route takes {', '.join(allowed)}."
        )
    )
    response.headers["Allow"] = ", ".join(allowed)
    return response


def _unforeseen(exc: Exception) -> Response:
    # the traceback's last line may quote a value, so only types and places are logged
    logger.error(
        "a request failed", extra={"error": type(exc).__name__, "trace": _places(exc)}
    )
    return problem_response(
        ApiError(
            ProblemCode.INTERNAL_ERROR,
            "The server failed; its log has the reason under this request id.",
        )
    )


def _places(exc: BaseException) -> list[str]:
    places = []
    traceback = exc.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_qualname}")
        traceback = traceback.tb_next
    return places
