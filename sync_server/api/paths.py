"""One path, one route: a path in another spelling is no route at all."""

from __future__ import annotations

from flask import Flask
from werkzeug.exceptions import NotFound

from sync_server.current import current_environ

__all__ = ["install_strict_paths"]


def install_strict_paths(app: Flask) -> None:
    """Answer 404 to doubled slashes, before any route is added.

    werkzeug would drop those in front in silence and redirect the others, so that a proxy
    that closes ``/_internal`` by its prefix would let ``//_internal`` through.
    """
    app.url_map.merge_slashes = False

    @app.before_request
    def refuse_doubled_slash() -> None:
        if current_environ()["PATH_INFO"].startswith("//"):
            raise NotFound
