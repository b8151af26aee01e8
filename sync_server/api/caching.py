"""Conditional requests: answers that the device has already cost no body (RFC 9110)."""

from __future__ import annotations

from datetime import datetime
from email.utils import formatdate
from functools import lru_cache

from flask import request

from sync_server.api.operation import Parameter
from sync_server.current import current_environ

__all__ = ["CACHE_HEADERS", "IF_NONE_MATCH", "http_date", "is_known"]

CACHE_HEADERS = {
    "ETag": "Names this content, `expires` aside; send it back as `If-None-Match`.",
    "Cache-Control": "How long the device need not ask again.",
    "Expires": "The same instant as `expires`.",
    "Vary": "What else the answer depends on.",
}
IF_NONE_MATCH = Parameter(
    name="If-None-Match",
    place="header",
    type=str,
    about="The `ETag` of the content that the device has.",
)


def http_date(moment: datetime) -> str:
    """Return the form of HTTP, whole seconds."""
    return _http_date(int(moment.timestamp()))


def is_known(etag: str) -> bool:
    """Tell whether the device has the answer with this quoted tag already."""
    sent = current_environ().get("HTTP_IF_NONE_MATCH")
    if sent is None:
        return False
    # parsing the list costs ten times as much, and devices send the tag as they got it
    return sent == etag or request.if_none_match.contains_weak(etag.strip('"'))


@lru_cache(1)
def _http_date(seconds: int) -> str:
    """Return the form of HTTP; it is the same for all requests of one second."""
    return formatdate(seconds, usegmt=True)
