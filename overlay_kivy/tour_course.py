"""TourCourse: takes a tour from one step to the next, to its survey and to its end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from client_sdk import SessionStatus, Step, TutorialSession
from client_sdk.contracts.behaviour import MissingTarget
from overlay_kivy.containment import contained
from overlay_kivy.events import CloseReason
from overlay_kivy.itinerary import Itinerary
from overlay_kivy.stage import Stage
from overlay_kivy.survey.form import FilledSurvey
from overlay_kivy.tour_news import TourNews
from overlay_kivy.tour_show import TourShow
from overlay_kivy.tour_state import TourParts, TourState
from overlay_kivy.tour_steps import StepsEvents, TourSteps
from overlay_kivy.tour_survey import TourSurvey

__all__ = ["TourCourse"]

logger = logging.getLogger(__name__)


class TourCourse:
    """Shows where the session stands, and sees to what follows from it.

    Args:
        session: The tutorial that runs.
        parts: What the overlay's tours work with.
        make_stage: Makes the widgets, when the first of them is needed.
        on_complete: Called when something beside its button completes a step.
        on_over: Called when the tour is over, before the app is told.
    """

    def __init__(
        self,
        session: TutorialSession,
        parts: TourParts,
        *,
        make_stage: Callable[[], Stage],
        on_complete: Callable[[], None],
        on_over: Callable[[], None],
    ) -> None:
        self._session = session
        self._on_over = on_over
        self.state = TourState(session, parts.suspension)
        self.itinerary = Itinerary(session, parts.conditions)
        self.news = TourNews(parts.host)
        self.show = TourShow(self.state, self.itinerary, self.news, make_stage)
        self.survey = TourSurvey(self.state, self.show, self.news, self.end_thanks)
        self.steps = TourSteps(
            self.state,
            parts,
            show=self.show,
            itinerary=self.itinerary,
            news=self.news,
            events=StepsEvents(
                on_complete=on_complete,
                on_survey=self._ask,
                on_missing=self._do_without,
                fail=self.fail,
            ),
        )

    @property
    def may_move(self) -> bool:
        """Whether a move of the user or the app counts now."""
        state = self.state
        return not (state.is_over or state.is_paused or self.survey.is_thanking)

    def fail(self) -> None:
        """End after a failure that was logged; nothing of it reaches the app."""
        try:
            self.close(CloseReason.FAILED)
        except Exception:
            logger.exception("the overlay failed again while it ended")

    def close(self, reason: CloseReason) -> None:
        """Take everything away and let go of it, whatever is shown."""
        if self.state.is_over:
            return
        self.state.is_over = True
        self.news.end()
        self.survey.stop()
        self.steps.leave()
        if reason is CloseReason.FAILED:
            self.show.hide()  # at once: who knows what is broken
        else:
            self.show.leave()
        self._on_over()
        self.news.tell_end(reason)

    def show_state(self) -> None:
        """Show what the session stands at."""
        if self.state.is_over:
            return
        match self._session.status:
            case SessionStatus.RUNNING:
                self._come_to_step()
            case SessionStatus.SURVEY if self._is_unseen:
                self.decline()  # there is nothing to ask about
            case SessionStatus.SURVEY:
                self.steps.leave()
                self.go()
            case SessionStatus.SKIPPED:
                self.close(CloseReason.SKIPPED)
            case _ if self._is_unseen:
                self.close(CloseReason.TARGET_MISSING)
            case _:
                self.close(CloseReason.FINISHED)

    def go(self) -> None:
        """Let what is to be shown come, unless nothing may be shown now."""
        if self.state.is_held:
            return
        if self.state.visit is not None:
            self.state.visit.go()
        elif self._session.status is SessionStatus.SURVEY:
            self._ask()

    def go_on(self, after: Step | None = None) -> None:
        """Show where the session is now, after the hook of the step that was completed."""
        self.steps.leave()
        if after is None:
            self.show_state()
        else:
            self.steps.end_with(after, self.show_state)

    def pass_over(self, step: Step) -> None:
        """Leave a step that nobody has seen."""
        self.itinerary.pass_over(step)
        self.go_on()

    @contained
    def pause(self) -> None:
        """Take everything away until the tour goes on."""
        if self.state.is_over or self.state.is_paused:
            return
        self.state.is_paused = True
        self.steps.hold(afresh=True)
        self.show.leave()
        self.news.tell("on_pause")

    @contained
    def hand_in(self, _stage: Stage, filled: FilledSurvey) -> None:
        """Take the answers to the survey."""
        if not self.state.is_over:
            self.survey.hand_in(filled)

    @contained
    def decline(
        self, _stage: Stage | None = None, filled: FilledSurvey | None = None
    ) -> None:
        """Go on without the survey, or with a part of its answers."""
        if not self.state.is_over:
            self.survey.decline(filled)
            self.go_on()

    @contained
    def end_thanks(self, *_args: Any) -> None:
        """Go on after the survey."""
        self.survey.stop()
        visit = self.state.visit
        self.go_on(after=visit.step if visit is not None else None)

    @property
    def _is_unseen(self) -> bool:
        """Whether there was something to show, and none of its targets was there."""
        return self.steps.errors.was_missing and not self.news.has_opened

    def _come_to_step(self) -> None:
        step = self._session.step
        if step is None:
            raise RuntimeError(f"tutorial {self._session.tutorial_id!r} has no step")
        self.steps.come_to(step)
        self.go()

    def _ask(self) -> None:
        if not self.survey.ask():
            self.decline()

    def _do_without(self, step: Step, wish: MissingTarget) -> None:
        """Do what a step's author wants while its target is not there."""
        match wish:
            case MissingTarget.SKIP:
                self.pass_over(step)
            case MissingTarget.PAUSE:
                self.pause()
            case _:
                self._session.dismiss()
                self.close(CloseReason.TARGET_MISSING)
