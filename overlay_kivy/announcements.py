"""Announcer: hands what is shown to the app's text-to-speech."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

__all__ = ["Announce", "Announcer"]

logger = logging.getLogger(__name__)

#: Handed a title, a text (may be empty) and a position such as "3 of 7" (may be empty).
Announce = Callable[[str, str, str], Any]


class Announcer:
    """Calls the app's function, and keeps its failures from the tour.

    Args:
        find: Returns the function; None if the app has none.
    """

    def __init__(self, find: Callable[[], Announce | None]) -> None:
        self._find = find

    def __call__(self, title: str, body: str = "", position: str = "") -> None:
        """Announce what is shown now."""
        announce = self._find()
        if announce is None:
            return
        try:
            announce(title, body, position)
        except Exception:
            logger.exception("announce(%r) failed", title)
