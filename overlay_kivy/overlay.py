"""TutorialOverlay: shows a client's tutorial over a Kivy app."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from kivy.clock import Clock

from client_sdk import EventKind, SessionStatus
from overlay_kivy.containment import contained
from overlay_kivy.events import CloseReason, OverlayEvents
from overlay_kivy.stage import Stage
from overlay_kivy.survey.form import FilledSurvey
from overlay_kivy.target_search import TargetSearch
from overlay_kivy.targets import TargetRegistry

if TYPE_CHECKING:
    from client_sdk import ClientEvent, TutorialClient, TutorialSession

__all__ = ["TutorialOverlay"]

logger = logging.getLogger(__name__)

Navigate = Callable[[str], Any]

#: How long the thanks stay after the survey.
_THANKS_SECONDS = 1.8


class TutorialOverlay(OverlayEvents):
    """Runs tutorials of a :class:`~client_sdk.TutorialClient` over the app's window.

    Args:
        client: The client that knows the tutorials.
        navigate: Called with a step's ``screen`` before the step is shown, so that the
            app can go there.

    What it tells the app and what the app may set is in :class:`OverlayEvents`.
    """

    def __init__(
        self, client: TutorialClient, navigate: Navigate | None = None, **kwargs: Any
    ) -> None:
        self._client = client
        self._navigate = navigate
        self._registry = TargetRegistry()
        self._session: TutorialSession | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._restart = False
        self._has_begun = False
        self._has_opened = False
        self._is_new_step = False
        self._stage: Stage | None = None
        super().__init__(**kwargs)
        self._search = TargetSearch(
            self._registry,
            on_found=self._show_step,
            on_waiting=self._hide,
            on_missing=self._show_step_without_target,
            fail=self.fail,
        )
        self._thanks_are_over = Clock.create_trigger(self._finish, _THANKS_SECONDS)

    def run(self, tutorial_id: str, *, restart: bool = False) -> None:
        """Show a tutorial as soon as its content is there, from where the user was.

        Nothing happens if the user finished or skipped it, unless ``restart`` is true,
        nor if it is already running.  Another tutorial that is shown is closed first.
        """
        if self._session is not None:
            if self._session.tutorial_id == tutorial_id and not restart:
                return
            self.close()
        self._session = self._client.tutorial(tutorial_id)
        self._restart = restart
        # The subscription keeps the overlay alive while it runs, whoever made it.
        self._unsubscribe = self._client.subscribe(self._on_client_event)
        # Not before the next frame: an app that runs a tour in build() has no root yet.
        Clock.schedule_once(self._begin, 0)

    def show_overlay(self, props: Mapping[str, Any]) -> None:
        """Show a tutorial: the bridge call of the specification (section 6.3).

        ``props`` is ``{"tutorialId": "welcome-tour"}``, with ``"restart": True`` to show
        a finished one again; other keys are ignored.  ValueError without an id.
        """
        tutorial_id = props.get("tutorialId")
        if not isinstance(tutorial_id, str) or not tutorial_id:
            raise ValueError(
                "show_overlay needs the id of a tutorial, as in"
                ' {"tutorialId": "welcome-tour"}'
            )
        self.run(tutorial_id, restart=bool(props.get("restart", False)))

    @contained
    def close(self) -> None:
        """Take everything away; the tutorial resumes where it was when it runs again."""
        self._close(CloseReason.CLOSED)

    def register(self, widget: Any, tour_id: str) -> None:
        """Name a target that has no ``tour_id`` of its own; it is held weakly."""
        self._registry.register(widget, tour_id)

    def unregister(self, widget: Any) -> None:
        """Forget a registered target."""
        self._registry.unregister(widget)

    def fail(self) -> None:
        """End after a failure that was logged; nothing of it reaches the app."""
        try:
            self._close(CloseReason.FAILED)
        except Exception:
            logger.exception("the overlay failed again while it ended")

    @property
    def is_open(self) -> bool:
        """Whether a card or the survey is shown."""
        return self._stage is not None and self._stage.is_shown

    @property
    def session(self) -> TutorialSession | None:
        """The session of the tutorial that is running; None without one."""
        return self._session

    def control(self, name: str) -> Any | None:
        """Return a control that is shown, by its name, or None.

        ``next``, ``back``, ``skip``; in the survey ``nps-0`` to ``nps-10``, ``comment``,
        ``submit``, ``not-now``, and where it has questions of its own the question's id
        (a text), or id and score or option, as in ``ease-3``.  For tests and tools: it is
        the widget that the user touches.
        """
        return None if self._stage is None else self._stage.control(name)

    def _on_client_event(self, event: ClientEvent) -> None:
        # On any thread: Kivy's clock brings it to the window's.
        session = self._session
        is_ours = session is not None and event.tutorial_id == session.tutorial_id
        if is_ours and event.kind in (EventKind.CONFIG_READY, EventKind.CONFIG_CHANGED):
            Clock.schedule_once(self._begin, 0)

    @contained
    def _begin(self, _dt: float) -> None:
        """Start the session, unless it runs already or has nothing to show yet."""
        session = self._session
        if session is None or self._has_begun:
            return
        session.start(restart=self._restart)
        if session.status is not SessionStatus.LOADING:
            self._has_begun = True
            self._show_state(session)

    def _show_state(self, session: TutorialSession) -> None:
        match session.status:
            case SessionStatus.RUNNING:
                self._is_new_step = True
                self._enter_step(session)
            case SessionStatus.SURVEY:
                self._enter_survey(session)
            case SessionStatus.SKIPPED:
                self._close(CloseReason.SKIPPED)
            case _:
                self._close(CloseReason.FINISHED)

    def _enter_step(self, session: TutorialSession) -> None:
        """Go to the step's screen and look for its target."""
        step = session.step
        if step is None:
            raise RuntimeError(f"tutorial {session.tutorial_id!r} runs without a step")
        self._search.stop()
        self._go_to_screen(session)
        if self._session is not session:
            return  # the app closed the overlay while it went there
        if step.target is None:
            self._show_step(None)
            return
        stage = self._get_stage()
        self._search.start(
            step.target,
            stage.window,
            besides=stage.layer,
            wait_seconds=self.target_wait_seconds,
        )

    def _go_to_screen(self, session: TutorialSession) -> None:
        """Ask the app for the screen of the step, or of the nearest one before it.

        A step without a screen plays where the one before it did, also when the user
        comes to it backwards or resumes there.
        """
        if self._navigate is None or session.config is None or session.index is None:
            return
        so_far = session.config.steps[: session.index + 1]
        screen = next((one.screen for one in reversed(so_far) if one.screen), None)
        if screen is None:
            return
        try:
            self._navigate(screen)
        except Exception:
            # The app's own failure: the tour goes on, its card then stands in the middle.
            logger.exception("navigate(%r) failed", screen)

    @contained
    def _show_step_without_target(self) -> None:
        session = self._session
        if session is None or session.step is None:
            return
        if self._is_new_step:
            logger.warning(
                "tutorial %s, step %s: no widget to be seen is the target %r",
                session.tutorial_id,
                session.step.id,
                session.step.target,
            )
            session.target_missing()
        self._show_step(None)

    @contained
    def _show_step(self, target: Any | None) -> None:
        session = self._session
        step = session.step if session is not None else None
        if session is None or step is None or not self._may_appear(session):
            return
        is_new, self._is_new_step = self._is_new_step, False
        self._get_stage().show_step(session, step, target)
        self._tell_of(session, "on_step" if is_new else None, step)

    def _enter_survey(self, session: TutorialSession) -> None:
        self._search.stop()
        prompt = session.config.survey if session.config is not None else None
        if prompt is None:
            session.decline_survey()
            self._close(CloseReason.FINISHED)
        elif self._may_appear(session):
            run_id = session.run.run_id if session.run is not None else None
            self._get_stage().show_survey(prompt, run_id=run_id)
            self._tell_of(session, "on_survey", prompt)

    def _may_appear(self, session: TutorialSession) -> bool:
        """Tell the app before the first card; it may close the overlay upon that."""
        if not self._has_opened:
            self.dispatch("on_pre_open")
        return self._session is session

    def _tell_of(self, session: TutorialSession, event: str | None, value: Any) -> None:
        """Tell the app what is shown, as long as it does not close the overlay."""
        if not self._has_opened:
            self._has_opened = True
            self.dispatch("on_open")
        if event is not None and self._session is session:
            self.dispatch(event, value)

    def _get_stage(self) -> Stage:
        if self._stage is None:
            self._stage = Stage(
                theme=self.theme,
                labels=self.labels,
                seconds=self.motion_seconds,
                fail=self.fail,
            )
            self._stage.bind(
                on_next=self._next,
                on_back=self._back,
                on_skip=self._skip,
                on_escape=self._escape,
                on_submit=self._submit_survey,
                on_decline=self._decline_survey,
                on_seen=self._finish,
                on_target_lost=self._seek_again,
            )
        return self._stage

    def _hide(self) -> None:
        if self._stage is not None:
            self._stage.hide()

    @contained
    def _seek_again(self, *_args: Any) -> None:
        if self._session is not None:
            self._enter_step(self._session)

    @contained
    def _next(self, *_args: Any) -> None:
        if self._session is not None:
            self._session.next()
            self._show_state(self._session)

    @contained
    def _back(self, *_args: Any) -> None:
        if self._session is not None:
            self._session.back()
            self._show_state(self._session)

    @contained
    def _skip(self, *_args: Any) -> None:
        if self._session is not None:
            self._session.skip()
            self._close(CloseReason.SKIPPED)

    @contained
    def _escape(self, *_args: Any) -> None:
        if self._session is not None and not self._session.is_first:
            self._back()
        elif self._session is not None:
            self._session.dismiss()
            self._close(CloseReason.DISMISSED)

    @contained
    def _submit_survey(self, stage: Stage, filled: FilledSurvey) -> None:
        if self._session is not None:
            filled.hand_in(self._session)
            stage.show_thanks()
            self._thanks_are_over()

    @contained
    def _decline_survey(self, _stage: Stage, filled: FilledSurvey | None) -> None:
        if self._session is None:
            return
        if filled is not None:
            filled.hand_in(self._session)
        else:
            self._session.decline_survey()
        self._finish()

    @contained
    def _finish(self, *_args: Any) -> None:
        self._close(CloseReason.FINISHED)

    def _close(self, reason: CloseReason) -> None:
        """Take everything away and let go of it, whatever is shown."""
        if self._session is None:
            return
        self._session = None
        self._thanks_are_over.cancel()
        self._search.stop()
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._hide()
        self._stage = None
        was_open, self._has_opened, self._has_begun = self._has_opened, False, False
        if was_open:
            self.dispatch("on_dismiss", reason)
