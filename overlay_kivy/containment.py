"""Keeps the overlay's own failures from the app."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

__all__ = ["contained"]

logger = logging.getLogger(__name__)


def contained(method: Callable[..., Any]) -> Callable[..., Any]:
    """Make a method of an object with ``fail()`` log what it raises, and end in that.

    For everything that Kivy calls: an exception there would end the app's main loop.
    """

    @wraps(method)
    def contained_method(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except Exception:
            logger.exception("the overlay failed in %s and ends", method.__qualname__)
            self.fail()
            return None

    return contained_method
