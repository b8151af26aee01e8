"""Clients that keep a connection and hardly use it."""

from __future__ import annotations

import socket
import threading
from typing import Self

from tests.acceptance.proxy.exchange import connect


class Slow:
    """Connections that send a little now and then, from one thread."""

    def __init__(self, url: str, count: int, *, start: bytes, drip: bytes) -> None:
        self.peers = [connect(url) for _ in range(count)]
        for peer in self.peers:
            peer.sendall(start)
            peer.setblocking(False)
        self._drip = drip
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        for peer in self.peers:
            peer.close()

    def is_cut_off(self) -> bool:
        """Tell whether the other side has closed every connection."""
        return all(is_closed(peer) for peer in self.peers)

    def _run(self) -> None:
        while self._drip and not self._stopping.wait(0.5):
            for peer in self.peers:
                try:
                    peer.sendall(self._drip)
                except OSError:
                    continue


def is_closed(peer: socket.socket) -> bool:
    """Tell whether the other side has ended the connection."""
    try:
        # an answer (408) may come before the end
        while data := peer.recv(65_536):
            del data
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
