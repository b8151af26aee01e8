"""AdvanceWatch: notices what completes a step beside its button."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from client_sdk import Step
from client_sdk.contracts.behaviour import AdvanceKind, AdvanceOn
from client_sdk.contracts.step import StepKind
from overlay_kivy.conditions import Conditions
from overlay_kivy.taps import TargetTaps

__all__ = ["AdvanceWatch"]


class AdvanceWatch:
    """Watches for one step; told of events and of chances that a condition has changed.

    Args:
        conditions: Asked when there is a chance, and never else.
        taps: Notices taps on the target of a step that shows nothing.
        on_advance: Called when it has happened; the watch goes on until :meth:`stop`.
    """

    def __init__(
        self, conditions: Conditions, taps: TargetTaps, on_advance: Callable[[], None]
    ) -> None:
        self._conditions = conditions
        self._taps = taps
        self._on_advance = on_advance
        self._awaited = AdvanceOn()
        self._is_wait = False
        self._has_held = False

    @property
    def needs_condition(self) -> bool:
        """Whether a condition is waited for; may be asked on any thread."""
        return self._awaited.kind is AdvanceKind.CONDITION

    def watch(self, step: Step, window: Any) -> None:
        """Watch for what completes a step.

        A card is completed by a condition that becomes true while it stands there; a
        step that only waits, by one that is true.
        """
        self.stop()
        self._awaited = step.advance_on or AdvanceOn()
        self._is_wait = step.kind is StepKind.WAIT
        if self._is_wait and self._awaited.kind is AdvanceKind.TAP and step.target:
            self._taps.watch(step.target, window, self._on_advance)
        if self.needs_condition and not self._is_wait:
            self._has_held = bool(self._conditions.ask(self._awaited.name or ""))

    def can_end(self, step: Step) -> bool:
        """Tell whether a step that shows nothing waits for something that can happen."""
        awaited = step.advance_on or AdvanceOn()
        match awaited.kind:
            case AdvanceKind.BUTTON:
                return False
            case AdvanceKind.TAP:
                return step.target is not None
            case _:
                return awaited.name is not None

    def stop(self) -> None:
        """Watch for nothing any more."""
        self._taps.stop()
        self._awaited = AdvanceOn()
        self._is_wait = self._has_held = False

    def note_tap(self) -> None:
        """Note a tap on the target."""
        if self._awaited.kind is AdvanceKind.TAP:
            self._on_advance()

    def note_event(self, name: str) -> None:
        """Note an event of the app, which may have changed a condition, too."""
        if self._awaited == AdvanceOn(kind=AdvanceKind.EVENT, name=name):
            self._on_advance()
        else:
            self.refresh()

    def refresh(self) -> None:
        """Ask the condition again."""
        if not self.needs_condition:
            return
        held, holds = self._has_held, self._conditions.ask(self._awaited.name or "")
        self._has_held = bool(holds)
        if holds and not held:
            self._on_advance()
