"""Tour: the run of one tutorial, as the app and the user wish it to go."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from client_sdk import SessionStatus, TutorialSession
from client_sdk.contracts.step import StepKind
from overlay_kivy.containment import contained
from overlay_kivy.events import CloseReason
from overlay_kivy.stage import Stage
from overlay_kivy.tour_course import TourCourse
from overlay_kivy.tour_state import TourParts

__all__ = ["Tour"]


class Tour:
    """Moves through one session and shows where it is.

    What is shown is always the session's own step; every move is the session's first.

    Args:
        session: The tutorial that runs.
        parts: What the overlay's tours work with.
        on_over: Called when the tour is over, before the app is told.
    """

    def __init__(
        self,
        session: TutorialSession,
        parts: TourParts,
        on_over: Callable[[Tour], None],
    ) -> None:
        self.session = session
        self._parts = parts
        self._course = TourCourse(
            session,
            parts,
            make_stage=self._make_stage,
            on_complete=self.next,
            on_over=partial(on_over, self),
        )
        #: Whether it is over or paused, and the visit to its step.
        self.state = self._course.state

    @property
    def is_shown(self) -> bool:
        """Whether something of the tour is in the window."""
        return self._course.show.is_shown

    @property
    def has_previous(self) -> bool:
        """Whether there is a step to go back to, that shows something."""
        return bool(self._course.itinerary.previous_steps)

    @property
    def needs_condition(self) -> bool:
        """Whether a condition is waited for; may be asked on any thread."""
        return self._course.steps.advance.needs_condition

    def control(self, name: str) -> Any | None:
        """Return a control that is shown, by its name, or None."""
        return self._course.show.stage.control(name) if self.is_shown else None

    @contained
    def begin(self, *, restart: bool) -> bool:
        """Start the session and show it; False while it has nothing to show yet."""
        self._course.itinerary.start(restart=restart)
        if self.session.status is SessionStatus.LOADING:
            return False
        self._course.show_state()
        return True

    def fail(self) -> None:
        """End after a failure that was logged; nothing of it reaches the app."""
        self._course.fail()

    @contained
    def close(self, reason: CloseReason) -> None:
        """Take everything away; the session stays where it is."""
        self._course.close(reason)

    @contained
    def next(self, *_args: Any) -> None:
        """Complete the step, or go on without an answer where the survey is shown."""
        course, step = self._course, self.session.step
        if not course.may_move:
            return
        visit = self.state.visit
        if step is None or step.kind is StepKind.SURVEY:
            course.decline()
        elif visit is not None and visit.is_seen:
            course.itinerary.go_on(step)
            course.go_on(after=step)
        else:
            # Nobody has seen it: it is not completed.
            course.itinerary.turn()
            course.pass_over(step)

    @contained
    def back(self, *_args: Any) -> None:
        """Show the step before again; nothing happens on the first one."""
        if self._course.may_move and self._course.itinerary.go_back():
            self._course.show_state()

    @contained
    def go_to(self, step_id: str) -> None:
        """Show a step by its id; one that is not there changes nothing."""
        if self._course.may_move and self._course.itinerary.go_to(step_id):
            self._course.show_state()

    @contained
    def skip(self, *_args: Any) -> None:
        """End the tour because the user wants no more of it."""
        if self.state.is_over:
            return
        if self.session.status is SessionStatus.RUNNING:
            self.session.skip()
            self._course.close(CloseReason.SKIPPED)
        else:
            self._course.survey.decline()
            self._course.close(CloseReason.FINISHED)

    def pause(self) -> None:
        """Take everything away until :meth:`resume`."""
        self._course.pause()

    @contained
    def resume(self) -> None:
        """Go on at the same step; its screen and its hook come first again."""
        if self.state.is_over or not self.state.is_paused:
            return
        self.state.is_paused = False
        self._course.news.tell("on_resume")
        self._course.go()

    @contained
    def follow_suspension(self) -> None:
        """Hide, or come back, as the overlay's reasons to show nothing say."""
        if not self._parts.suspension:
            self._course.go()
            return
        self._course.steps.hold()
        self._course.show.leave()

    @contained
    def follow_user(self) -> None:
        """End if the session stands elsewhere now, as after somebody else signed in."""
        visit = self.state.visit
        if (
            not self.state.is_over
            and visit is not None
            and self.session.step != visit.step
        ):
            self._course.close(CloseReason.CLOSED)

    @contained
    def note_event(self, name: str) -> None:
        """Note an event of the app."""
        if self._course.may_move:
            self._course.steps.advance.note_event(name)

    @contained
    def refresh(self) -> None:
        """Ask the condition that is waited for, if any."""
        if self._course.may_move:
            self._course.steps.advance.refresh()

    def _make_stage(self) -> Stage:
        course, stage = self._course, self._parts.make_stage(self.fail)
        stage.bind(
            on_next=self.next,
            on_back=self.back,
            on_skip=self.skip,
            on_escape=self._escape,
            on_close=self._dismiss,
            on_submit=course.hand_in,
            on_decline=course.decline,
            on_seen=course.end_thanks,
            on_target_lost=self._lose_target,
            on_target_tap=self._tap_target,
        )
        return stage

    @contained
    def _escape(self, *_args: Any) -> None:
        action = self._parts.host.escape_action
        if action == "back" and self.has_previous:
            self.back()
        elif action != "none":
            self._dismiss()

    @contained
    def _dismiss(self, *_args: Any) -> None:
        if not self.state.is_over:
            self.session.dismiss()
            self._course.close(CloseReason.DISMISSED)

    @contained
    def _lose_target(self, *_args: Any) -> None:
        if self.state.visit is not None:
            self.state.visit.seek_again()

    @contained
    def _tap_target(self, *_args: Any) -> None:
        self._course.steps.advance.note_tap()
