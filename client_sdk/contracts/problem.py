"""Errors over the wire: RFC 9457 problem details with a stable code."""

from __future__ import annotations

from enum import StrEnum

from client_sdk.contracts.wire import Wire, wire

__all__ = ["FieldError", "Problem", "ProblemCode"]


class ProblemCode(StrEnum):
    """Stable codes; programs decide on these, people read ``detail``."""

    #: The body is not JSON in UTF-8.
    INVALID_JSON = "invalid_json"
    #: A field is missing, of the wrong type or out of bounds; ``errors`` names it.
    INVALID_REQUEST = "invalid_request"
    #: The body is longer than the limit.
    BODY_TOO_LARGE = "body_too_large"
    #: The content type or encoding is not one that the route takes.
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    #: The route needs a bearer token and none was sent.
    TOKEN_MISSING = "token_missing"  # noqa: S105
    #: The token is malformed, not ours, or its subject is not a canonical UUID.
    TOKEN_INVALID = "token_invalid"  # noqa: S105
    #: The token was good once.
    TOKEN_EXPIRED = "token_expired"  # noqa: S105
    #: The identity provider's keys cannot be fetched, so nobody knows; try again later.
    IDENTITY_UNAVAILABLE = "identity_unavailable"
    #: The token is good, but not for this.
    FORBIDDEN = "forbidden"
    #: The anonymous token to link is malformed, expired, or no anonymous user's.
    ANONYMOUS_TOKEN_INVALID = "anonymous_token_invalid"  # noqa: S105
    #: The anonymous user belongs to another account already.
    ALREADY_IDENTIFIED = "already_identified"
    #: The user was erased after this happened; nothing of it is kept.
    USER_ERASED = "user_erased"
    #: No published tutorial has this id.
    UNKNOWN_TUTORIAL = "unknown_tutorial"
    #: No version of the tutorial ever had this step.
    UNKNOWN_STEP = "unknown_step"
    #: No experiment on the tutorial has this variant.
    UNKNOWN_VARIANT = "unknown_variant"
    #: The tutorial never had this version.
    UNKNOWN_VERSION = "unknown_version"
    #: No experiment has this id.
    UNKNOWN_EXPERIMENT = "unknown_experiment"
    #: The answer does not fit the tutorial's survey; ``errors`` names the question.
    INVALID_ANSWER = "invalid_answer"
    #: What is stored has changed since it was read; the answer holds what is there now.
    PRECONDITION_FAILED = "precondition_failed"
    #: Too many requests of one user or address; ``Retry-After`` says when to go on.
    RATE_LIMITED = "rate_limited"
    #: The header ``x-kazi-device`` has an unknown value.
    UNKNOWN_DEVICE = "unknown_device"
    #: The user answered a survey less than 30 days ago.
    SURVEY_RATE_LIMITED = "survey_rate_limited"
    #: No such route.
    NOT_FOUND = "not_found"
    #: The route exists, the method does not.
    METHOD_NOT_ALLOWED = "method_not_allowed"
    #: The database does not answer; try again later.
    DATABASE_UNAVAILABLE = "database_unavailable"
    #: A fault of ours; the request id finds it in the logs.
    INTERNAL_ERROR = "internal_error"


@wire(frozen=True, kw_only=True)
class FieldError(Wire):
    """One fault of the request: a JSON pointer to the field, and what is wrong."""

    #: JSON pointer (RFC 6901) into the body; for a query parameter its name after a
    #: slash; empty for the whole body.
    pointer: str
    #: What would be right there.
    detail: str


@wire(frozen=True, kw_only=True)
class Problem(Wire):
    """Body of every error answer, as ``application/problem+json``."""

    #: A name of this kind of problem, not a place to fetch.
    type: str
    #: The kind of problem in words; the same for every problem of one code.
    title: str
    #: The answer's status.
    status: int
    #: A stable code: decide on this.
    code: str
    #: What is wrong with this request, for a person. Never a value that was sent.
    detail: str = ""
    #: The same as `X-Request-Id`; the server's log has it.
    request_id: str | None = None
    #: Each field that is wrong.
    errors: tuple[FieldError, ...] = ()
