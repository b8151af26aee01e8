"""A network that cannot be trusted: a TCP proxy that spoils exchanges by a seeded plan.

It stands in front of a real server and knows no more of HTTP/1.1 than where a message
ends: a head, and as many bytes as ``content-length`` says.
"""

from __future__ import annotations

import random
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from http import HTTPStatus
from typing import BinaryIO, NamedTuple

__all__ = ["FAULTS", "Fault", "FaultyProxy", "Timing", "faulty_proxy"]

UPSTREAM_TIMEOUT_SECONDS = 60.0
#: Longest wait for something to pass, on a busy machine.
PATIENCE_SECONDS = 60.0

_PAGE = b"<!doctype html><title>%d</title><h1>%b</h1><p>The upstream is not well."


class Fault(StrEnum):
    """What becomes of one exchange."""

    NONE = "passed"
    #: The server sees a part of the request, or none of it; the client is cut off.
    CUT_REQUEST = "request cut"
    #: The server has done its work; the client is cut off without a byte.
    CUT_REPLY = "reply cut"
    #: The client is cut off in the middle of the reply.
    TRUNCATED_REPLY = "reply truncated"
    DELAY = "delayed"
    #: The server gets the request twice, at the same time.
    DUPLICATE = "duplicated"
    #: 502 or 503 with a page of the proxy's own, and the server has heard nothing.
    ERROR_PAGE = "answered by an error page"
    #: The same after the server has done its work.
    LATE_ERROR_PAGE = "reply replaced by an error page"
    #: Nothing moves until the client has given up; then the server gets the request all
    #: the same, later than what the client has sent since.
    STALL = "stalled"


#: What can go wrong, apart from nothing.
FAULTS = frozenset(Fault) - {Fault.NONE}
#: Dealt card by card and shuffled when it is used up: no fault stays away for long.
DECK = (*(Fault.NONE,) * 8, *sorted(FAULTS))


class Timing(NamedTuple):
    """How long exchanges are held up, in seconds."""

    longest_delay: float
    #: Longer than the client's time-out.
    stall: float


