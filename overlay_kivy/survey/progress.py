"""SurveyProgress: how far the user is in a survey."""

from __future__ import annotations

from pathlib import Path

from kivy.lang import Builder
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty
from kivy.uix.widget import Widget

from overlay_kivy import text  # noqa: F401 - its class is in the KV rule
from overlay_kivy.theme import Labels, Theme

__all__ = ["SurveyProgress"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))


class SurveyProgress(Widget):
    """How far the user is; nothing where there is one page."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    labels = ObjectProperty(Labels(), rebind=True)
    """The overlay's own words; see :class:`~overlay_kivy.theme.Labels`."""

    is_rtl = BooleanProperty(False)
    """Whether it fills from the right."""

    position = NumericProperty(1)
    """The page's place among those that are asked, from 1."""

    count = NumericProperty(1)
    """How many pages the answers so far lead to."""

    part = NumericProperty(0)
    """How much of the line is filled, 0 to 1."""

    track = NumericProperty(0)
    """Height of the line, in pixels."""

    track_x = NumericProperty(0)
    """The line's left edge."""

    track_y = NumericProperty(0)
    """The line's lower edge."""

    track_width = NumericProperty(0)
    """The line's width, in pixels."""

    filled = NumericProperty(0)
    """How much of :attr:`track_width` is filled."""
