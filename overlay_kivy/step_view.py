"""StepView: what card, modal and banner have in common."""

from __future__ import annotations

from typing import Any

from kivy.event import EventDispatcher
from kivy.properties import (
    BooleanProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)

from overlay_kivy.buttons import ActionRow, OverlayButton
from overlay_kivy.theme import Labels, Theme

__all__ = ["StepView"]


class StepView(EventDispatcher):
    """A step's words and pictures, and the buttons below them.

    :Events:
        `on_next`: the main button was pressed.
        `on_back`: "Back" was pressed.
        `on_skip`: "Skip" was pressed.
        `on_close`: the cross was pressed.
    """

    __events__ = ("on_next", "on_back", "on_skip", "on_close")

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    labels = ObjectProperty(Labels(), rebind=True)
    """The overlay's own words; see :class:`~overlay_kivy.theme.Labels`."""

    is_rtl = BooleanProperty(False)
    """Whether left and right change places."""

    title = StringProperty()
    """The step's title."""

    body = StringProperty()
    """The step's text; may be empty."""

    cta = StringProperty()
    """What the main button says."""

    image = StringProperty()
    """A picture's file name; empty for none."""

    icon = StringProperty()
    """A small picture's file name; empty for none."""

    position = NumericProperty(1)
    """The step's place in the tour, counted from 1."""

    count = NumericProperty(1)
    """How many steps the tour has."""

    has_back = BooleanProperty(False)
    """Whether there is a step to go back to."""

    has_skip = BooleanProperty(True)
    """Whether the rest of the tour can be skipped."""

    has_close = BooleanProperty(True)
    """Whether there is a cross that closes the tour."""

    def __init__(self, **kwargs: Any) -> None:
        self._row: ActionRow | None = None
        self.skip_button = OverlayButton(name="skip", is_leading=True)
        self.back_button = OverlayButton(name="back")
        self.next_button = OverlayButton(name="next", is_filled=True)
        super().__init__(**kwargs)
        for button in (self.skip_button, self.back_button, self.next_button):
            button.bind(on_release=self._on_button)
        arrange = self._arrange_buttons
        self.bind(has_back=arrange, has_skip=arrange, cta=arrange, labels=arrange)
        self.bind(theme=arrange)

    def fill_row(self, row: ActionRow) -> None:
        """Put the buttons into a row, and keep them right from now on."""
        self._row = row
        self._arrange_buttons()

    def on_next(self) -> None:
        """Handle the main button; does nothing by default."""

    def on_back(self) -> None:
        """Handle the "Back" button; does nothing by default."""

    def on_skip(self) -> None:
        """Handle the "Skip" button; does nothing by default."""

    def on_close(self) -> None:
        """Handle the cross; does nothing by default."""

    def _on_button(self, button: OverlayButton) -> None:
        self.dispatch(f"on_{button.name}")

    def _arrange_buttons(self, *_args: Any) -> None:
        row = self._row
        if row is None:
            return
        self.skip_button.text = self.labels.skip
        self.back_button.text = self.labels.back
        self.next_button.text = self.cta
        row.clear_widgets()
        if self.has_skip:
            row.add_widget(self.skip_button)
        if self.has_back:
            row.add_widget(self.back_button)
        row.add_widget(self.next_button)
        for button in row.children:
            button.theme = self.theme
