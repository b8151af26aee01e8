"""A question to the database whose answer nobody waits long for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

__all__ = ["SharedLook"]

T = TypeVar("T")


class SharedLook(Generic[T]):
    """Asks on a thread of its own, one at a time; callers share it until it ends.

    A look that hangs, as when the network swallows packets, hangs alone.
    """

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._look: Future[T] | None = None

    def result(self, timeout_seconds: float) -> T:
        """Return the answer, or raise what the question raised.

        Raises:
            TimeoutError: There is no answer yet.
        """
        return self._shared().result(timeout_seconds)

    def _shared(self) -> Future[T]:
        with self._lock:
            if self._look is None or self._look.done():
                self._look = Future()
                threading.Thread(
                    target=self._answer, args=(self._look,), daemon=True
                ).start()
            return self._look

    def _answer(self, look: Future[T]) -> None:
        try:
            look.set_result(self._ask())
        except BaseException as exc:  # noqa: BLE001 - whoever waits must hear of it
            look.set_exception(exc)
