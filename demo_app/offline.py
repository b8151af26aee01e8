"""The offline switch: a network that can be taken away without touching the machine's."""

from __future__ import annotations

import threading

from client_sdk import Request, Response, Transport, Unreachable

__all__ = ["SwitchedTransport"]


class SwitchedTransport:
    """Passes requests on, and refuses every one while it is switched off.

    The app switches on the UI thread, the SDK sends on its own.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._switched_off = threading.Event()

    @property
    def switched_off(self) -> bool:
        """Tell whether requests are refused."""
        return self._switched_off.is_set()

    def switch(self, *, off: bool) -> None:
        """Take the network away, or give it back."""
        if off:
            self._switched_off.set()
        else:
            self._switched_off.clear()

    def send(self, request: Request) -> Response:
        """Return the answer; Unreachable while switched off or without a network."""
        if self.switched_off:
            raise Unreachable("the app works offline")
        return self._transport.send(request)

    def close(self) -> None:
        """Let go of connections."""
        self._transport.close()
