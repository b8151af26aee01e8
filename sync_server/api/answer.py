"""Answers in the contract's JSON."""

from __future__ import annotations

import json

from flask import Response

from client_sdk.contracts.codec import encode
from client_sdk.contracts.wire import Wire

__all__ = ["json_response"]


def json_response(value: Wire, *, status: int = 200) -> Response:
    """Return a wire type as ``application/json``."""
    text = json.dumps(encode(value), ensure_ascii=False, separators=(",", ":"))
    return Response(text, status=status, mimetype="application/json")
