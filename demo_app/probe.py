"""A window for a driver outside the process: it says what is shown, and cannot act.

Off unless a Unix socket is named, by ``KAZI_DEMO_PROBE``.  Every line that comes in is answered
by one line of JSON: see :class:`Sight`.
"""

from __future__ import annotations

import json
import logging
import socketserver
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kivy.clock import Clock

__all__ = ["Box", "Probe", "Sight"]

logger = logging.getLogger(__name__)

_ANSWER_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A widget's place in the window, in pixels from its top left corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a person in front of the app sees at one moment."""

    screen: str
    #: Id and title of the step on the card; None where no card is open.
    step: str | None
    title: str | None
    #: ``closed``, ``question`` or ``thanks``.
    survey: str
    #: The strip's texts.
    strip: dict[str, str]
    #: The headline of the sheet that explains the tour; None where it is not open.
    why: str | None
    #: What could be touched, by name.
    places: dict[str, Box]


class Probe:
    """Serves sights on a Unix socket, from a thread of its own."""

    def __init__(self, path: Path, look: Callable[[], Sight]) -> None:
        self._look = look
        self._path = path
        path.unlink(missing_ok=True)
        self._server = _Server(str(path), self)
        threading.Thread(
            target=self._server.serve_forever, name="probe", daemon=True
        ).start()

    def answer(self) -> str:
        """Return a sight as JSON, taken on the UI thread; an error says so."""
        taken = threading.Event()
        answer: dict[str, Any] = {"error": "the UI thread does not answer"}

        def take(_: float) -> None:
            nonlocal answer
            try:
                answer = asdict(self._look())
            except Exception as exc:
                logger.exception("nothing could be seen")
                answer = {"error": f"{type(exc).__name__}: {exc}"}
            taken.set()

        Clock.schedule_once(take)
        taken.wait(_ANSWER_TIMEOUT_SECONDS)
        return json.dumps(answer)

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._path.unlink(missing_ok=True)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: str, probe: Probe) -> None:
        self.probe = probe
        super().__init__(path, _Handler)


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        for _ in self.rfile:
            self.wfile.write(self.server.probe.answer().encode() + b"\n")
