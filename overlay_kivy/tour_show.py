"""TourShow: what of one tour is in the window, and what the app is told of that."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from client_sdk import SurveyPrompt
from overlay_kivy.itinerary import Itinerary
from overlay_kivy.stage import Stage
from overlay_kivy.step_visit import StepVisit
from overlay_kivy.tour_news import TourNews
from overlay_kivy.tour_state import TourState

__all__ = ["TourShow"]


class TourShow:
    """Shows steps and survey on the tour's stage, between its events.

    Args:
        state: Where the tour stands.
        itinerary: Says which of how many steps it is.
        news: Tells the app.
        make_stage: Makes the widgets, when the first of them is needed.
    """

    def __init__(
        self,
        state: TourState,
        itinerary: Itinerary,
        news: TourNews,
        make_stage: Callable[[], Stage],
    ) -> None:
        self._state = state
        self._itinerary = itinerary
        self._news = news
        self._make_stage = make_stage

    @cached_property
    def stage(self) -> Stage:
        """The widgets."""
        return self._make_stage()

    @property
    def is_shown(self) -> bool:
        """Whether something of the tour is in the window."""
        return "stage" in self.__dict__ and self.stage.is_shown

    def show_step(self, visit: StepVisit, target: Any) -> bool:
        """Show a step at its target, or at none; False if it is not there afterwards."""
        if not self._may_appear():
            return False
        extra = visit.extra_targets()
        place = self._itinerary.place
        self.stage.show_step(place, visit.step, target, extra_targets=extra)
        self._note_shown()
        return self._state.visit is visit

    def show_survey(self, prompt: SurveyPrompt) -> None:
        """Show the survey, in a step or after the last one."""
        if not self._may_appear():
            return
        visit, run = self._state.visit, self._state.session.run
        self.stage.show_survey(prompt, run_id=run.run_id if run else None)
        self._note_shown()
        if self._state.visit is visit:
            self._news.tell_survey(prompt)

    def hide(self) -> None:
        """Take everything away at once."""
        if "stage" in self.__dict__:
            self.stage.hide()

    def leave(self) -> None:
        """Take everything away; it may fade."""
        if "stage" in self.__dict__:
            self.stage.leave()

    def _may_appear(self) -> bool:
        """Tell the app before the first card; it may close the overlay upon that."""
        visit = self._state.visit
        self._news.tell_before_opening()
        return not self._state.is_held and self._state.visit is visit

    def _note_shown(self) -> None:
        visit = self._state.visit
        self._itinerary.note_seen()
        self._news.tell_opening()
        if visit is not None and self._state.visit is visit:
            self._news.tell_step(visit)