class FaultyProxy:
    """Counts what it did in ``counts``; ``mend()`` makes it faultless.

    The order of faults follows from ``seed``; which exchange meets which follows from
    who asks first.  ``deck`` is shuffled and dealt again and again.
    """

    def __init__(
        self,
        upstream_port: int,
        *,
        seed: int,
        timing: Timing,
        deck: Sequence[Fault] = DECK,
    ) -> None:
        self._upstream = ("127.0.0.1", upstream_port)
        self._timing = timing
        self._random = random.Random(seed)
        self._deck = deck
        self._cards: list[Fault] = []
        self._is_mended = False
        self._closing = threading.Event()
        self._changed = threading.Condition()
        self._connections: dict[threading.Thread, socket.socket] = {}
        #: Exchanges by what became of them.
        self.counts: Counter[Fault] = Counter()
        #: Requests that have arrived, and replies that the client was given whole.
        self.requests = 0
        self.replies = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._acceptor = threading.Thread(target=self._accept)
        self._acceptor.start()

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def mend(self) -> None:
        """Pass every exchange from here on."""
        with self._changed:
            self._is_mended = True

    def wait_for_request(self) -> None:
        """Return as soon as another request has arrived, before the server has it."""
        before = self.requests
        self._wait(lambda: self.requests > before)

    def wait_for_reply(self) -> None:
        """Return as soon as a client has been given another reply."""
        before = self.replies
        self._wait(lambda: self.replies > before)

    def close(self) -> None:
        """Take no more connections, and deliver what is still held up."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        for thread, connection in list(self._connections.items()):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
            thread.join()

    def _wait(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE_SECONDS), "nothing passes"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._connections[thread] = connection
                thread.start()

    def _serve(self, client: socket.socket) -> None:
        try:
            # a client that was killed, or gave up, ends its connection at any moment
            with client, client.makefile("rb") as stream, suppress(OSError):
                is_open = True
                while is_open and (request := _read_message(stream)):
                    is_open = self._exchange(client, request)
        finally:
            del self._connections[threading.current_thread()]

    def _exchange(self, client: socket.socket, request: bytes) -> bool:
        """Do one exchange; False where the connection ends with it."""
        with self._changed:
            fault, luck = self._deal(), self._random.random()
            self.requests += 1
            self._changed.notify_all()
        try:
            reply, is_whole = self._reply(fault, luck, request)
            # a server that dies has no reply either
            is_whole = is_whole and bool(reply)
            client.sendall(reply)
        finally:
            with self._changed:
                self.counts[fault] += 1
        with self._changed:
            self.replies += is_whole
            self._changed.notify_all()
        return is_whole

    def _deal(self) -> Fault:
        if self._is_mended:
            return Fault.NONE
        if not self._cards:
            self._cards = self._random.sample(self._deck, len(self._deck))
        return self._cards.pop()

    def _reply(self, fault: Fault, luck: float, request: bytes) -> tuple[bytes, bool]:
        """Return what the client is given, and whether it is a whole reply."""
        match fault:
            case Fault.CUT_REQUEST:
                self._send_part(request[: int(luck * len(request))])
                return b"", False
            case Fault.CUT_REPLY:
                self._ask(request)
                return b"", False
            case Fault.TRUNCATED_REPLY:
                reply = self._ask(request)
                return reply[: max(1, int(luck * len(reply)))], False
            case Fault.DELAY:
                self._closing.wait(luck * self._timing.longest_delay)
            case Fault.DUPLICATE:
                return self._ask_twice(request), True
            case Fault.ERROR_PAGE:
                return _error_page(502 if luck < 0.5 else 503), True
            case Fault.LATE_ERROR_PAGE:
                self._ask(request)
                return _error_page(502 if luck < 0.5 else 503), True
            case Fault.STALL:
                self._closing.wait(self._timing.stall)
                self._ask(request)
                return b"", False
            case Fault.NONE:
                pass
        return self._ask(request), True

    def _send_part(self, part: bytes) -> None:
        with self._connect() as server:
            server.sendall(part)

    def _ask(self, request: bytes) -> bytes:
        with self._connect() as server:
            server.sendall(request)
            return _read_reply(server)

    def _ask_twice(self, request: bytes) -> bytes:
        """Return the second reply; both requests are with the server before any answer."""
        with self._connect() as one, self._connect() as other:
            one.sendall(request)
            other.sendall(request)
            _read_reply(one)
            return _read_reply(other)

    def _connect(self) -> socket.socket:
        return socket.create_connection(self._upstream, UPSTREAM_TIMEOUT_SECONDS)


def _read_reply(server: socket.socket) -> bytes:
    with server.makefile("rb") as stream:
        return _read_message(stream)


def _read_message(stream: BinaryIO) -> bytes:
    """Return one message, head and body; nothing at the end of the connection."""
    lines, length = [], 0
    while (line := stream.readline()) not in (b"\r\n", b""):
        lines.append(line)
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
        # where such a body ends is more than this proxy knows
        assert name.lower() != b"transfer-encoding", "a body without a length"
    body = stream.read(length)
    # the sender has gone before the end
    is_cut = not line or len(body) < length
    return b"" if is_cut else b"".join((*lines, line, body))


def _error_page(status: int) -> bytes:
    phrase = HTTPStatus(status).phrase.encode()
    page = _PAGE % (status, phrase)
    head = (
        b"HTTP/1.1 %d %b\r\ncontent-type: text/html\r\ncontent-length: %d\r\n\r\n"
        % (status, phrase, len(page))
    )
    return head + page


@contextmanager
def faulty_proxy(
    upstream_port: int, *, seed: int, timing: Timing, deck: Sequence[Fault] = DECK
) -> Iterator[FaultyProxy]:
    """Yield a proxy in front of a server's port of this machine."""
    proxy = FaultyProxy(upstream_port, seed=seed, timing=timing, deck=deck)
    try:
        yield proxy
    finally:
        proxy.close()
