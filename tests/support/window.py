"""One real window for the test process: import this before anything of Kivy.

A second import, by another folder's ``conftest.py``, finds display and settings in place.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from contextlib import ExitStack

from demo_app.display import virtual_display

__all__: list[str] = []

_resources = ExitStack()
atexit.register(_resources.close)
_resources.enter_context(virtual_display())
_kivy_home = tempfile.mkdtemp(prefix="kivy-home-")
_resources.callback(shutil.rmtree, _kivy_home, ignore_errors=True)
# Kivy reads these, and opens its window, when it is imported.
os.environ.update(
    KIVY_HOME=_kivy_home,
    KIVY_NO_ARGS="1",
    KIVY_NO_CONSOLELOG="1",
    KIVY_NO_FILELOG="1",
    # Mesa's threads wait for each other longer than it takes one to draw a phone's screen
    LP_NUM_THREADS="0",
)

from kivy.config import Config  # noqa: E402

# Tests wait for conditions and not for frames; and a software renderer is slow enough
# without drawing every pixel twice.
Config.set("graphics", "maxfps", "240")
Config.set("graphics", "multisamples", "0")
