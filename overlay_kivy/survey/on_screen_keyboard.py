"""OnScreenKeyboard: how much of the window it takes from the sheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.base import EventLoop

__all__ = ["OnScreenKeyboard"]

#: Modes of ``Window.softinput_mode`` in which Kivy leaves what is in the window where it
#: is, as long as the focused field is above the keyboard.
_STILL = ("", "below_target")


class OnScreenKeyboard:
    """Follows the keyboard's height while the sheet is in the window."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._window: Any = None

    def follow(self) -> None:
        """Begin to listen."""
        if self._window is None and EventLoop.window is not None:
            self._window = EventLoop.window
            self._window.bind(keyboard_height=self._notice, softinput_mode=self._notice)
            self._on_change()

    def leave(self) -> None:
        """Listen no more; nothing happens if it did not."""
        if self._window is not None:
            self._window.unbind(
                keyboard_height=self._notice, softinput_mode=self._notice
            )
            self._window = None

    @property
    def covered(self) -> float:
        """Height at the window's lower end that the keyboard lies over, in pixels."""
        return self._height if self._mode in _STILL else 0

    @property
    def pushed_out(self) -> float:
        """Height by which Kivy moves the window's upper end out of sight, in pixels."""
        return self._height if self._mode == "pan" else 0

    @property
    def _mode(self) -> str:
        return self._window.softinput_mode if self._window is not None else ""

    @property
    def _height(self) -> float:
        window = self._window
        if window is None or window.keyboard_height <= 0:
            return 0
        return float(window.keyboard_height + window.keyboard_padding)

    def _notice(self, *_args: Any) -> None:
        self._on_change()
