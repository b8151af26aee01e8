"""Requests and answers as the fakes of ``client_sdk.testing`` read and write them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import Any

from client_sdk._transport import Request, Response
from client_sdk.contracts.codec import encode
from client_sdk.contracts.problem import Problem

__all__ = ["body_of", "json_response", "problem_response", "token_of"]


def problem_response(
    status: int, code: str, *, headers: dict[str, str] | None = None
) -> Response:
    """Return an error answer of the sync server."""
    problem = Problem(
        type="about:blank",
        title=code,
        status=status,
        code=code,
        detail=f"{code} by the test",
    )
    kind = {"content-type": "application/problem+json"}
    return json_response(status, encode(problem), {**kind, **(headers or {})})


def json_response(
    status: int, body: Any, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an answer with a JSON body; ``headers`` may name another kind of JSON."""
    content = {"content-type": "application/json", **(headers or {})}
    return Response(status=status, headers=content, body=json.dumps(body).encode())


def token_of(request: Request) -> str:
    """Return the token that a request bears; nothing if it bears none."""
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def body_of(request: Request) -> Any:
    """Return the JSON that a request holds, compressed or not."""
    body = request.body or b"null"
    is_gzip = request.headers.get("content-encoding") == "gzip"
    return json.loads(gzip.decompress(body) if is_gzip else body)
