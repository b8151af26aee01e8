"""SurveyThanks: what is said when the answer was given."""

from __future__ import annotations

from pathlib import Path

from kivy.lang import Builder
from kivy.properties import ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from overlay_kivy import text  # noqa: F401 - its class is in the KV rule
from overlay_kivy.theme import Theme

__all__ = ["SurveyThanks"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))


class SurveyThanks(BoxLayout):
    """A check mark and the prompt's thanks."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    text = StringProperty()
    """What is said."""
