"""Read a request's body and decode it into a contract type, or say what is wrong where."""

from __future__ import annotations

import json
import zlib
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from client_sdk.contracts.limits import MAX_BODY_BYTES
from client_sdk.contracts.problem import FieldError, ProblemCode
from sync_server.current import Environ, current_environ, current_request
from sync_server.errors import ApiError
from sync_server.validation import faults_of, pointer_of

__all__ = [
    "JSON_TYPE",
    "decode_body",
    "field_errors",
    "has_plain_length",
    "parse_json",
    "read_body",
]

T = TypeVar("T")

JSON_TYPE = "application/json"
#: Longer lengths are left to werkzeug, which refuses them.
_MAX_LENGTH_DIGITS = 9


def read_body(environ: Environ | None = None) -> bytes:
    """Return the body, decompressed; ApiError if it is too large or of another type.

    Of the request at hand, or of another whose type and length are told in the usual form.
    """
    environ = environ or current_environ()
    # the usual form costs nothing; the rest is read with care
    if environ.get("CONTENT_TYPE") != JSON_TYPE and current_request().mimetype not in (
        JSON_TYPE,
        "",
    ):
        raise ApiError(
            ProblemCode.UNSUPPORTED_MEDIA_TYPE,
            "Send the body as Content-Type: application/json.",
        )
    encoding = environ.get("HTTP_CONTENT_ENCODING", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise ApiError(
            ProblemCode.UNSUPPORTED_MEDIA_TYPE,
            "Send the body as it is, or with Content-Encoding: gzip.",
        )
    sent = _sent_bytes(environ)
    body = _gunzipped(sent) if encoding == "gzip" else sent
    if len(body) > MAX_BODY_BYTES:
        raise RequestEntityTooLarge
    return body


def _sent_bytes(environ: Environ) -> bytes:
    """Return the body as it was sent; RequestEntityTooLarge if it is too long."""
    if not has_plain_length(environ):
        return current_request().get_data(cache=False)
    length = int(environ["CONTENT_LENGTH"])
    if length > MAX_BODY_BYTES:
        raise RequestEntityTooLarge
    # without werkzeug's stream around it, which a small body would pay for
    body: bytes = environ["wsgi.input"].read(length)
    return body


def has_plain_length(environ: Environ) -> bool:
    """Tell whether the body's length is told, and no absurd one."""
    length = environ.get("CONTENT_LENGTH", "")
    return length.isascii() and length.isdigit() and len(length) <= _MAX_LENGTH_DIGITS


def decode_body(adapter: TypeAdapter[T], environ: Environ | None = None) -> T:
    """Return the body as the adapter's type; ApiError with a pointer to each fault.

    ``environ`` is as for :func:`read_body`.

    An object with the same key twice is refused (RFC 8259 section 4 leaves open what it
    means, so that whoever stands in front of this server may have read another value).
    """
    body = read_body(environ)
    try:
        decoded = adapter.validate_json(body)
    except ValidationError as exc:
        raise invalid_request(exc) from None
    parse_json(body)
    return decoded


def parse_json(body: bytes, *, last_key_counts: bool = False) -> Any:
    """Return the parsed body; ApiError if it is not JSON in UTF-8.

    An object with the same key twice is refused, too, unless the last one is to count.
    """
    try:
        decoder = _LAST_KEY_COUNTS if last_key_counts else _EACH_KEY_ONCE
        return decoder.decode(body.decode("utf-8"))
    except (ValueError, RecursionError) as exc:
        raise ApiError(
            ProblemCode.INVALID_JSON, f"The body is not JSON: {_reason(exc)}."
        ) from None


class _RepeatedKeyError(ValueError):
    """An object has the same key twice."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _RepeatedKeyError
    return members


_EACH_KEY_ONCE = json.JSONDecoder(object_pairs_hook=_members)
_LAST_KEY_COUNTS = json.JSONDecoder()


def _reason(exc: Exception) -> str:
    match exc:
        case json.JSONDecodeError():
            return exc.msg
        case _RepeatedKeyError():
            return "an object has the same key twice"
        case UnicodeDecodeError():
            return "it is not UTF-8"
        case RecursionError():
            return "it is nested too deeply"
        case _:
            return "a number has too many digits"


def invalid_request(exc: ValidationError) -> ApiError:
    """Return the error of a body that does not fit; values are never repeated."""
    details = exc.errors(include_url=False, include_input=False)
    if details[0]["type"] == "json_invalid":
        reason = details[0].get("ctx", {}).get("error", "malformed")
        return ApiError(ProblemCode.INVALID_JSON, f"The body is not JSON: {reason}.")
    errors = field_errors(exc)
    return ApiError(
        ProblemCode.INVALID_REQUEST,
        f"{errors[0].pointer or 'The body'}: {errors[0].detail}"
        + (f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""),
        errors=errors,
    )


def field_errors(exc: ValidationError) -> list[FieldError]:
    """Return each fault with a JSON pointer to its place."""
    return [
        FieldError(pointer=pointer_of(location), detail=detail)
        for location, detail in faults_of(exc)
    ]


def _gunzipped(data: bytes) -> bytes:
    """Return the decompressed body, or the first byte too much of one too large."""
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        body = stream.decompress(data, MAX_BODY_BYTES + 1)
    except zlib.error:
        raise ApiError(
            ProblemCode.INVALID_JSON, "The body is not gzip, as its encoding says."
        ) from None
    if not stream.eof and len(body) <= MAX_BODY_BYTES:
        raise ApiError(ProblemCode.INVALID_JSON, "The gzip body ends too early.")
    if stream.unused_data and len(body) <= MAX_BODY_BYTES:
        # a reader that goes on and one that stops here would see different bodies
        raise ApiError(
            ProblemCode.INVALID_JSON, "Something stands behind the gzip body."
        )
    return body
