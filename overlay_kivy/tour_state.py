"""TourState: where one tour stands, for all that work on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from client_sdk import TutorialSession
from overlay_kivy.conditions import Conditions
from overlay_kivy.events import OverlayEvents
from overlay_kivy.hooks import HookFunction
from overlay_kivy.stage import Stage
from overlay_kivy.step_visit import StepVisit
from overlay_kivy.suspension import Suspension
from overlay_kivy.targets import TargetRegistry

__all__ = ["Navigate", "TourParts", "TourState"]

Navigate = Callable[[str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TourParts:
    """What the tours of one overlay work with."""

    #: The overlay, for its properties and to tell the app.
    host: OverlayEvents
    registry: TargetRegistry
    conditions: Conditions
    hooks: Mapping[str, HookFunction]
    suspension: Suspension
    navigate: Navigate | None
    #: Makes the widgets; it is handed what to call after a failure.
    make_stage: Callable[[Callable[[], None]], Stage]


class TourState:
    """What a tour, its steps, its survey and what it shows all look at.

    The app may do anything whenever it is told something, so they look again afterwards.
    """

    def __init__(self, session: TutorialSession, suspension: Suspension) -> None:
        self.session = session
        self.is_over = False
        self.is_paused = False
        #: The step that the user is at; None without one, as in the survey at the end.
        self.visit: StepVisit | None = None
        self._suspension = suspension

    @property
    def is_held(self) -> bool:
        """Whether nothing may be shown now."""
        return self.is_over or self.is_paused or bool(self._suspension)
