"""Eyes on the app: what its probe says, and waiting until it says something."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from demo_app.story.errors import StoryError

__all__ = ["Eyes", "Glimpse"]

LOOK_INTERVAL_SECONDS = 0.04


class Glimpse:
    """One answer of the probe; see :class:`demo_app.probe.Sight`."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.screen: str = answer["screen"]
        self.step: str | None = answer["step"]
        self.title: str | None = answer["title"]
        self.survey: str = answer["survey"]
        self.strip: dict[str, str] = answer["strip"]
        self.why: str | None = answer["why"]
        self.places: dict[str, dict[str, float]] = answer["places"]

    def has(self, name: str) -> bool:
        """Tell whether something of this name can be touched."""
        return name in self.places

    def centre(self, name: str) -> tuple[float, float]:
        """Return the middle of a place, in pixels from the window's top left corner."""
        if name not in self.places:
            known = ", ".join(sorted(self.places))
            raise StoryError(f"{name!r} is not on the screen; there are: {known}")
        box = self.places[name]
        return box["left"] + box["width"] / 2, box["top"] + box["height"] / 2

    def __str__(self) -> str:
        strip = " ".join(self.strip.values())
        return f"screen {self.screen}, step {self.step}, survey {self.survey}, {strip}"


class Eyes:
    """Asks the probe of one app process."""

    def __init__(self, path: Path, is_alive: Callable[[], bool]) -> None:
        self._path = path
        self._is_alive = is_alive

    def look(self) -> Glimpse:
        """Return what is shown now; OSError while the app does not answer."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(10)
            probe.connect(str(self._path))
            probe.sendall(b"look\n")
            line = probe.makefile("rb").readline()
        if not line:
            raise ConnectionResetError("the app closed the connection")
        answer = json.loads(line)
        if "error" in answer:
            raise StoryError(f"the app could not look: {answer['error']}")
        return Glimpse(answer)

    def wait(
        self,
        what: str,
        condition: Callable[[Glimpse], bool],
        *,
        timeout_seconds: float = 20.0,
    ) -> Glimpse:
        """Return the first sight that fits and stands still; StoryError in vain.

        Two looks in a row must agree: what the first one saw has been drawn by then.
        """
        deadline = time.monotonic() + timeout_seconds
        before: Glimpse | None = None
        last: Glimpse | None = None
        while time.monotonic() < deadline:
            try:
                before, last = last, self.look()
            except OSError:
                if not self._is_alive():
                    raise StoryError(
                        f"the app ended while waiting for {what}"
                    ) from None
            else:
                if before and _are_alike(before, last) and condition(last):
                    return last
            time.sleep(LOOK_INTERVAL_SECONDS)
        raise StoryError(
            f"no {what} within {timeout_seconds:.0f} s; there was: {last or 'no answer'}"
        )


def _are_alike(one: Glimpse, other: Glimpse) -> bool:
    return one.places == other.places and str(one) == str(other)
