"""Tutorials shown over a Kivy app: spotlight, card and survey sheet.

    overlay = TutorialOverlay(client, navigate=show_screen)
    overlay.run("welcome-tour")

Targets are named in KV, ``tour_id: "dashboard"``, on any widget.
"""

from kivy.factory import Factory

from overlay_kivy.events import CloseReason
from overlay_kivy.overlay import TutorialOverlay
from overlay_kivy.step_errors import StepError, StepTrouble
from overlay_kivy.targets import TourTarget
from overlay_kivy.theme import Labels, Theme

__all__ = [
    "CloseReason",
    "Labels",
    "StepError",
    "StepTrouble",
    "Theme",
    "TourTarget",
    "TutorialOverlay",
]

Factory.register("TourTarget", cls=TourTarget)
