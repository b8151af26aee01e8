"""The Java object through which everything on Android is asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Autoclass", "find_context", "is_service", "load_autoclass"]

#: pyjnius's ``autoclass``: a Java class by its full name.
Autoclass = Callable[[str], Any]


def load_autoclass() -> Autoclass:
    """Return pyjnius's ``autoclass``; ImportError anywhere but on a device."""
    from jnius import autoclass

    found: Autoclass = autoclass
    return found


def is_service(environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether this is a service's own process, which has no activity."""
    return "PYTHON_SERVICE_ARGUMENT" in environ


def find_context(autoclass: Autoclass, environ: Mapping[str, str] = os.environ) -> Any:
    """Return the application's ``android.content.Context``.

    Only on the process's first thread: others get the system's class loader from JNI,
    which does not know the classes of the app.
    """
    if is_service(environ):
        owner = autoclass("org.kivy.android.PythonService").mService
    else:
        owner = autoclass("org.kivy.android.PythonActivity").mActivity
    # It outlives the activity, which may be gone while Python still runs.
    return owner.getApplicationContext()
