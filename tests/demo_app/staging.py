"""The app without its own event loop: the test turns the frames."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kivy.core.window import Window
from kivy.uix.label import Label

from client_sdk.testing import FakeServer
from demo_app.app import DemoSettings, KaziApp
from demo_app.sight import take_sight
from overlay_kivy.testing import (
    advance_frames,
    mount,
    resize_window,
    tap_widget,
    wait_for,
)


class Staging:
    """The running app, and what a person does with it."""

    def __init__(self, app: KaziApp, root: Any, server: FakeServer) -> None:
        self.app = app
        self.root = root
        self.server = server

    @property
    def strip(self) -> Any:
        """The status strip."""
        return self.app.shell.strip

    def look(self) -> Any:
        """Return what is shown."""
        return take_sight(self.app.shell, self.app.overlay)

    def page(self, name: str) -> Any:
        """Return one of the pages."""
        return self.app.shell.ids.screens.get_screen(name)

    def go_to(self, name: str) -> Any:
        """Touch a tab and wait until its page has slid in."""
        tap_widget(self.app.shell.navigation.tab(name))
        page = self.page(name)
        wait_for(
            lambda: self.app.shell.screen == name and page.transition_progress == 1
        )
        advance_frames(2)
        return page

    def touch(self, name: str) -> None:
        """Touch a control of the tour."""
        wait_for(lambda: self.app.overlay.control(name))
        advance_frames(3)
        tap_widget(self.app.overlay.control(name))

    def wait_for_step(self, step_id: str) -> Any:
        """Wait until a step's card is shown."""
        return wait_for(lambda: self.look().step == step_id and self.look())

    def labels(self, *roots: Any) -> list[Label]:
        """Return every label with words under the roots, or in the whole window."""
        widgets = (
            one for root in roots or Window.children for one in root.walk(restrict=True)
        )
        return [one for one in widgets if isinstance(one, Label) and one.text]

    def resize(self, width: int, height: int) -> None:
        """Give the window another size and let the layout settle."""
        resize_window(width, height)
        advance_frames(4)


@contextmanager
def open_kazi(server: FakeServer, storage: Path, **settings: Any) -> Iterator[Staging]:
    """Open the app; at the end it is closed as by its window's button."""
    resize_window(420, 860)
    app = KaziApp(
        DemoSettings(server="http://kazi.invalid", storage=storage, **settings),
        network=server,
    )
    root = app.build()
    app.overlay.motion_seconds = 0
    with mount(root):
        app.on_start()
        try:
            yield Staging(app, root, server)
        finally:
            app.on_stop()
