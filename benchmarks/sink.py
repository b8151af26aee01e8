"""A loopback server that takes the events of other SDKs and counts them."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

from benchmarks.servers import free_port, running

__all__ = ["received", "sink"]

ROOT = Path(__file__).parents[1]


@contextmanager
def sink() -> Iterator[str]:
    """Run the sink in a process of its own and yield its URL."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.sink", str(port)]
    with running(command, port, "/", {}, folder=ROOT) as server:
        yield server.url


def received(url: str) -> int:
    """Return how many events have come."""
    with urlopen(url) as answer:
        return int(answer.read())


class Handler(BaseHTTPRequestHandler):
    """GET says how many events have come; POST brings them, whatever the path."""

    protocol_version = "HTTP/1.1"
    events = 0

    def do_GET(self) -> None:
        """Answer with the number."""
        self._answer(str(Handler.events).encode())

    def do_POST(self) -> None:
        """Count the events: ``batch`` of posthog and segment, ``data`` of snowplow."""
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        message = json.loads(body)
        Handler.events += len(message["batch" if "batch" in message else "data"])
        self._answer(b'{"success": true, "status": 1}')

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
