"""What the user has set in the system: reduced motion, font scale, dark mode.

Each function returns None where the answer cannot be had, and never raises.  They ask the
system anew each time and may take some milliseconds: ask once, when the app starts.

What was run: Linux, against a `gsettings` and a GTK settings file made for the test.
What was not, for want of the systems, and is written from their documentation: Android
(through pyjnius), iOS (through a C function of UIKit), macOS (through `defaults`), Windows (through
user32 and the registry).
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Callable
from configparser import ConfigParser, Error as ConfigError
from importlib import import_module
from pathlib import Path
from typing import Any

from kivy.utils import platform

__all__ = ["dark_mode", "font_scale", "reduced_motion"]

_COMMAND_SECONDS = 1.0
_INTERFACE = "org.gnome.desktop.interface"
#: Windows: SystemParametersInfo's question for "animate controls and windows".
_SPI_GETCLIENTAREAANIMATION = 0x1042
#: Android: Configuration.uiMode's bits for the night, and what they are then.
_UI_MODE_NIGHT_MASK, _UI_MODE_NIGHT_YES = 0x30, 0x20


def reduced_motion() -> bool | None:
    """Tell whether the user wants less motion."""
    return _ask(
        android=lambda: _android_animation_scale() == 0,
        ios=lambda: bool(_ios_function("UIAccessibilityIsReduceMotionEnabled")()),
        macosx=lambda: _mac_default("com.apple.universalaccess", "reduceMotion") == "1",
        win=_windows_reduces_motion,
        linux=_linux_reduces_motion,
    )


def font_scale() -> float | None:
    """Return how much larger than usual the user wants text: 1 is usual, 2 is twice.

    Kivy's own ``sp`` has it already on Android; elsewhere it does not.
    """
    return _ask(
        android=lambda: float(_android_configuration().fontScale),
        linux=lambda: _number(_gsetting("text-scaling-factor")),
    )


def dark_mode() -> bool | None:
    """Tell whether the user wants dark apps."""
    return _ask(
        android=_android_is_dark,
        macosx=lambda: _mac_default("-g", "AppleInterfaceStyle") == "Dark",
        win=_windows_is_dark,
        linux=_linux_is_dark,
    )


def _ask(**by_platform: Callable[[], Any]) -> Any:
    ask = by_platform.get(platform)
    try:
        return ask() if ask is not None else None
    except Exception:  # noqa: BLE001 - Java and Objective-C raise what they like
        return None


def _android_class(name: str) -> Any:
    return import_module("jnius").autoclass(name)


def _android_activity() -> Any:
    return _android_class("org.kivy.android.PythonActivity").mActivity


def _android_animation_scale() -> float:
    settings = _android_class("android.provider.Settings$Global")
    resolver = _android_activity().getContentResolver()
    scale = settings.getFloat(resolver, settings.ANIMATOR_DURATION_SCALE, 1.0)
    return float(scale)


def _android_configuration() -> Any:
    return _android_activity().getResources().getConfiguration()


def _android_is_dark() -> bool:
    night = _android_configuration().uiMode & _UI_MODE_NIGHT_MASK
    return bool(night == _UI_MODE_NIGHT_YES)


def _ios_function(name: str) -> Any:
    # A C function of UIKit, which the app has loaded.
    function = getattr(ctypes.CDLL(None), name)
    function.restype = ctypes.c_bool
    return function


def _windows_reduces_motion() -> bool | None:
    animates = ctypes.c_int(1)
    # Through vars(): the name is there on Windows alone.
    is_known = vars(ctypes)["windll"].user32.SystemParametersInfoW(
        _SPI_GETCLIENTAREAANIMATION, 0, ctypes.byref(animates), 0
    )
    return not animates.value if is_known else None


def _windows_is_dark() -> bool:
    winreg = import_module("winreg")
    path = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
    with winreg.OpenKey(winreg.HKEY_CURRENT_USER, path) as key:
        return not winreg.QueryValueEx(key, "AppsUseLightTheme")[0]


def _linux_reduces_motion() -> bool | None:
    animates = _gsetting("enable-animations") or _gtk_setting("gtk-enable-animations")
    return None if animates is None else animates.lower() in ("false", "0")


def _linux_is_dark() -> bool | None:
    scheme = _gsetting("color-scheme")
    if scheme is not None:
        return "dark" in scheme
    wish = _gtk_setting("gtk-application-prefer-dark-theme")
    return None if wish is None else wish.lower() in ("true", "1")


def _gsetting(key: str) -> str | None:
    answer = _run("gsettings", "get", _INTERFACE, key)
    return answer.strip("'") if answer else None


def _gtk_setting(key: str) -> str | None:
    """Return a value of GTK 4's or 3's own file, which desktops beside GNOME write."""
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    for version in ("gtk-4.0", "gtk-3.0"):
        file = ConfigParser()
        try:
            file.read(home / version / "settings.ini", encoding="utf-8")
        except (ConfigError, UnicodeDecodeError):
            continue
        value = file.get("Settings", key, fallback=None)
        if value is not None:
            return value
    return None


def _mac_default(domain: str, key: str) -> str | None:
    return _run("defaults", "read", domain, key)


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def _run(*command: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - the commands of this module
            command,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
