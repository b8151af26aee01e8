"""Drive a real Kivy window in tests: touches, keys, frames, waiting.

Touches enter through an input provider, as a finger's do, and take the same way through
Kivy to the widgets.  Nothing here calls a widget.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kivy.base import EventLoop
from kivy.input.motionevent import MotionEvent
from kivy.input.provider import MotionEventProvider

__all__ = [
    "TouchProvider",
    "advance_frames",
    "drag",
    "mount",
    "pixel_at",
    "press_key",
    "resize_window",
    "tap",
    "tap_widget",
    "touching",
    "type_text",
    "wait_for",
]

#: Key codes as Kivy's window reports them.
KEY_CODES = {
    "tab": 9,
    "enter": 13,
    "escape": 27,
    "space": 32,
    "up": 273,
    "down": 274,
    "right": 275,
    "left": 276,
}


class _Touch(MotionEvent):
    """A finger at a place of the window, given as fractions of its size."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args, is_touch=True, type_id="touch")
        self.profile = ["pos"]

    def depack(self, args: tuple[float, float]) -> None:
        """Read the event's arguments; Kivy calls it."""
        self.sx, self.sy = args
        super().depack(args)


class TouchProvider(MotionEventProvider):
    """Hands queued touch events to Kivy's event loop, a frame's worth at a time."""

    def __init__(self) -> None:
        super().__init__("test-touch", "")
        self._events: deque[tuple[str, _Touch, tuple[float, float]]] = deque()
        self._count = 0

    def begin(self, x: float, y: float) -> _Touch:
        """Put a finger down at a window position in pixels."""
        self._count += 1
        touch = _Touch(self.device, self._count, self._fractions(x, y))
        self._events.append(("begin", touch, self._fractions(x, y)))
        return touch

    def update(self, dispatch_fn: Callable[[str, _Touch], None]) -> None:
        """Hand the next event on; Kivy calls it in every frame."""
        if self._events:
            kind, touch, place = self._events.popleft()
            if kind != "begin":
                touch.move(place)
            dispatch_fn(kind, touch)

    def move(self, touch: _Touch, x: float, y: float) -> None:
        """Move the finger to a window position."""
        self._events.append(("update", touch, self._fractions(x, y)))

    def end(self, touch: _Touch, x: float, y: float) -> None:
        """Lift the finger at a window position."""
        self._events.append(("end", touch, self._fractions(x, y)))

    @staticmethod
    def _fractions(x: float, y: float) -> tuple[float, float]:
        window = _window()
        # Kivy scales by size - 1 on the way back.
        return x / (window.width - 1.0), y / (window.height - 1.0)


@contextmanager
def _fingers() -> Iterator[TouchProvider]:
    provider = TouchProvider()
    EventLoop.add_input_provider(provider)
    try:
        yield provider
    finally:
        EventLoop.remove_input_provider(provider)


def _window() -> Any:
    EventLoop.ensure_window()
    EventLoop.start()
    return EventLoop.window


@contextmanager
def mount(widget: Any) -> Iterator[Any]:
    """Show a widget as the app's root; afterwards the window is empty again."""
    window = _window()
    window.add_widget(widget)
    advance_frames(2)
    try:
        yield widget
    finally:
        for child in window.children[:]:
            window.remove_widget(child)
        advance_frames(1)


def advance_frames(count: int = 1) -> None:
    """Let Kivy's loop go round: clock, input, layout, drawing, window events."""
    window = _window()
    for _ in range(count):
        EventLoop.idle()
        window.mainloop()


def wait_for(condition: Callable[[], Any], timeout_seconds: float = 10.0) -> Any:
    """Advance frames until the condition holds; return what it returned.

    AssertionError when it does not hold in time.
    """
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        advance_frames(1)
        outcome = condition()
        if outcome:
            return outcome
    name = getattr(condition, "__qualname__", condition)
    raise AssertionError(f"{name} did not hold within {timeout_seconds} s")


@contextmanager
def touching(x: float, y: float) -> Iterator[None]:
    """Hold a finger on the window at a position in pixels; lift it at the end."""
    with _fingers() as fingers:
        touch = fingers.begin(x, y)
        advance_frames(2)
        yield
        fingers.end(touch, x, y)
        advance_frames(2)


def tap(x: float, y: float) -> None:
    """Touch the window at a position in pixels, and lift the finger two frames later."""
    with touching(x, y):
        pass


def tap_widget(widget: Any) -> None:
    """Tap the middle of a widget, wherever it is in the window."""
    tap(*widget.to_window(*widget.center))


def drag(
    start: tuple[float, float], end: tuple[float, float], *, frames: int = 10
) -> None:
    """Move a finger from one window position to another, a step a frame."""
    with _fingers() as fingers:
        touch = fingers.begin(*start)
        for step in range(1, frames + 1):
            part = step / frames
            x = start[0] + (end[0] - start[0]) * part
            y = start[1] + (end[1] - start[1]) * part
            fingers.move(touch, x, y)
        fingers.end(touch, *end)
        advance_frames(frames + 4)


def pixel_at(x: float, y: float) -> tuple[int, int, int]:
    """Return the colour that is drawn at a window position, 0 to 255 each."""
    from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels

    window = _window()
    advance_frames(1)
    # Into the back buffer, where it can be read; what was shown has been swapped away.
    window.dispatch("on_draw")
    red, green, blue = glReadPixels(int(x), int(y), 1, 1, GL_RGB, GL_UNSIGNED_BYTE)
    return red, green, blue


def press_key(name: str, *held: str) -> None:
    """Press a key of :data:`KEY_CODES` as the window's own loop reports it.

    ``held`` are the modifiers that are down meanwhile, such as ``shift``.
    """
    window = _window()
    code = KEY_CODES[name]
    if not window.dispatch("on_key_down", code, 0, None, list(held)):
        window.dispatch("on_keyboard", code, 0, None, list(held))
    window.dispatch("on_key_up", code, 0)
    advance_frames(2)


def type_text(text: str) -> None:
    """Type into whatever has the keyboard, as the window's own loop reports it."""
    _window().dispatch("on_textinput", text)
    advance_frames(2)


def resize_window(width: int, height: int) -> None:
    """Give the window another size in pixels and wait until it has it."""
    window = _window()
    window.size = (width, height)
    wait_for(lambda: tuple(window.size) == (width, height))
    advance_frames(2)
