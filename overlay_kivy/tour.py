"""Tour: the run of one tutorial, from its first step to its end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from kivy.clock import Clock

from client_sdk import SessionStatus, Step, TutorialSession
from client_sdk.contracts.behaviour import MissingTarget
from client_sdk.contracts.step import StepKind
from overlay_kivy.advance import AdvanceWatch
from overlay_kivy.conditions import Conditions
from overlay_kivy.containment import contained
from overlay_kivy.events import CloseReason, OverlayEvents
from overlay_kivy.hooks import HookFunction, HookRunner
from overlay_kivy.itinerary import Itinerary
from overlay_kivy.stage import Stage
from overlay_kivy.step_errors import StepErrors, StepTrouble
from overlay_kivy.step_visit import StepVisit, VisitEvents, VisitParts
from overlay_kivy.survey.form import FilledSurvey
from overlay_kivy.suspension import Suspension
from overlay_kivy.taps import TargetTaps
from overlay_kivy.targets import TargetRegistry
from overlay_kivy.tour_news import TourNews

__all__ = ["Navigate", "Tour", "TourParts"]

logger = logging.getLogger(__name__)

Navigate = Callable[[str], Any]

#: How long the thanks stay after the survey.
_THANKS_SECONDS = 1.8


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
    #: Called when the tour is over, before the app is told.
    on_over: Callable[[Tour], None]


class Tour:
    """Moves through one session and shows where it is.

    What is shown is always the session's own step; every move is the session's first.
    """

    def __init__(self, session: TutorialSession, parts: TourParts) -> None:
        self.session = session
        self.is_over = False
        self.is_paused = False
        self._parts = parts
        self._host = parts.host
        self._visit: StepVisit | None = None
        self._news = TourNews(parts.host)
        self._itinerary = Itinerary(session, parts.conditions)
        self._errors = StepErrors(self._news.tell)
        self._hooks = HookRunner(parts.hooks, self.fail)
        taps = TargetTaps(parts.registry, self.fail)
        self._advance = AdvanceWatch(parts.conditions, taps, self._complete_soon)
        self._completion = Clock.create_trigger(self._complete, 0)
        self._thanks = Clock.create_trigger(self._end_thanks, _THANKS_SECONDS)

    @cached_property
    def stage(self) -> Stage:
        """The widgets, made when the first of them is needed."""
        stage = self._parts.make_stage(self.fail)
        stage.bind(
            on_next=self.next,
            on_back=self.back,
            on_skip=self.skip,
            on_escape=self._escape,
            on_close=self._dismiss,
            on_submit=self._submit_survey,
            on_decline=self._decline_survey,
            on_seen=self._end_thanks,
            on_target_lost=self._lose_target,
            on_target_tap=self._tap_target,
        )
        return stage

    @property
    def is_shown(self) -> bool:
        """Whether something of the tour is in the window."""
        return "stage" in self.__dict__ and self.stage.is_shown

    @property
    def has_previous(self) -> bool:
        """Whether there is a step to go back to, that shows something."""
        return bool(self._itinerary.previous_steps)

    @property
    def needs_condition(self) -> bool:
        """Whether a condition is waited for; may be asked on any thread."""
        return self._advance.needs_condition

    # What the app wishes, and the user.

    @contained
    def begin(self, *, restart: bool) -> bool:
        """Start the session and show it; False while it has nothing to show yet."""
        self._itinerary.start(restart=restart)
        if self.session.status is SessionStatus.LOADING:
            return False
        self._show_state()
        return True

    def fail(self) -> None:
        """End after a failure that was logged; nothing of it reaches the app."""
        try:
            self._close(CloseReason.FAILED)
        except Exception:
            logger.exception("the overlay failed again while it ended")

    @contained
    def close(self, reason: CloseReason) -> None:
        """Take everything away; the session stays where it is."""
        self._close(reason)

    @contained
    def next(self, *_args: Any) -> None:
        """Complete the step, or go on without an answer where the survey is shown."""
        step = self.session.step
        if not self._may_move:
            return
        if step is None or step.kind is StepKind.SURVEY:
            self._decline_survey()
        elif self._visit is not None and self._visit.is_seen:
            self._itinerary.go_on(step)
            self._go_on(after=step)
        else:
            # Nobody has seen it: it is not completed.
            self._itinerary.turn()
            self._pass_over(step)

    @contained
    def back(self, *_args: Any) -> None:
        """Show the step before again; nothing happens on the first one."""
        if self._may_move and self._itinerary.go_back():
            self._show_state()

    @contained
    def go_to(self, step_id: str) -> None:
        """Show a step by its id; one that is not there changes nothing."""
        if self._may_move and self._itinerary.go_to(step_id):
            self._show_state()

    @contained
    def skip(self, *_args: Any) -> None:
        """End the tour because the user wants no more of it."""
        if self.is_over:
            return
        if self.session.status is SessionStatus.RUNNING:
            self.session.skip()
            self._close(CloseReason.SKIPPED)
        else:
            self.session.decline_survey(was_shown=self._news.has_asked)
            self._close(CloseReason.FINISHED)

    @contained
    def pause(self) -> None:
        """Take everything away until :meth:`resume`."""
        if self.is_over or self.is_paused:
            return
        self.is_paused = True
        self._completion.cancel()
        if self._visit is not None:
            self._visit.hold(afresh=True)
        self._leave_stage()
        self._news.tell("on_pause")

    @contained
    def resume(self) -> None:
        """Go on at the same step; its screen and its hook come first again."""
        if self.is_over or not self.is_paused:
            return
        self.is_paused = False
        self._news.tell("on_resume")
        self._go()

    @contained
    def follow_suspension(self) -> None:
        """Hide, or come back, as the overlay's reasons to show nothing say."""
        if not self._parts.suspension:
            self._go()
            return
        if self._visit is not None:
            self._visit.hold()
        self._leave_stage()

    @contained
    def follow_user(self) -> None:
        """End if the session stands elsewhere now, as after somebody else signed in."""
        visit = self._visit
        if not self.is_over and visit is not None and self.session.step != visit.step:
            self._close(CloseReason.CLOSED)

    @contained
    def note_event(self, name: str) -> None:
        """Note an event of the app."""
        if self._may_move:
            self._advance.note_event(name)

    @contained
    def refresh(self) -> None:
        """Ask the condition that is waited for, if any."""
        if self._may_move:
            self._advance.refresh()

    @contained
    def _escape(self, *_args: Any) -> None:
        action = self._host.escape_action
        if action == "back" and self.has_previous:
            self.back()
        elif action != "none":
            self._dismiss()

    @contained
    def _dismiss(self, *_args: Any) -> None:
        if not self.is_over:
            self.session.dismiss()
            self._close(CloseReason.DISMISSED)

    @contained
    def _lose_target(self, *_args: Any) -> None:
        if self._visit is not None:
            self._visit.seek()

    @contained
    def _tap_target(self, *_args: Any) -> None:
        self._advance.note_tap()

    @contained
    def _submit_survey(self, stage: Stage, filled: FilledSurvey) -> None:
        if not self.is_over:
            filled.hand_in(self.session)
            stage.show_thanks()
            self._thanks()

    @contained
    def _decline_survey(
        self, _stage: Stage | None = None, filled: FilledSurvey | None = None
    ) -> None:
        if self.is_over:
            return
        if filled is not None:
            filled.hand_in(self.session)
        else:
            self.session.decline_survey(was_shown=self._news.has_asked)
        self._go_on()

    @contained
    def _end_thanks(self, *_args: Any) -> None:
        self._thanks.cancel()
        self._go_on(after=self._visit.step if self._visit is not None else None)

    # From one step to the next.

    @property
    def _may_move(self) -> bool:
        return not (self.is_over or self.is_paused or self._thanks.is_triggered)

    def _complete_soon(self) -> None:
        # The app's own handler of a tap comes first, and a chain of steps that are all
        # completed already must not block a frame.
        self._completion()

    @contained
    def _complete(self, _dt: float) -> None:
        self.next()

    def _pass_over(self, step: Step) -> None:
        self._itinerary.pass_over(step)
        self._go_on()

    def _go_on(self, after: Step | None = None) -> None:
        """Show where the session is now, after the hook of the step that was completed."""
        self._leave_visit()
        if after is None or after.after is None:
            self._show_state()
            return
        self._hooks.call(after.after, partial(self._end_after, after))
        if self._hooks.is_running:
            self._hide()

    def _end_after(self, step: Step, trouble: StepTrouble | None, detail: str) -> None:
        if trouble is not None:
            self._errors.note_hook(step, trouble, detail)
        self._show_state()

    def _show_state(self) -> None:
        if self.is_over:
            return
        match self.session.status:
            case SessionStatus.RUNNING:
                self._come_to_step()
            case SessionStatus.SURVEY if self._is_unseen:
                self._decline_survey()  # there is nothing to ask about
            case SessionStatus.SURVEY:
                self._leave_visit()
                self._go()
            case SessionStatus.SKIPPED:
                self._close(CloseReason.SKIPPED)
            case _ if self._is_unseen:
                self._close(CloseReason.TARGET_MISSING)
            case _:
                self._close(CloseReason.FINISHED)

    @property
    def _is_unseen(self) -> bool:
        """Whether there was something to show, and none of its targets was there."""
        return self._errors.was_missing and not self._news.has_opened

    def _come_to_step(self) -> None:
        step = self.session.step
        if step is None:
            raise RuntimeError(f"tutorial {self.session.tutorial_id!r} has no step")
        self._leave_visit()
        self._errors.come_to(step)
        wait_ms = step.target_wait_ms
        default = self._host.target_wait_seconds
        parts = VisitParts(
            stage=self.stage,
            hooks=self._hooks,
            registry=self._parts.registry,
            navigate=self._parts.navigate,
            screen=self._itinerary.screen,
            wait_seconds=default if wait_ms is None else wait_ms / 1000,
        )
        self._visit = StepVisit(step, parts, self._visit_events)
        self._advance.watch(step, self.stage.window)
        self._go()

    @cached_property
    def _visit_events(self) -> VisitEvents:
        return VisitEvents(
            on_ready=self._show_step,
            on_hide=self._hide,
            on_missing=self._miss_target,
            on_trouble=self._note_hook,
            fail=self.fail,
        )

    def _leave_visit(self) -> None:
        self._completion.cancel()
        self._hooks.stop()
        self._advance.stop()
        self._news.leave_step()
        visit, self._visit = self._visit, None
        if visit is not None:
            visit.leave()

    # What is shown.

    @property
    def _is_held(self) -> bool:
        return self.is_over or self.is_paused or bool(self._parts.suspension)

    def _go(self) -> None:
        """Let what is to be shown come, unless nothing may be shown now."""
        if self._is_held:
            return
        if self._visit is not None:
            self._visit.go()
        elif self.session.status is SessionStatus.SURVEY:
            self._show_survey()

    @contained
    def _show_step(self, target: Any) -> None:
        visit = self._visit
        if visit is None:
            return
        if visit.step.kind is StepKind.WAIT:
            self._wait(visit)
        elif visit.step.kind is StepKind.SURVEY:
            self._show_survey()
        elif self._may_appear():
            extra = visit.extra_targets()
            place = self._itinerary.place
            self.stage.show_step(place, visit.step, target, extra_targets=extra)
            self._note_shown()
            if target is not None and self._visit is visit:
                self._errors.note_found()

    def _wait(self, visit: StepVisit) -> None:
        """Show nothing: the user has the app until what completes the step happens."""
        self._leave_stage()
        if not self._advance.can_end(visit.step):
            logger.warning("step %s waits for nothing; passed over", visit.step.id)
            self._complete_soon()
            return
        self._news.tell_step(visit)
        if self._visit is visit:
            self._advance.refresh()

    def _show_survey(self) -> None:
        prompt = self.session.config.survey if self.session.config is not None else None
        if prompt is None:
            self._decline_survey()
        elif self._may_appear():
            visit = self._visit
            run = self.session.run
            self.stage.show_survey(prompt, run_id=run.run_id if run else None)
            self._note_shown()
            if self._visit is visit:
                self._news.tell_survey(prompt)

    def _may_appear(self) -> bool:
        """Tell the app before the first card; it may close the overlay upon that."""
        visit = self._visit
        self._news.tell_before_opening()
        return not self._is_held and self._visit is visit

    def _note_shown(self) -> None:
        visit = self._visit
        self._itinerary.note_seen()
        self._news.tell_opening()
        if visit is not None and self._visit is visit:
            self._news.tell_step(visit)

    def _note_hook(self, trouble: StepTrouble, detail: str) -> None:
        if self._visit is not None:
            self._errors.note_hook(self._visit.step, trouble, detail)

    @contained
    def _miss_target(self) -> None:
        """Do what the step says, after the app had its chance to see to it."""
        visit = self._visit
        if visit is None:
            return
        step = visit.step
        if not self._errors.is_missing:
            if not visit.is_seen:
                self.session.target_missing()
            self._errors.note_missing(step)
        if self._visit is not visit or self._is_held:
            return
        match step.on_missing_target:
            case MissingTarget.WAIT:
                self._hide()
                visit.look_on()
            case MissingTarget.SKIP:
                self._pass_over(step)
            case MissingTarget.PAUSE:
                self.pause()
            case MissingTarget.END:
                self.session.dismiss()
                self._close(CloseReason.TARGET_MISSING)
            case _:
                self._show_step(None)
                visit.look_on()

    def _hide(self) -> None:
        if "stage" in self.__dict__:
            self.stage.hide()

    def _leave_stage(self) -> None:
        if "stage" in self.__dict__:
            self.stage.leave()

    def _close(self, reason: CloseReason) -> None:
        """Take everything away and let go of it, whatever is shown."""
        if self.is_over:
            return
        self.is_over = True
        self._news.end()
        self._thanks.cancel()
        self._leave_visit()
        if reason is CloseReason.FAILED:
            self._hide()  # at once: who knows what is broken
        else:
            self._leave_stage()
        self._parts.on_over(self)
        self._news.tell_end(reason)
