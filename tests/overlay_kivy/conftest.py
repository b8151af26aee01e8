"""One real window for the process, and overlays over the sample app in it."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from contextlib import ExitStack

import pytest

from demo_app.display import virtual_display

# Kivy reads these, and opens its window, when it is imported.
_resources = ExitStack()
atexit.register(_resources.close)
_resources.enter_context(virtual_display())
_kivy_home = tempfile.mkdtemp(prefix="kivy-home-")
_resources.callback(shutil.rmtree, _kivy_home, ignore_errors=True)
os.environ.update(
    KIVY_HOME=_kivy_home,
    KIVY_NO_ARGS="1",
    KIVY_NO_CONSOLELOG="1",
    KIVY_NO_FILELOG="1",
)

from kivy.config import Config  # noqa: E402

# Tests wait for conditions and not for frames; and a software renderer is slow enough
# without drawing every pixel twice.
Config.set("graphics", "maxfps", "240")
Config.set("graphics", "multisamples", "0")


@pytest.fixture
def app():
    """The sample app on a phone's screen."""
    from overlay_kivy.testing import mount, resize_window
    from tests.overlay_kivy.sample_app import SampleApp

    resize_window(420, 860)
    with mount(SampleApp()) as root:
        yield root


@pytest.fixture
def stage(app, tmp_path):
    """What a test of the overlay works with."""
    from tests.overlay_kivy.staging import Staging

    staging = Staging(app, tmp_path)
    yield staging
    staging.close()


@pytest.fixture(autouse=True)
def layouts_come_to_rest(caplog):
    """Kivy gives up after 10 rounds of layout in a frame, and only says so in its log."""
    yield
    records = caplog.get_records("setup") + caplog.get_records("call")
    assert not [one.message for one in records if "too much iteration" in one.message]
