"""Whether the server can listen where it should, asked before anything is started."""

from __future__ import annotations

import errno
import socket

__all__ = ["ListenError", "local_address", "require_free_port"]


class ListenError(RuntimeError):
    """The server cannot listen on its address; the message says what to do."""


def require_free_port(host: str, port: int) -> None:
    """ListenError if nothing can listen there.

    granian shares its port with whoever asks, so that two servers would both start.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # as servers do, so that the connections of one that has just stopped, which the
        # system still remembers, are not taken for a server
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            raise ListenError(_explanation(host, port, exc)) from exc


def _explanation(host: str, port: int, exc: OSError) -> str:
    if exc.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {host} is in use; stop what listens there, or choose "
            "another port with --port or KAZI_PORT"
        )
    if exc.errno == errno.EACCES:
        return (
            f"port {port} may not be used by this user; choose one above 1023 with "
            "--port or KAZI_PORT"
        )
    return (
        f"cannot listen on {host}: {exc.strerror or exc}; choose an address of this "
        "machine with --host or KAZI_HOST"
    )


def local_address(host: str) -> str:
    """Return where this machine reaches a server that listens on ``host``."""
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"[{local}]" if ":" in local else local
