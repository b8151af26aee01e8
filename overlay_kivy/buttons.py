"""Buttons of the card and the sheet, and the row that they stand in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.lang import Builder
from kivy.metrics import dp, sp
from kivy.properties import (
    BooleanProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.layout import Layout
from kivy.uix.widget import Widget

from overlay_kivy.text import ShapedLabel, ShapedText
from overlay_kivy.theme import Theme

__all__ = ["ActionRow", "CloseButton", "OverlayButton"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))


class OverlayButton(ButtonBehavior, ShapedLabel):
    """A text button, or a filled one for the main thing to do."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes.

    :attr:`theme` is an :class:`~kivy.properties.ObjectProperty` and defaults to the
    light :class:`~overlay_kivy.theme.Theme`.
    """

    name = StringProperty()
    """What the button does, in one word; tests find it by this.

    :attr:`name` is a :class:`~kivy.properties.StringProperty` and defaults to ''.
    """

    is_filled = BooleanProperty(False)
    """Whether this is the main thing to do.

    :attr:`is_filled` is a :class:`~kivy.properties.BooleanProperty` and defaults to False.
    """

    has_focus = BooleanProperty(False)
    """Whether the keyboard is at the button; it then has a ring.

    :attr:`has_focus` is a :class:`~kivy.properties.BooleanProperty` and defaults to False.
    """

    is_leading = BooleanProperty(False)
    """Whether the button stands where its row begins, apart from the others.

    :attr:`is_leading` is a :class:`~kivy.properties.BooleanProperty` and defaults to
    False.
    """

    padding_x_dp = NumericProperty(16)
    """Room between text and edge.

    :attr:`padding_x_dp` is a :class:`~kivy.properties.NumericProperty` and defaults to 16.
    """

    def natural_width(self) -> float:
        """Return the width that the text needs in one line, in pixels."""
        measure = ShapedText(
            font_size=sp(self.theme.label_size),
            font_name=self.theme.font_name,
            bold=self.bold,
        )
        text_width = measure.natural_width(self.text)
        return max(
            text_width + 2 * dp(self.padding_x_dp) + 2, dp(self.theme.touch_size)
        )


class CloseButton(ButtonBehavior, Widget):
    """A cross in the card's upper corner; as large for the finger as any button."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    name = StringProperty("close")
    """Tests find the button by this."""

    text = StringProperty()
    """What the button is called; it is announced and not drawn."""

    disc_opacity = NumericProperty(1)
    """Of the disc below the cross."""

    has_focus = BooleanProperty(False)
    """Whether the keyboard is at the button; it then has a ring."""


class ActionRow(Layout):
    """Stands the leading button at the left, the others at the right, the main one last.

    Where they do not fit side by side the main one takes a line of its own above the
    others and wraps its text; where those do not fit either, each has its line.  No label
    is ever cut.
    """

    spacing = NumericProperty("8dp")
    """Room between buttons.

    :attr:`spacing` is a :class:`~kivy.properties.NumericProperty` and defaults to 8dp.
    """

    outdent = NumericProperty(0)
    """How far text buttons hang out to the sides, so that their text lines up.

    :attr:`outdent` is a :class:`~kivy.properties.NumericProperty` and defaults to 0.
    """

    is_rtl = BooleanProperty(False)
    """Whether left and right change places.

    :attr:`is_rtl` is a :class:`~kivy.properties.BooleanProperty` and defaults to False.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        trigger = self._trigger_layout
        self.bind(pos=trigger, width=trigger, children=trigger, outdent=trigger)
        self.bind(is_rtl=trigger)

    def add_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Add a button at the end of the row."""
        widget.bind(text=self._trigger_layout, height=self._trigger_layout)
        super().add_widget(widget, *args, **kwargs)

    def remove_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Take a button away."""
        widget.unbind(text=self._trigger_layout, height=self._trigger_layout)
        super().remove_widget(widget, *args, **kwargs)

    def natural_width(self) -> float:
        """Return the width in which all buttons stand in one line, in pixels."""
        return self._needed([one.natural_width() for one in self.children])

    def two_line_width(self) -> float:
        """Return the width in which two lines hold all buttons, in pixels."""
        *others, main = [one.natural_width() for one in self.children[::-1]]
        return max(self._needed(others) - 2 * self.outdent, main)

    def do_layout(self, *_args: Any) -> None:
        """Place the buttons; Kivy calls it before the next frame."""
        buttons = self.children[::-1]
        if not buttons:
            self.height = 0
            return
        # Each width is set once: a layout that tries widths out would never come to rest.
        lines = self._lines(buttons, [button.natural_width() for button in buttons])
        y = self.y
        for line in lines:
            self._place(line, y, is_alone=len(lines) > 1 and len(line) == 1)
            y += max(button.height for button in line) + self.spacing
        self.height = y - self.spacing - self.y
        if self.is_rtl:
            for button in buttons:
                button.x = self.x + self.right - button.right

    def _lines(self, buttons: list[Any], widths: list[float]) -> list[list[Any]]:
        """Return the buttons of each line, from below, with their widths set."""
        if self._needed(widths) <= self.width + self.outdent:
            lines = [buttons]
        elif self._needed(widths[:-1]) <= self.width + 2 * self.outdent:
            lines = [line for line in (buttons[:-1], buttons[-1:]) if line]
            widths = [*widths[:-1], self.width]
        else:
            lines = [[button] for button in buttons]
            widths = [self.width] * len(buttons)
        for button, width in zip(buttons, widths, strict=True):
            button.width = width
        return lines

    def _needed(self, widths: list[float]) -> float:
        return sum(widths) + self.spacing * max(len(widths) - 1, 0)

    def _place(self, buttons: list[Any], y: float, *, is_alone: bool) -> None:
        """Place a line's buttons, from the right; text buttons hang out there, too."""
        hangs_out = not is_alone and not buttons[-1].is_filled
        right = self.right + (self.outdent if hangs_out else 0)
        for button in reversed(buttons):
            if button.is_leading and not is_alone:
                button.pos = self.x - self.outdent, y
            else:
                button.pos = right - button.width, y
                right = button.x - self.spacing
