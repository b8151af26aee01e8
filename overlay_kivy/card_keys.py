"""CardKeys: a step's card by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from overlay_kivy.keyboard import Key

__all__ = ["CardKeys"]


class CardKeys:
    """What each key does on a card; never does one reach the app below it.

    Tab goes from control to control and never out of the card; Enter and space press
    what has the focus, and without one Enter goes on.  Arrows go on and back, mirrored
    where text runs from right to left.

    Args:
        controls: Returns what the card has to press, in reading order.
        tell: Dispatches an event of the stage.
        is_rtl: Whether text runs from right to left.
    """

    def __init__(
        self,
        controls: Callable[[], list[Any]],
        tell: Callable[[str], object],
        *,
        is_rtl: bool = False,
    ) -> None:
        self._controls = controls
        self._tell = tell
        self._arrows = {
            Key.RIGHT: "on_back" if is_rtl else "on_next",
            Key.LEFT: "on_next" if is_rtl else "on_back",
        }

    @property
    def control(self) -> Any:
        """What has the focus; None without."""
        return next((x for x in self._controls() if x.has_focus), None)

    def press(self, key: Key) -> None:
        """Do what a key is for."""
        match key:
            case Key.TAB | Key.BACK_TAB:
                self.move(1 if key is Key.TAB else -1)
            case Key.ENTER:
                if not self.activate():
                    self._tell("on_next")
            case Key.SPACE:
                self.activate()
            case Key.ESCAPE:
                self._tell("on_escape")
            case _ if key in self._arrows:
                self._tell(self._arrows[key])

    def move(self, step: int) -> None:
        """Move the focus to the control after or before this one, around the end."""
        controls, control = self._controls(), self.control
        if not controls:
            return
        if control is None:
            target = controls[0 if step > 0 else -1]
        else:
            control.has_focus = False
            target = controls[(controls.index(control) + step) % len(controls)]
        target.has_focus = True

    def activate(self) -> bool:
        """Press what has the focus; False without."""
        control = self.control
        if control is None:
            return False
        control.dispatch("on_release")
        return True
