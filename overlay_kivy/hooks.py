"""HookRunner: calls the app's functions before and after a step, for a limited time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from inspect import Parameter, iscoroutine, signature
from typing import Any

from kivy.clock import Clock

from client_sdk.contracts.behaviour import Hook
from overlay_kivy.containment import contained
from overlay_kivy.step_errors import StepTrouble

__all__ = ["HookFunction", "HookRunner", "OnHookEnd"]

logger = logging.getLogger(__name__)

#: Does its work and returns; or takes ``done`` and calls it later; or is ``async``.
HookFunction = Callable[..., Any]
#: Told what went wrong, with a word for the log; None and "" if nothing did.
OnHookEnd = Callable[[StepTrouble | None, str], None]

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
#: asyncio itself holds tasks weakly only.
_tasks: set[asyncio.Task[Any]] = set()


class HookRunner:
    """One hook at a time; its end is told once, on Kivy's thread.

    What a hook does after its time is over, or after :meth:`stop`, changes nothing.
    """

    def __init__(
        self, functions: Mapping[str, HookFunction], fail: Callable[[], None]
    ) -> None:
        self.fail = fail
        self._functions = functions
        self._on_end: OnHookEnd | None = None
        self._timer: Any = None

    @property
    def is_running(self) -> bool:
        """Whether a hook has not ended yet."""
        return self._on_end is not None

    def call(self, hook: Hook, on_end: OnHookEnd) -> None:
        """Call a hook; ``on_end`` comes at once if the hook is done when it returns."""
        self.stop()
        self._on_end = on_end
        function = self._functions.get(hook.name)
        if function is None:
            self._finish(on_end, StepTrouble.HOOK_FAILED, f"no hook {hook.name!r}")
            return
        try:
            is_done = self._invoke(hook.name, function, on_end)
        except Exception as exc:
            logger.exception("hook %r failed", hook.name)
            self._finish(on_end, StepTrouble.HOOK_FAILED, repr(exc))
            return
        if is_done:
            self._finish(on_end, None, "")
        elif self._on_end is on_end:
            timeout = hook.timeout_ms / 1000
            late = partial(self._time_out, on_end, hook.name)
            self._timer = Clock.schedule_once(late, timeout)

    def stop(self) -> None:
        """Wait for the hook no more; nothing is told of it."""
        self._on_end = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _invoke(self, name: str, function: HookFunction, call: OnHookEnd) -> bool:
        """Call the function; True if that was all."""
        if _wants_done(function):
            result = function(partial(self._later, call, None, ""))
            is_done = False
        else:
            result, is_done = function(), True
        if iscoroutine(result):
            self._follow(name, result, call)
            return False
        return is_done

    def _follow(
        self, name: str, work: Coroutine[Any, Any, Any], call: OnHookEnd
    ) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            work.close()
            raise RuntimeError(
                "an async hook needs the app to run in asyncio"
            ) from None
        task = loop.create_task(work)
        _tasks.add(task)
        task.add_done_callback(partial(self._task_ended, name, call))

    def _task_ended(self, name: str, call: OnHookEnd, task: asyncio.Task[Any]) -> None:
        _tasks.discard(task)
        failure = None if task.cancelled() else task.exception()
        if failure is not None:
            logger.error("hook %r failed", name, exc_info=failure)
        if failure is not None or task.cancelled():
            self._later(call, StepTrouble.HOOK_FAILED, repr(failure))
        else:
            self._later(call, None, "")

    def _later(
        self, call: OnHookEnd, trouble: StepTrouble | None, detail: str, *_: Any
    ) -> None:
        # On any thread: Kivy's clock brings it to the window's.
        Clock.schedule_once(lambda _dt: self._finish(call, trouble, detail), 0)

    def _time_out(self, call: OnHookEnd, name: str, _dt: float) -> None:
        logger.warning("hook %r takes too long; the tour goes on without it", name)
        self._finish(call, StepTrouble.HOOK_TIMED_OUT, f"hook {name!r} took too long")

    @contained
    def _finish(
        self, call: OnHookEnd, trouble: StepTrouble | None, detail: str
    ) -> None:
        if self._on_end is call:
            self.stop()
            call(trouble, detail)


def _wants_done(function: HookFunction) -> bool:
    try:
        parameters = signature(function).parameters.values()
    except (TypeError, ValueError):
        return False  # some functions written in C tell nothing of themselves
    return any(x.kind in _POSITIONAL and x.default is x.empty for x in parameters)
