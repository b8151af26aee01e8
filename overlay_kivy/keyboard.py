"""OverlayKeyboard: the keys while something of the overlay is shown."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any

__all__ = ["Key", "OverlayKeyboard"]


class Key(StrEnum):
    """The keys that the overlay answers to."""

    ENTER = "enter"
    #: Also Android's back key and gesture.
    ESCAPE = "escape"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    TAB = "tab"
    #: Tab with Shift.
    BACK_TAB = "back-tab"
    SPACE = "space"


_KEYS = {
    13: Key.ENTER,
    271: Key.ENTER,
    27: Key.ESCAPE,
    275: Key.RIGHT,
    276: Key.LEFT,
    273: Key.UP,
    274: Key.DOWN,
    9: Key.TAB,
    32: Key.SPACE,
}


#: These do something once for as long as they are held: a tour must not run to its end
#: under a heavy finger.
_ONCE = (Key.ENTER, Key.SPACE, Key.ESCAPE, Key.LEFT, Key.RIGHT)
#: A key that is silent for so long has been released, whether or not that was told.
#: Systems repeat a key after half a second.
_SILENCE_SECONDS = 0.8


class OverlayKeyboard:
    """Takes keys before the app does, and leaves the window as it was.

    ``on_key`` tells whether it used the key; the app gets those that it did not use.
    """

    def __init__(self, on_key: Callable[[Key], bool]) -> None:
        self._on_key = on_key
        #: When each key that is held was last told of.
        self._held: dict[int, float] = {}
        self._window: Any = None
        self._softinput_mode: str | None = None

    def attach(self, window: Any) -> None:
        """Listen, and take the focus from the app's text fields."""
        if self._window is not None:
            return
        self._window = window
        window.release_all_keyboards()
        window.bind(on_keyboard=self._on_keyboard, on_key_up=self._on_key_up)

    def detach(self) -> None:
        """Listen no more; nothing happens if it did not."""
        if self._window is None:
            return
        self._window.unbind(on_keyboard=self._on_keyboard, on_key_up=self._on_key_up)
        if self._softinput_mode is not None:
            self._window.softinput_mode = self._softinput_mode
        self._window = self._softinput_mode = None

    def keep_field_visible(self) -> None:
        """Let the window rise with the on-screen keyboard, until :meth:`detach`.

        Where the app has chosen a mode, its own already keeps fields in sight.
        """
        if self._window is not None and not self._window.softinput_mode:
            self._softinput_mode = self._window.softinput_mode
            self._window.softinput_mode = "below_target"

    def _on_keyboard(
        self, _window: Any, code: int, _scan: Any, _text: Any, held: Any = (), *_: Any
    ) -> bool:
        key = _KEYS.get(code)
        if key is Key.TAB and "shift" in held:
            key = Key.BACK_TAB
        if key is None:
            return False
        return (self._is_repeat(code) and key in _ONCE) or self._on_key(key)

    def _is_repeat(self, code: int) -> bool:
        now = time.monotonic()
        before, self._held[code] = self._held.get(code), now
        return before is not None and now - before < _SILENCE_SECONDS

    def _on_key_up(self, _window: Any, code: int, *_: Any) -> None:
        self._held.pop(code, None)
