"""TourNews: what the app is told of one tour."""

from __future__ import annotations

from typing import Any

from client_sdk import SurveyPrompt
from overlay_kivy.events import CloseReason, OverlayEvents
from overlay_kivy.step_visit import StepVisit

__all__ = ["TourNews"]


class TourNews:
    """Dispatches the overlay's events: in their order, what happens once once.

    A handler may do anything, so whoever tells looks afterwards whether all is as it was.
    """

    def __init__(self, host: OverlayEvents) -> None:
        self._host = host
        self._has_told = self._has_ended = False
        self._has_pre_opened = self._has_told_survey = False
        #: Whether anything of the tour was shown.
        self.has_opened = False
        #: Whether the user was asked the survey.
        self.has_asked = False

    def tell(self, event: str, *values: Any) -> None:
        """Dispatch an event; after the end nothing is told any more."""
        if not self._has_ended:
            self._has_told = True
            self._host.dispatch(event, *values)

    def tell_before_opening(self) -> None:
        """Tell that the first card is about to appear."""
        if not self._has_pre_opened:
            self._has_pre_opened = True
            self.tell("on_pre_open")

    def tell_opening(self) -> None:
        """Tell that the first card, or the survey, is in the window."""
        if not self.has_opened:
            self.has_opened = True
            self.tell("on_open")

    def tell_step(self, visit: StepVisit) -> None:
        """Tell of a step, once in a visit."""
        if not visit.is_seen:
            visit.is_seen = True
            self.tell("on_step", visit.step)

    def tell_survey(self, prompt: SurveyPrompt) -> None:
        """Tell of the survey, once until :meth:`leave_step`."""
        if not self._has_told_survey:
            self._has_told_survey = self.has_asked = True
            self.tell("on_survey", prompt)

    def leave_step(self) -> None:
        """Note that what is shown next is something else."""
        self._has_told_survey = False

    def end(self) -> None:
        """Be silent, but for the reason of the end."""
        self._has_ended = True

    def tell_end(self, reason: CloseReason) -> None:
        """Tell why nothing is shown any more, whoever was told of the tour at all."""
        if self._has_told:
            self._host.dispatch("on_dismiss", reason)
