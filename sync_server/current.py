"""The request at hand and what is noted about it, without the price of Flask's proxies.

Each look through ``flask.request`` costs about as much as a look into a cache of ours; a
hit looked a dozen times.  werkzeug documents this way around it "for performance reasons".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from flask import Request, g, request

if TYPE_CHECKING:
    from flask.ctx import _AppCtxGlobals
    from werkzeug.local import LocalProxy

__all__ = ["Environ", "current_environ", "current_notes", "current_request"]

#: The WSGI environment of a request (PEP 3333).
Environ = dict[str, Any]

_REQUEST = cast("LocalProxy[Request]", request)
_NOTES = cast("LocalProxy[_AppCtxGlobals]", g)

#: Returns the request that this thread answers; RuntimeError outside of one.
current_request: Callable[[], Request] = _REQUEST._get_current_object  # noqa: SLF001
#: Returns what ``flask.g`` stands for.
current_notes: Callable[[], _AppCtxGlobals] = _NOTES._get_current_object  # noqa: SLF001


def current_environ() -> Environ:
    """Return the WSGI environment of the request that this thread answers."""
    return current_request().environ
