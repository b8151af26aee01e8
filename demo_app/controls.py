"""What one reads and presses: labels, buttons, chips, text fields, the switch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.animation import Animation
from kivy.lang import Builder
from kivy.properties import (
    AliasProperty,
    BooleanProperty,
    ColorProperty,
    NumericProperty,
    OptionProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label
from kivy.uix.widget import Widget

from demo_app import theme
from demo_app.icons import Icon

__all__ = [
    "WideButton",
    "Chip",
    "Icon",
    "IconButton",
    "OneLine",
    "PillButton",
    "Toggle",
    "Text",
    "TextField",
]


class Text(Label):
    """A paragraph as wide as its parent and as high as its words."""


class OneLine(Label):
    """One line that ends in an ellipsis where there is no room."""


class Filled(ButtonBehavior, Label):
    """A filled button: indigo, or tinted when ``quiet``."""

    quiet = BooleanProperty(False)

    def _fill(self) -> theme.Rgba:
        down = self.state == "down"
        if self.quiet:
            return theme.PRIMARY_SOFT_PRESSED if down else theme.PRIMARY_SOFT
        if self.disabled:
            return theme.PRIMARY_DISABLED
        return theme.PRIMARY_PRESSED if down else theme.PRIMARY

    fill = AliasProperty(_fill, bind=("state", "disabled", "quiet"), cache=True)

    def on_quiet(self, _: Any, quiet: bool) -> None:
        """Write in indigo on the tint, in white on indigo."""
        self.color = theme.PRIMARY if quiet else theme.ON_PRIMARY


class PillButton(Filled):
    """A small action beside a heading, as wide as its words."""

    inset = NumericProperty("18dp")


class WideButton(Filled):
    """The main action of a card or a sheet, as wide as its parent."""


class IconButton(ButtonBehavior, Widget):
    """A round button with an icon alone; 48dp to touch, 40dp to see."""

    icon = StringProperty("close")
    color = ColorProperty(theme.INK_MUTED)
    background = ColorProperty((0, 0, 0, 0))
    background_pressed = ColorProperty(theme.SUNKEN)

    def _fill(self) -> Any:
        return self.background_pressed if self.state == "down" else self.background

    fill = AliasProperty(
        _fill, bind=("state", "background", "background_pressed"), cache=True
    )


class Chip(ButtonBehavior, Label):
    """A short choice or suggestion."""

    selected = BooleanProperty(False)


class TextField(BoxLayout):
    """One line of input with its label above and what is wrong with it below.

    Events: ``on_submit`` when Enter is pressed.
    """

    label = StringProperty("")
    hint = StringProperty("")
    error = StringProperty("")
    input_type = OptionProperty("text", options=["text", "mail"])
    focused = BooleanProperty(False)
    border = NumericProperty("1dp")

    __events__ = ("on_submit",)

    @property
    def text(self) -> str:
        """What the user typed."""
        return str(self.ids.field.text)

    def focus(self) -> None:
        """Put the cursor into the field."""
        self.ids.field.focus = True

    def clear(self) -> None:
        """Empty the field and forget its error."""
        self.ids.field.text = ""
        self.error = ""

    def on_submit(self) -> None:
        """Enter was pressed; does nothing by default."""


class Toggle(ButtonBehavior, Widget):
    """On or off; the knob slides."""

    active = BooleanProperty(False)
    travel = NumericProperty(0.0)

    def on_release(self) -> None:
        """Turn over."""
        self.active = not self.active

    def on_active(self, _: Any, active: bool) -> None:
        """Slide the knob to its new end."""
        Animation.cancel_all(self, "travel")
        Animation(travel=float(active), duration=0.12, transition="out_quad").start(
            self
        )


Builder.load_file(str(Path(__file__).with_suffix(".kv")))
