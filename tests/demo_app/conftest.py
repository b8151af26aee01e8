"""The demo app in a real window, in front of a server in memory."""

from __future__ import annotations

import pytest

import tests.support.window  # noqa: F401 - before anything of Kivy
from client_sdk.testing import FakeServer
from tests.demo_app.tour_file import read_tour


@pytest.fixture
def kazi(tmp_path):
    """The app on a phone's screen, in front of a server that has no tour for it."""
    from tests.demo_app.staging import open_kazi

    with open_kazi(FakeServer(), tmp_path) as staging:
        yield staging


@pytest.fixture
def touring(tmp_path):
    """The app with the first card of the welcome tour over it."""
    from tests.demo_app.staging import open_kazi

    with open_kazi(FakeServer(read_tour()), tmp_path) as staging:
        staging.wait_for_step("welcome")
        yield staging
