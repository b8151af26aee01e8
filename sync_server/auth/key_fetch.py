"""Fetch a key set over HTTP, bounded in size, time and place."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import IO
from urllib.parse import urlsplit

__all__ = ["Fetch", "FetchError", "TIMEOUT_SECONDS", "fetch_document"]

#: Returns the body that a URL answers; FetchError if there is none.
Fetch = Callable[[str], bytes]
#: Longest time that the whole answer may take.
TIMEOUT_SECONDS = 3.0
MAX_DOCUMENT_BYTES = 1024 * 1024
_CHUNK_BYTES = 65_536
_HEADERS = {"Accept": "application/json", "User-Agent": "kazi-tutorial"}


class FetchError(Exception):
    """The document could not be fetched; the message says why, for an operator."""


def fetch_document(url: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> bytes:
    """Return the body of a 200 answer.

    FetchError for another status, a redirect to another host, more than 1 MiB, more
    than the time-out, or no answer.  Only https and http are spoken, and certificates are
    checked against the system's authorities.
    """
    deadline = time.monotonic() + timeout_seconds
    request = urllib.request.Request(url, headers=_HEADERS)  # noqa: S310
    try:
        with _opener(url).open(request, timeout=timeout_seconds) as response:
            return _read(response, deadline)
    except urllib.error.HTTPError as exc:
        exc.close()
        raise FetchError(f"the key server answered {exc.code}") from exc
    except urllib.error.URLError as exc:
        raise FetchError(f"the key server does not answer: {exc.reason}") from exc
    except TimeoutError as exc:
        raise FetchError("the key set takes too long to come") from exc
    except (OSError, http.client.HTTPException) as exc:
        raise FetchError(f"the key server broke off: {type(exc).__name__}") from exc


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    """Return the body, of which a chunk at a time may come: each resets the socket's clock."""
    body = bytearray()
    while chunk := response.read1(_CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_DOCUMENT_BYTES:
            raise FetchError(f"the key set has more than {MAX_DOCUMENT_BYTES} bytes")
        if time.monotonic() > deadline:
            raise FetchError("the key set takes too long to come")
    return bytes(body)


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to where the operator said that the keys are."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            fp.close()
            raise FetchError("the key server redirects to another host")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(url: str) -> urllib.request.OpenerDirector:
    if urlsplit(url).scheme == "http":
        # plain http is for this machine alone, which no proxy reaches
        return urllib.request.build_opener(_SameHost, urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(_SameHost)
