"""The loop that a coroutine runs in, asyncio's or trio's: as little of it as we need.

anyio would say the same, and loads its half for either loop with the first use: 80 ms on
the UI thread, for that is where the loop of a Kivy app runs.  A loop that runs is loaded.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from typing import Protocol

__all__ = ["EventLoop", "Signal", "running_loop"]


class Signal(Protocol):
    """An event of the loop: set once, and waited for by its tasks."""

    def set(self) -> object:
        """Wake who waits; in the loop's own thread only."""

    async def wait(self) -> object:
        """Return when it is set."""


class EventLoop(Protocol):
    """What both loops can do."""

    def new_signal(self) -> Signal:
        """Return a signal that is not set."""

    def call_soon(self, call: Callable[[], object]) -> None:
        """Have the loop call, from any thread; in vain where the loop has ended."""

    async def wait(self, signal: Signal, timeout_seconds: float) -> bool:
        """Wait for a signal; False if time ran out."""

    async def pause(self) -> None:
        """Let other tasks run, and be cancelled here if that is due."""


class AsyncioLoop:
    """The asyncio loop that runs in this thread; RuntimeError where none does."""

    def __init__(self) -> None:
        import asyncio

        self._loop = asyncio.get_running_loop()

    def new_signal(self) -> Signal:
        """Return a signal that is not set."""
        import asyncio

        return asyncio.Event()

    def call_soon(self, call: Callable[[], object]) -> None:
        """Have the loop call, from any thread; in vain where the loop has ended."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call)

    async def wait(self, signal: Signal, timeout_seconds: float) -> bool:
        """Wait for a signal; False if time ran out."""
        import asyncio

        try:
            async with asyncio.timeout(timeout_seconds):
                await signal.wait()
        except TimeoutError:
            return False
        return True

    async def pause(self) -> None:
        """Let other tasks run, and be cancelled here if that is due."""
        import asyncio

        await asyncio.sleep(0)


class TrioLoop:
    """The trio loop that runs in this thread."""

    def __init__(self) -> None:
        import trio

        self._token = trio.lowlevel.current_trio_token()

    def new_signal(self) -> Signal:
        """Return a signal that is not set."""
        import trio

        return trio.Event()

    def call_soon(self, call: Callable[[], object]) -> None:
        """Have the loop call, from any thread; in vain where the loop has ended."""
        # trio.RunFinishedError is one.
        with contextlib.suppress(RuntimeError):
            self._token.run_sync_soon(call)

    async def wait(self, signal: Signal, timeout_seconds: float) -> bool:
        """Wait for a signal; False if time ran out."""
        import trio

        with trio.move_on_after(timeout_seconds) as scope:
            await signal.wait()
        return not scope.cancelled_caught

    async def pause(self) -> None:
        """Let other tasks run, and be cancelled here if that is due."""
        import trio

        await trio.lowlevel.checkpoint()


def running_loop() -> EventLoop:
    """Return the loop of the task that calls; RuntimeError where there is none."""
    # Before asyncio: a trio that is a guest of asyncio has both.
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        return TrioLoop()
    return AsyncioLoop()
