"""A hand at the X server: a pointer and keys that reach the app as a person's do.

The events enter the X server by its XTEST extension, outside the app's process; SDL and
Kivy's own mouse and keyboard providers take them from there.
"""

from __future__ import annotations

import time

from PIL import Image
from Xlib import XK, X, display
from Xlib.ext import xtest
from Xlib.xobject.drawable import Window

from demo_app.story.errors import StoryError

__all__ = ["Hand"]

#: Between press and release, in seconds: two frames of a slow machine.
HOLD_SECONDS = 0.07
KEY_SECONDS = 0.012
_SYMBOLS = {
    " ": "space",
    ",": "comma",
    ".": "period",
    "!": "exclam",
    "'": "apostrophe",
    "-": "minus",
    "@": "at",
    "?": "question",
}


class Hand:
    """Moves the pointer, types and takes pictures on one X display."""

    def __init__(self, display_name: str) -> None:
        self._display = display.Display(display_name)
        self._root = self._display.screen().root

    def close(self) -> None:
        """Leave the X server."""
        self._display.close()

    def focus(self) -> None:
        """Give the keyboard to the app; no window manager does it here."""
        self._window().set_input_focus(X.RevertToParent, X.CurrentTime)
        self._display.sync()

    def tap(self, x: float, y: float, *, hold_seconds: float = HOLD_SECONDS) -> None:
        """Press and release the left button at a place of the app's window, in pixels."""
        frame = self._window().get_geometry()
        place = {"x": int(frame.x + x), "y": int(frame.y + y)}
        self._event(X.MotionNotify, **place)
        time.sleep(KEY_SECONDS)
        self._event(X.ButtonPress, 1)
        time.sleep(hold_seconds)
        self._event(X.ButtonRelease, 1)

    def type(self, text: str) -> None:
        """Type a text on the X server's keyboard."""
        for character in text:
            name = _SYMBOLS.get(character, character)
            code, shifted = self._key(name)
            shift, _ = self._key("Shift_L")
            if shifted:
                self._event(X.KeyPress, shift)
            self._event(X.KeyPress, code)
            time.sleep(KEY_SECONDS)
            self._event(X.KeyRelease, code)
            if shifted:
                self._event(X.KeyRelease, shift)
            time.sleep(KEY_SECONDS)

    def picture(self) -> Image.Image:
        """Return what the X screen shows at the app's window."""
        frame = self._window().get_geometry()
        raw = self._root.get_image(
            frame.x, frame.y, frame.width, frame.height, X.ZPixmap, 0xFFFFFFFF
        )
        size = (frame.width, frame.height)
        return Image.frombytes("RGB", size, raw.data, "raw", "BGRX")

    def _key(self, name: str) -> tuple[int, bool]:
        symbol = XK.string_to_keysym(name)
        code = self._display.keysym_to_keycode(symbol)
        if not symbol or not code:
            raise StoryError(f"the X server's keyboard has no key for {name!r}")
        return code, self._display.keycode_to_keysym(code, 0) != symbol

    def _event(self, kind: int, detail: int = 0, **place: int) -> None:
        xtest.fake_input(self._display, kind, detail, **place)
        self._display.sync()

    def _window(self) -> Window:
        shown = [
            child
            for child in self._root.query_tree().children
            if child.get_attributes().map_state == X.IsViewable
        ]
        if len(shown) != 1:
            raise StoryError(f"{len(shown)} windows are open where one is the app's")
        return shown[0]
