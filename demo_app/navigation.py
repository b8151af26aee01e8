"""The bar at the bottom that leads from screen to screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.lang import Builder
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout

from demo_app import controls

__all__ = ["DESTINATIONS", "NavigationBar", "NavigationTab", "controls"]

#: Screen name (also the name of its icon) and label, from left to right.
DESTINATIONS = (
    ("projects", "Projects"),
    ("team", "Team"),
    ("assistant", "Assistant"),
    ("settings", "Settings"),
)


class NavigationTab(ButtonBehavior, BoxLayout):
    """One destination."""

    screen = StringProperty("")
    icon = StringProperty("projects")
    text = StringProperty("")
    active = BooleanProperty(False)


class NavigationBar(BoxLayout):
    """Four destinations; ``current`` is the screen that is shown."""

    current = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for screen, label in DESTINATIONS:
            tab = NavigationTab(screen=screen, icon=screen, text=label)
            tab.bind(on_release=self._choose)
            self.add_widget(tab)
        self.current = DESTINATIONS[0][0]

    def tab(self, screen: str) -> NavigationTab:
        """Return the tab that leads to a screen; KeyError if none does."""
        return {tab.screen: tab for tab in self.children}[screen]

    def on_current(self, _: Any, current: str) -> None:
        """Mark the tab of the screen that is shown."""
        for tab in self.children:
            tab.active = tab.screen == current

    def _choose(self, tab: NavigationTab) -> None:
        self.current = tab.screen


Builder.load_file(str(Path(__file__).with_suffix(".kv")))
