"""Buttons of the card and the sheet, and the row that they stand in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.core.text import Label as TextMeasure
from kivy.lang import Builder
from kivy.metrics import dp, sp
from kivy.properties import (
    BooleanProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.label import Label
from kivy.uix.layout import Layout

from overlay_kivy.theme import Theme

__all__ = ["ActionRow", "OverlayButton"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))


class OverlayButton(ButtonBehavior, Label):
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
    """Whether the button stands at the left of its row, apart from the others.

    :attr:`is_leading` is a :class:`~kivy.properties.BooleanProperty` and defaults to
    False.
    """

    padding_x_dp = NumericProperty(16)
    """Room between text and edge.

    :attr:`padding_x_dp` is a :class:`~kivy.properties.NumericProperty` and defaults to 16.
    """

    def natural_width(self) -> float:
        """Return the width that the text needs in one line, in pixels."""
        measure = TextMeasure(
            font_size=sp(self.theme.label_size),
            font_name=self.theme.font_name,
            bold=self.bold,
        )
        text_width, _ = measure.get_extents(self.text)
        return max(
            text_width + 2 * dp(self.padding_x_dp) + 2, dp(self.theme.touch_size)
        )


class ActionRow(Layout):
    """Stands the leading button at the left, the others at the right, the main one last.

    Where they do not fit side by side the main one takes a line of its own above the
    others and wraps its text: no label is ever cut.
    """

    spacing = NumericProperty("8dp")
    """Room between buttons.

    :attr:`spacing` is a :class:`~kivy.properties.NumericProperty` and defaults to 8dp.
    """

    outdent = NumericProperty(0)
    """How far text buttons hang out to the sides, so that their text lines up.

    :attr:`outdent` is a :class:`~kivy.properties.NumericProperty` and defaults to 0.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        trigger = self._trigger_layout
        self.bind(pos=trigger, width=trigger, children=trigger, outdent=trigger)

    def add_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Add a button at the right."""
        widget.bind(text=self._trigger_layout, height=self._trigger_layout)
        super().add_widget(widget, *args, **kwargs)

    def remove_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Take a button away."""
        widget.unbind(text=self._trigger_layout, height=self._trigger_layout)
        super().remove_widget(widget, *args, **kwargs)

    def do_layout(self, *_args: Any) -> None:
        """Place the buttons; Kivy calls it before the next frame."""
        buttons = self.children[::-1]
        if not buttons:
            return
        # Each width is set once: a layout that tries widths out would never come to rest.
        widths = [button.natural_width() for button in buttons]
        needed = sum(widths) + self.spacing * (len(buttons) - 1)
        is_stacked = needed > self.width + self.outdent
        if is_stacked:
            widths[-1] = self.width
        for button, width in zip(buttons, widths, strict=True):
            button.width = width
        if is_stacked:
            self._stack(buttons[:-1], buttons[-1])
        else:
            self.height = max(button.height for button in buttons)
            self._place(buttons, self.right)

    def _stack(self, others: list[Any], main: Any) -> None:
        line = max((button.height + self.spacing for button in others), default=0)
        main.pos = self.x, self.y + line
        self.height = main.top - self.y
        self._place(others, self.right + self.outdent)

    def _place(self, buttons: list[Any], right: float) -> None:
        """Place buttons in the lowest line, from the right."""
        for button in reversed(buttons):
            if button.is_leading:
                button.pos = self.x - self.outdent, self.y
            else:
                button.pos = right - button.width, self.y
                right = button.x - self.spacing
