"""StepVisit: brings one step to the point where it can be shown, and keeps it there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from client_sdk import Step
from client_sdk.contracts.step import StepKind
from overlay_kivy.hooks import HookRunner
from overlay_kivy.stage import Stage
from overlay_kivy.step_errors import StepTrouble
from overlay_kivy.target_search import TargetSearch
from overlay_kivy.targets import TargetRegistry

__all__ = ["StepVisit", "VisitEvents", "VisitParts"]

logger = logging.getLogger(__name__)

#: Kinds that stand at no target.
_FREE_KINDS = (StepKind.WAIT, StepKind.SURVEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEvents:
    """Whom a visit tells what."""

    #: The step can be shown, at this widget or at none.
    on_ready: Callable[[Any], None]
    #: Nothing may be shown for now: the app may need the touches.
    on_hide: Callable[[], None]
    #: The target was not to be seen in time.
    on_missing: Callable[[], None]
    #: The step's hook went wrong.
    on_trouble: Callable[[StepTrouble, str], None]
    #: Something raised.
    fail: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitParts:
    """What a visit works with."""

    stage: Stage
    hooks: HookRunner
    registry: TargetRegistry
    #: Shows a screen of the app.
    navigate: Callable[[str], Any] | None
    #: The screen on which the step plays.
    screen: str | None
    wait_seconds: float


class StepVisit:
    """From coming to a step until leaving it: screen, hook, search for the target.

    It may be held at any moment, as when the app wants nothing shown, and then goes on;
    with its preparations once more if it is held ``afresh``.
    """

    def __init__(self, step: Step, parts: VisitParts, events: VisitEvents) -> None:
        self.step = step
        #: Whether the app was told of the step, as of one that the user has seen.
        self.is_seen = False
        self._parts = parts
        self._events = events
        self._is_prepared = False
        self._is_held = True
        #: Whether the app was turned to the target: the user may have turned it back.
        self._has_turned = False
        self._search = TargetSearch(
            parts.registry,
            on_found=events.on_ready,
            on_waiting=events.on_hide,
            on_missing=events.on_missing,
            fail=events.fail,
        )

    def go(self) -> None:
        """Begin, or go on after :meth:`hold`."""
        self._is_held = False
        if self._is_prepared:
            self.seek()
        elif not self._parts.hooks.is_running:
            self._prepare()

    def hold(self, *, afresh: bool = False) -> None:
        """Do nothing until :meth:`go`; a hook that runs is waited for unless ``afresh``."""
        self._is_held = True
        self._search.stop()
        if afresh:
            self._parts.hooks.stop()
            self._is_prepared = self._has_turned = False

    def leave(self) -> None:
        """End the visit, and close what was opened to show the target."""
        self.hold()
        self._search.put_back()

    def seek_again(self) -> None:
        """Look for the target after it went away.

        Beside a beacon the user has the app, and went away from it: it comes back with
        its target, for which nothing is turned, scrolled or done without.
        """
        is_left = self._parts.stage.awaits_opening(self.step)
        self.seek(may_scroll=not is_left)
        if is_left:
            self.look_on()

    def seek(self, *, may_scroll: bool = True) -> None:
        """Look for the target."""
        if self._is_held:
            return
        if self.step.target is None or self.step.kind in _FREE_KINDS:
            self._events.on_ready(None)
            return
        stage = self._parts.stage
        self._search.start(
            self.step.target,
            stage.window,
            besides=stage.layer,
            wait_seconds=self._parts.wait_seconds,
            may_change_screen=self.step.screen is None,
            may_turn=not self._has_turned,
            may_scroll=may_scroll,
        )
        self._has_turned = True

    def look_on(self) -> None:
        """Wait for the target that was missing."""
        if not self._is_held:
            self._search.look_on()

    def extra_targets(self) -> tuple[Any, ...]:
        """Return the further widgets of the step that are there."""
        stage = self._parts.stage
        found = (
            self._parts.registry.find(name, stage.window, besides=stage.layer)
            for name in self.step.extra_targets or ()
        )
        return tuple(widget for widget in found if widget is not None)

    def _prepare(self) -> None:
        self._go_to_screen()
        if self._is_held:
            return  # the app closed or held the tour while it went there
        if self.step.before is None:
            self._end_preparation(None, "")
            return
        self._parts.hooks.call(self.step.before, self._end_preparation)
        if self._parts.hooks.is_running:
            self._events.on_hide()

    def _end_preparation(self, trouble: StepTrouble | None, detail: str) -> None:
        self._is_prepared = True
        if trouble is not None:
            self._events.on_trouble(trouble, detail)
        self.seek()

    def _go_to_screen(self) -> None:
        navigate, screen = self._parts.navigate, self._parts.screen
        if navigate is None or screen is None:
            return
        try:
            navigate(screen)
        except Exception:
            # The app's own failure: the tour goes on, as if the target were missing.
            logger.exception("navigate(%r) failed", screen)
