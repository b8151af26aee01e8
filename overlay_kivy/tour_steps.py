"""TourSteps: the visits to a tour's steps, one after the other."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from kivy.clock import Clock

from client_sdk import Step
from client_sdk.contracts.behaviour import MissingTarget
from client_sdk.contracts.step import StepKind
from overlay_kivy.advance import AdvanceWatch
from overlay_kivy.containment import contained
from overlay_kivy.hooks import HookRunner
from overlay_kivy.itinerary import Itinerary
from overlay_kivy.step_errors import StepErrors, StepTrouble
from overlay_kivy.step_visit import StepVisit, VisitEvents, VisitParts
from overlay_kivy.taps import TargetTaps
from overlay_kivy.tour_news import TourNews
from overlay_kivy.tour_show import TourShow
from overlay_kivy.tour_state import TourParts, TourState

__all__ = ["StepsEvents", "TourSteps"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsEvents:
    """What a step has the tour do."""

    #: What completes the step has happened.
    on_complete: Callable[[], None]
    #: The step is the survey's.
    on_survey: Callable[[], None]
    #: Its target is missing: what its author wants then, beyond waiting for it.
    on_missing: Callable[[Step, MissingTarget], None]
    #: Something raised.
    fail: Callable[[], None]


class TourSteps:
    """Comes to steps and leaves them; which one is next the tour says.

    Args:
        state: Where the tour stands; its visit is made here.
        parts: What the overlay's tours work with.
        show: Shows a step.
        itinerary: Knows the screen on which a step plays.
        news: Tells the app.
        events: Calls the tour.
    """

    def __init__(
        self,
        state: TourState,
        parts: TourParts,
        *,
        show: TourShow,
        itinerary: Itinerary,
        news: TourNews,
        events: StepsEvents,
    ) -> None:
        self.fail = events.fail
        self._state = state
        self._parts = parts
        self._show = show
        self._itinerary = itinerary
        self._news = news
        self._events = events
        self.errors = StepErrors(news.tell)
        self._hooks = HookRunner(parts.hooks, events.fail)
        taps = TargetTaps(parts.registry, events.fail)
        # Not at once: the app's own handler of a tap comes first, and a chain of steps
        # that are all completed already must not block a frame.
        self._complete_soon = Clock.create_trigger(self._complete, 0)
        #: Notices what completes the step beside its button.
        self.advance = AdvanceWatch(parts.conditions, taps, self._complete_soon)

    def come_to(self, step: Step) -> None:
        """Begin the visit to a step; :meth:`StepVisit.go` lets it be shown."""
        self.leave()
        self.errors.come_to(step)
        wait_ms = step.target_wait_ms
        default = self._parts.host.target_wait_seconds
        parts = VisitParts(
            stage=self._show.stage,
            hooks=self._hooks,
            registry=self._parts.registry,
            navigate=self._parts.navigate,
            screen=self._itinerary.screen,
            wait_seconds=default if wait_ms is None else wait_ms / 1000,
        )
        self._state.visit = StepVisit(step, parts, self._visit_events)
        self.advance.watch(step, self._show.stage.window)

    def leave(self) -> None:
        """End the visit, and what was to follow from it."""
        self._complete_soon.cancel()
        self._hooks.stop()
        self.advance.stop()
        self._news.leave_step()
        visit, self._state.visit = self._state.visit, None
        if visit is not None:
            visit.leave()

    def hold(self, *, afresh: bool = False) -> None:
        """Let nothing of the visit happen until it goes on."""
        if afresh:
            self._complete_soon.cancel()
        if self._state.visit is not None:
            self._state.visit.hold(afresh=afresh)

    def end_with(self, step: Step, on_end: Callable[[], None]) -> None:
        """Call the hook of a step that was completed, if it has one, and then ``on_end``."""
        if step.after is None:
            on_end()
            return
        self._hooks.call(step.after, partial(self._end_after, step, on_end))
        if self._hooks.is_running:
            self._show.hide()

    @cached_property
    def _visit_events(self) -> VisitEvents:
        return VisitEvents(
            on_ready=self._show_step,
            on_hide=self._show.hide,
            on_missing=self._miss_target,
            on_trouble=self._note_hook,
            fail=self.fail,
        )

    @contained
    def _show_step(self, target: Any) -> None:
        visit = self._state.visit
        if visit is None:
            return
        if visit.step.kind is StepKind.WAIT:
            self._wait(visit)
        elif visit.step.kind is StepKind.SURVEY:
            self._events.on_survey()
        elif self._show.show_step(visit, target) and target is not None:
            self.errors.note_found()

    def _wait(self, visit: StepVisit) -> None:
        """Show nothing: the user has the app until what completes the step happens."""
        self._show.leave()
        if not self.advance.can_end(visit.step):
            logger.warning("step %s waits for nothing; passed over", visit.step.id)
            self._complete_soon()
            return
        self._news.tell_step(visit)
        if self._state.visit is visit:
            self.advance.refresh()

    @contained
    def _miss_target(self) -> None:
        """Do what the step says, after the app had its chance to see to it."""
        visit = self._state.visit
        if visit is None:
            return
        step = visit.step
        if not self.errors.is_missing:
            if not visit.is_seen:
                self._state.session.target_missing()
            self.errors.note_missing(step)
        if self._state.visit is not visit or self._state.is_held:
            return
        match step.on_missing_target:
            case MissingTarget.WAIT:
                self._show.hide()
                visit.look_on()
            case None | MissingTarget.CENTER:
                self._show_step(None)
                visit.look_on()
            case other:
                self._events.on_missing(step, other)

    def _complete(self, _dt: float) -> None:
        self._events.on_complete()

    def _note_hook(self, trouble: StepTrouble, detail: str) -> None:
        if self._state.visit is not None:
            self.errors.note_hook(self._state.visit.step, trouble, detail)

    def _end_after(
        self,
        step: Step,
        on_end: Callable[[], None],
        trouble: StepTrouble | None,
        detail: str,
    ) -> None:
        if trouble is not None:
            self.errors.note_hook(step, trouble, detail)
        on_end()
