"""Content coding of answers: gzip where the client asks for it (RFC 9110 section 12.5.3)."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from flask import Flask, Response
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from sync_server.current import current_environ
from sync_server.tutorials.rendering import MIN_GZIP_BYTES

__all__ = ["accepts_gzip", "install_compression"]

#: Longest header that is looked at and remembered: real ones have 20 to 60 characters.
_MAX_HEADER_LENGTH = 256
_MAX_REMEMBERED = 1_000
#: Half of what the best level costs, for a twentieth more bytes.
_LEVEL = 6
#: No HTML: a page that repeats input beside a secret (a CSRF token) must not be
#: compressed (the BREACH attack).
_COMPRESSED_TYPES = frozenset(
    {"application/json", "application/problem+json", "text/plain"}
)


def accepts_gzip(environ: Mapping[str, Any]) -> bool:
    """Tell whether the client of a request reads gzip."""
    header: str | None = environ.get("HTTP_ACCEPT_ENCODING")
    if not header or len(header) > _MAX_HEADER_LENGTH:
        return False
    return _names_gzip(header)


def install_compression(app: Flask) -> None:
    """Compress what the application answers in text of 1 KiB or more.

    An answer with a strong tag stays as it is: its route decides, because what is
    compressed needs another tag.
    """

    @app.after_request
    def compress(response: Response) -> Response:
        if response.status_code == 304 or not _is_worth_it(response):
            return response
        response.vary.add("Accept-Encoding")
        if accepts_gzip(current_environ()):
            response.set_data(gzip.compress(response.get_data(), _LEVEL, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
        return response


@lru_cache(_MAX_REMEMBERED)
def _names_gzip(header: str) -> bool:
    return parse_accept_header(header, Accept).quality("gzip") > 0


def _is_worth_it(response: Response) -> bool:
    headers = response.headers
    return (
        "ETag" not in headers
        and response.mimetype in _COMPRESSED_TYPES
        and (response.content_length or 0) >= MIN_GZIP_BYTES
        and "Content-Encoding" not in headers
        and not response.is_streamed
    )
