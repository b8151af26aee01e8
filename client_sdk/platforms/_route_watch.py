"""Told by the Linux kernel that a route changed; sleeps without a time-out until then."""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import threading
from collections.abc import Callable

__all__ = ["RouteWatch", "watch_routes"]

logger = logging.getLogger(__name__)

#: Groups of rtnetlink (linux/rtnetlink.h): links, and the routes of IPv4 and IPv6.
_GROUPS = 0x0001 | 0x0040 | 0x0400
_MESSAGE_BYTES = 65_536


def watch_routes(on_change: Callable[[], None]) -> Callable[[], None]:
    """Call ``on_change`` after every change of a route; return a function that ends it.

    Nothing is watched where the system has no rtnetlink or refuses it.
    """
    try:
        kernel = _open_kernel()
    except (AttributeError, OSError):
        return lambda: None
    watch = RouteWatch(kernel, on_change)
    watch.start()
    return watch.stop


def _open_kernel() -> socket.socket:
    kernel = socket.socket(
        socket.AF_NETLINK,  # type: ignore[attr-defined,unused-ignore]
        socket.SOCK_RAW,
        socket.NETLINK_ROUTE,  # type: ignore[attr-defined,unused-ignore]
    )
    try:
        kernel.bind((0, _GROUPS))
    except OSError:
        kernel.close()
        raise
    return kernel


class RouteWatch:
    """A thread that waits for messages; their content does not matter."""

    def __init__(self, kernel: socket.socket, on_change: Callable[[], None]) -> None:
        self._kernel = kernel
        self._on_change = on_change
        kernel.setblocking(False)
        # Closing a socket wakes nobody who waits for it; a byte from here does.
        self._end, self._stop = socket.socketpair()
        self._thread = threading.Thread(
            target=self._run, name="kazi-tutorial-routes", daemon=True
        )

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Have the thread end; the UI thread, which may call this, does not wait for it."""
        with contextlib.suppress(OSError):
            self._stop.send(b"x")
        self._stop.close()

    def _run(self) -> None:
        with self._kernel, self._end, selectors.DefaultSelector() as selector:
            selector.register(self._kernel, selectors.EVENT_READ)
            selector.register(self._end, selectors.EVENT_READ)
            while all(key.fileobj is self._kernel for key, _ in selector.select()):
                self._tell()

    def _tell(self) -> None:
        """Tell once of all that has come: one Wi-Fi that appears is a dozen messages."""
        # A full buffer (ENOBUFS) is news as well.
        with contextlib.suppress(OSError):
            while self._kernel.recv(_MESSAGE_BYTES):
                pass
        try:
            self._on_change()
        except Exception:
            logger.exception("a listener failed on a change of the network")
