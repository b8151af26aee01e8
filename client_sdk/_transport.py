"""The network behind one method, and httpx behind that."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from client_sdk._base_url import bare_url
from client_sdk._delivery_errors import Unreachable
from client_sdk._fork_gate import importing
from client_sdk.contracts.named_tuple import NamedTuple

if TYPE_CHECKING:
    import httpx

__all__ = ["HttpxTransport", "Request", "Response", "Transport"]

#: Longest answer that is read, in bytes; a config has a few thousand.
MAX_ANSWER_BYTES = 4 * 1024 * 1024


#: Shared by all requests and answers that have none: it cannot be changed.
NONE: Mapping[str, str] = MappingProxyType({})


class Request(NamedTuple):
    """One HTTP request to the sync server; ``path`` begins with a slash."""

    method: str
    path: str
    params: Mapping[str, str] = NONE
    headers: Mapping[str, str] = NONE
    body: bytes | None = None


class Response(NamedTuple):
    """One HTTP answer; header names are lower-case."""

    status: int
    headers: Mapping[str, str] = NONE
    body: bytes = b""


class Transport(Protocol):
    """What the SDK needs of a network."""

    def send(self, request: Request) -> Response:
        """Return the answer, whatever its status; Unreachable if there is none."""

    def close(self) -> None:
        """Let go of connections; a later ``send`` raises Unreachable."""


class HttpxTransport:
    """HTTP by httpx, which is imported with the first request and not before.

    The import takes 200 ms: it happens on the sync thread, like every request.
    """

    def __init__(self, base_url: str, *, timeout_seconds: float) -> None:
        # httpx would send a password in it instead of the bearer token.
        self._base_url = bare_url(base_url).rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._client: httpx.Client | None = None
        self._inherited: httpx.Client | None = None
        self._closed = False
        self._lock = threading.Lock()

    def send(self, request: Request) -> Response:
        """Return the answer, whatever its status; Unreachable if there is none."""
        with importing:
            # The first look-up of a host imports this one, in the midst of its work.
            import encodings.idna  # noqa: F401

            import httpx

        try:
            return self._send(self._open_client(), request)
        except (httpx.RequestError, httpx.InvalidURL, httpx.StreamError) as exc:
            raise Unreachable(f"{self._base_url}: {type(exc).__name__}") from exc

    def close(self) -> None:
        """Let go of connections; a later ``send`` raises Unreachable."""
        with self._lock:
            self._closed = True
            if self._client is not None:
                self._client.close()

    def reconnect_after_fork(self) -> None:
        """Use connections of its own in a child process."""
        self._lock = threading.Lock()
        # Kept, so that nobody closes it: its connections are the parent's.
        self._inherited, self._client = self._client, None

    def _open_client(self) -> httpx.Client:
        import httpx

        with self._lock, importing:
            if self._closed:
                raise Unreachable("the client is closed")
            if self._client is None:
                _quieten()
                self._client = httpx.Client(timeout=self._timeout_seconds)
            return self._client

    def _send(self, client: httpx.Client, request: Request) -> Response:
        with client.stream(
            request.method,
            self._base_url + request.path,
            params=dict(request.params) or None,
            headers=dict(request.headers),
            content=request.body,
        ) as answer:
            body = bytearray()
            # httpx bounds the wait for each byte, and a server may drip them.
            deadline = time.monotonic() + self._timeout_seconds
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    raise Unreachable("the answer is longer than any of ours")
                if time.monotonic() > deadline:
                    raise Unreachable("the answer does not end")
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Response(
                status=answer.status_code, headers=headers, body=bytes(body)
            )


def _quieten() -> None:
    """Keep httpx's own log lines, one a header, out of an app that logs everything."""
    for name in ("httpx", "httpcore"):
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.WARNING)
