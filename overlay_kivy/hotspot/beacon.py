"""Beacon: a pulsing dot on a target; its tap opens the step's card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.animation import Animation
from kivy.lang import Builder
from kivy.properties import (
    BooleanProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.widget import Widget

from overlay_kivy.motion import PULSE_SECONDS
from overlay_kivy.theme import Theme

__all__ = ["Beacon"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))


class Beacon(ButtonBehavior, Widget):
    """A dot with a ring that widens and fades; it rests where motion is unwanted.

    :Events:
        `on_release`: it was tapped.
    """

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours; see :class:`~overlay_kivy.theme.Theme`."""

    name = StringProperty("beacon")
    """Tests find it by this."""

    text = StringProperty()
    """The step's title: announced, and not drawn."""

    has_focus = BooleanProperty(False)
    """Whether the keyboard is at it."""

    pulses = BooleanProperty(False)
    """Whether it moves."""

    pulse = NumericProperty(0)
    """How far the ring has widened, 0 to 1."""

    reach = NumericProperty(0)
    """Radius of the ring, in pixels."""

    text_opacity = NumericProperty(1)
    """Of the whole, while it appears."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bind(pulses=self._move, parent=self._move)

    def _move(self, *_args: Any) -> None:
        """Pulse while it is in the window, and no longer: an animation costs frames."""
        Animation.cancel_all(self, "pulse")
        self.pulse = 0
        if self.pulses and self.parent is not None:
            wave = Animation(pulse=1, duration=PULSE_SECONDS, transition="out_cubic")
            wave.repeat = True
            wave.start(self)
