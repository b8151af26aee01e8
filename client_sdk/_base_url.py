"""The server's address, as it can be used and shown: without a password in it."""

from __future__ import annotations

from client_sdk._errors import UsageError

__all__ = ["bare_url", "check_base_url"]


def check_base_url(base_url: object) -> str:
    """Return the URL; UsageError unless it is http or https with a host alone.

    A password in it would take the place of the bearer token, and show up in errors.
    """
    bare = bare_url(base_url)
    scheme, separator, rest = bare.partition("://")
    if not (scheme in ("http", "https") and separator and rest.strip("/")):
        shown = repr(bare) if isinstance(base_url, str) else type(base_url).__name__
        raise UsageError(
            f"base_url is {shown}; give the server's address,"
            " such as https://tutorials.example.com"
        )
    if bare != base_url:
        raise UsageError(
            f"base_url is {bare} with a user, query or fragment, which is left out"
        )
    return bare


def bare_url(base_url: object) -> str:
    """Return the URL without user, password, query and fragment; empty if it is no text."""
    if not isinstance(base_url, str):
        return ""
    text = str.__str__(base_url).partition("#")[0].partition("?")[0]
    head, separator, rest = text.partition("://")
    if not separator:
        return text.rpartition("@")[2]
    host, slash, path = rest.partition("/")
    if "@" in path:
        # Part of a password that held a slash.
        host, slash, path = "", "", path.rpartition("@")[2]
    return head + separator + host.rpartition("@")[2] + slash + path
