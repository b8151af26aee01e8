"""What stops a story."""

from __future__ import annotations

__all__ = ["StoryError"]


class StoryError(RuntimeError):
    """The story cannot go on; the message says what was awaited and what was there."""
