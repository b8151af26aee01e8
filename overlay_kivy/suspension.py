"""Suspension: why nothing may be shown for now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

__all__ = ["Suspension"]


class Suspension:
    """Counts reasons; nothing is shown until the last of them is gone.

    Args:
        on_change: Called when the first reason came, and when the last one went.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._reasons: Counter[str] = Counter()

    def __bool__(self) -> bool:
        """Tell whether there is a reason."""
        return bool(self._reasons)

    def add(self, reason: str) -> None:
        """Note a reason; the same one may come several times, and must go as often."""
        was_free = not self
        self._reasons[reason] += 1
        if was_free:
            self._on_change()

    def remove(self, reason: str) -> None:
        """Let a reason go; nothing happens if it is not there."""
        if reason not in self._reasons:
            return
        self._reasons[reason] -= 1
        self._reasons += Counter()  # drops what is down to zero
        if not self:
            self._on_change()
