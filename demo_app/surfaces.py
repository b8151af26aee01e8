"""What things lie on: pages, columns, cards, sheets, and the small marks on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.lang import Builder
from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    NumericProperty,
    StringProperty,
)
from kivy.uix.anchorlayout import AnchorLayout
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label
from kivy.uix.modalview import ModalView
from kivy.uix.screenmanager import Screen
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget

from demo_app import controls, theme

__all__ = [
    "Avatar",
    "Badge",
    "Card",
    "Column",
    "EmptyState",
    "IconTile",
    "Meter",
    "Monogram",
    "Page",
    "PageHead",
    "Scroll",
    "Sheet",
    "controls",
]


class Page(Screen):
    """One screen of the app."""


class Scroll(ScrollView):
    """Scrolls down, without a bounce."""


class Column(BoxLayout):
    """The page's one column, never wider than one can read."""


class PageHead(BoxLayout):
    """Title of a page and a line that says how things stand."""

    title = StringProperty("")
    subtitle = StringProperty("")


class Card(BoxLayout):
    """A white, rounded surface with a soft shadow."""

    fill = ColorProperty(theme.SURFACE)


class Avatar(Label):
    """Initials in a coloured circle; ``tone`` picks the colour."""

    initials = StringProperty("")
    tone = NumericProperty(0)


class IconTile(AnchorLayout):
    """An icon on a tinted square."""

    icon = StringProperty("info")
    color = ColorProperty(theme.PRIMARY)
    fill = ColorProperty(theme.PRIMARY_SOFT)


class Monogram(Label):
    """The product's mark."""


class Meter(Widget):
    """A thin bar that is filled from 0.0 to 1.0."""

    value = NumericProperty(0.0)
    color = ColorProperty(theme.PRIMARY)
    track = ColorProperty(theme.HAIRLINE)


class Badge(Label):
    """A short fact in a tinted pill; coral when it is urgent."""

    urgent = BooleanProperty(False)


class EmptyState(BoxLayout):
    """What stands where a list has nothing to show."""

    icon = StringProperty("info")
    title = StringProperty("")
    text = StringProperty("")


class Sheet(ModalView):
    """A form over the page: from the bottom on a phone, in the middle of a desktop."""

    title = StringProperty("")

    def add_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Put content under the title; the first child is the panel itself."""
        if self.children:
            self.ids.panel.add_widget(widget)
        else:
            super().add_widget(widget, *args, **kwargs)

    def on_touch_down(self, touch: Any) -> bool:
        """Close on a touch beside the panel."""
        if self.ids.panel.collide_point(*touch.pos):
            return bool(super().on_touch_down(touch))
        self.dismiss()
        return True


Builder.load_file(str(Path(__file__).with_suffix(".kv")))
