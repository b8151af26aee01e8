"""The limit over HTTP: Flask routes that know their answers, under the same server."""

from __future__ import annotations

import sys

from flask import Flask, Response, request
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from sync_server.serving import HTTP1

ETAG = '"8826cdc86e09356071c1942f8c27e95f"'
#: As long as the demo tour's config.
BODY = b'{"steps":"' + b"x" * 3800 + b'"}'

app = Flask(__name__)


@app.get("/api/tutorial/config")
def config() -> Response:
    """Answer 304 to whoever brings an ETag, else 200 with the body."""
    if request.headers.get("if-none-match"):
        return Response(status=304, headers={"etag": ETAG})
    return Response(BODY, mimetype="application/json", headers={"etag": ETAG})


@app.post("/api/tutorial/step")
def step() -> Response:
    """Read the body and answer 204; nothing is stored."""
    request.get_data()
    return Response(status=204)


def main(port: int, threads: int) -> None:
    """Serve with the flags that ``kazi-server serve`` gives to granian."""
    MPServer(
        "benchmarks.bare_flask:app",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1,
        workers=1,
        blocking_threads=threads,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
