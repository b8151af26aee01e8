"""Messages to Objective-C objects by ctypes.

pyobjus, which kivy-ios has, knows no blocks: where a method takes one, such as an
expiration handler, it writes four bytes of null and leaves the other four as they were.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["ObjectiveCSystem"]


class Library(Protocol):
    """A ``ctypes.CDLL``: an index gives a new function object, typed by its caller."""

    def __getitem__(self, name: str, /) -> Any:
        """Return the function of this name."""


class ObjectiveCSystem:
    """``UIApplication`` and ``NSProcessInfo``, which are linked into every app.

    Args:
        library: The process itself; another one for tests.
    """

    def __init__(self, library: Library | None = None) -> None:
        self._library: Library = ctypes.CDLL(None) if library is None else library
        pointer = ctypes.c_void_p
        self._class = self._function("objc_getClass", pointer, ctypes.c_char_p)
        self._selector = self._function("sel_registerName", pointer, ctypes.c_char_p)

    def is_low_power_mode(self) -> bool:
        """Tell whether the user has turned on the low-power mode."""
        info = self._shared(b"NSProcessInfo", b"processInfo")
        return bool(self._send(info, b"isLowPowerModeEnabled", result=ctypes.c_bool))

    def begin_background_task(self) -> int:
        """Return the identifier of a background task; 0 if it is refused."""
        application = self._shared(b"UIApplication", b"sharedApplication")
        selector = b"beginBackgroundTaskWithExpirationHandler:"
        no_handler = ctypes.c_void_p(None)
        return int(self._send(application, selector, no_handler, result=ctypes.c_ulong))

    def end_background_task(self, identifier: int) -> None:
        """End a background task."""
        application = self._shared(b"UIApplication", b"sharedApplication")
        self._send(application, b"endBackgroundTask:", ctypes.c_ulong(identifier))

    def _shared(self, name: bytes, selector: bytes) -> int:
        found = self._send(self._class(name), selector, result=ctypes.c_void_p)
        return int(found or 0)  # a message to nil does nothing and returns zero

    def _send(
        self, receiver: int | None, selector: bytes, *arguments: Any, result: Any = None
    ) -> Any:
        # objc_msgSend must be called as the method that it finds: on arm64 a variadic call
        # passes its arguments in other places.
        types = [type(one) for one in arguments]
        pointer = ctypes.c_void_p
        send = self._function("objc_msgSend", result, pointer, pointer, *types)
        return send(receiver, self._selector(selector), *arguments)

    def _function(self, name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
        function: Any = self._library[name]
        function.restype = result
        function.argtypes = arguments
        found: Callable[..., Any] = function
        return found
