"""Host: what the test apps of every kind share, beside their widgets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from client_sdk import TutorialClient
from client_sdk.testing import FakeServer
from overlay_kivy import TutorialOverlay
from tests.overlay_kivy.hosts.user import HOST_TOUR, User

__all__ = ["Host", "open_client", "run"]


def open_client(folder: Path) -> tuple[FakeServer, TutorialClient]:
    """Return a server in memory that has the tour, and a client in front of it."""
    server = FakeServer(HOST_TOUR)
    url = "http://tutorials.invalid"
    return server, TutorialClient(url, storage_dir=folder, transport=server)


class Host:
    """Mixin of an app that keeps its data in ``folder``, and leaves a report there."""

    folder: Path
    user: User

    def take_tour(
        self, app_button: Callable[[], Any], *, navigate: Callable[[str], Any] | None
    ) -> None:
        """Open client and overlay, and let the user begin."""
        server, self.client = open_client(self.folder)
        self.overlay = TutorialOverlay(self.client, navigate=navigate)
        self.user = User(server, self.overlay, app_button)
        self.user.begin()

    def on_stop(self) -> None:
        """End all as an app does, and report; Kivy calls it."""
        self.overlay.close()
        self.client.flush()
        self.client.close()
        self.user.report(self.folder / "report.json")


def run(app: Any, folder: Path) -> None:
    """Run an app until its user has stopped it."""
    app.folder = folder
    app.run()
