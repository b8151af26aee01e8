"""The strip at the top: how the tutorial's data stands between device and server."""

from __future__ import annotations

from pathlib import Path

from kivy.lang import Builder
from kivy.properties import BooleanProperty, ColorProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout

from demo_app import controls, theme
from demo_app.sync_summary import Reach, SyncSummary
from overlay_kivy import TourTarget

__all__ = ["StatusStrip", "controls"]

_DOTS = {
    Reach.ONLINE: theme.ONLINE,
    Reach.OFFLINE: theme.OFFLINE,
    Reach.SWITCHED_OFF: theme.OFFLINE,
    Reach.UNKNOWN: theme.UNKNOWN,
}


class StatusStrip(TourTarget, ButtonBehavior, BoxLayout):
    """Shows a :class:`SyncSummary`; a touch asks for a sync (``on_release``)."""

    reach = StringProperty(str(Reach.UNKNOWN))
    synced = StringProperty("")
    queued = StringProperty("0")
    sent = StringProperty("0")
    variant = StringProperty("")
    persona = StringProperty("")
    dot = ColorProperty(theme.UNKNOWN)
    is_narrow = BooleanProperty(False)
    is_stacked = BooleanProperty(False)

    def show(self, summary: SyncSummary) -> None:
        """Take over the texts of a summary."""
        self.reach = str(summary.reach)
        self.synced = summary.synced
        self.queued = summary.queued
        self.sent = summary.sent
        self.variant = summary.variant
        self.persona = summary.persona
        self.dot = _DOTS[summary.reach]


Builder.load_file(str(Path(__file__).with_suffix(".kv")))
