"""The frame of the app: strip, screens, navigation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.lang import Builder
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.screenmanager import SlideTransition

from demo_app.navigation import DESTINATIONS, NavigationBar
from demo_app.status_strip import StatusStrip
from demo_app.surfaces import Page

__all__ = ["Shell"]

_ORDER = [screen for screen, _ in DESTINATIONS]


class Shell(BoxLayout):
    """Holds the pages and keeps navigation bar and screen in step."""

    def __init__(self, pages: list[Page], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ids.screens.transition = SlideTransition(duration=0.18)
        for page in pages:
            self.ids.screens.add_widget(page)

    @property
    def strip(self) -> StatusStrip:
        """The status strip."""
        return self.ids.strip

    @property
    def navigation(self) -> NavigationBar:
        """The navigation bar."""
        return self.ids.navigation

    @property
    def screen(self) -> str:
        """Name of the screen that is shown."""
        return str(self.ids.screens.current)

    def go_to(self, screen: str) -> None:
        """Show a screen; a name that the app does not have is ignored."""
        screens = self.ids.screens
        if screen == screens.current or not screens.has_screen(screen):
            return
        forward = _ORDER.index(screen) > _ORDER.index(screens.current)
        screens.transition.direction = "left" if forward else "right"
        screens.current = screen
        self.navigation.current = screen


Builder.load_file(str(Path(__file__).with_suffix(".kv")))
