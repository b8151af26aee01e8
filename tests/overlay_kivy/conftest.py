"""One real window for the process, and overlays over the sample app in it."""

from __future__ import annotations

import pytest

import tests.support.window  # noqa: F401 - before anything of Kivy


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


@pytest.fixture
def layering(app):
    """A layer over the app."""
    from tests.overlay_kivy.layers import Layering

    layering = Layering()
    yield layering
    layering.layer.hide()
    assert layering.failures == 0


@pytest.fixture
def double_size():
    """A user who has set text to twice its size."""
    from kivy.metrics import Metrics

    before, Metrics.fontscale = Metrics.fontscale, 2.0
    yield
    Metrics.fontscale = before


@pytest.fixture(autouse=True)
def layouts_come_to_rest(caplog):
    """Kivy gives up after 10 rounds of layout in a frame, and only says so in its log."""
    yield
    records = caplog.get_records("setup") + caplog.get_records("call")
    assert not [one.message for one in records if "too much iteration" in one.message]
