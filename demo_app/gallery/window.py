"""A window for the gallery; to be entered before anything of Kivy is imported."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from demo_app.display import virtual_display

__all__ = ["gallery_window"]


@contextmanager
def gallery_window(width: int, height: int) -> Iterator[None]:
    """Have Kivy open its window where one of this size in pixels fits.

    Where Xvfb is installed that is a display of its own: the pictures are the same
    whatever the person's screen is, and nothing flashes before their eyes.
    """
    if shutil.which("Xvfb"):
        os.environ.pop("DISPLAY", None)
        os.environ.pop("WAYLAND_DISPLAY", None)
    with (
        virtual_display(width, height),
        tempfile.TemporaryDirectory(prefix="gallery-kivy-") as home,
    ):
        os.environ.update(
            KIVY_HOME=home,
            KIVY_NO_ARGS="1",
            KIVY_NO_CONSOLELOG="1",
            KIVY_NO_FILELOG="1",
        )
        import kivy.logger  # noqa: F401

        # Kivy has taken standard error for its log, which is off: failures are to be seen.
        sys.stderr = sys.__stderr__
        yield
