"""TutorialOverlay: shows a client's tutorials over a Kivy app."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from kivy.clock import Clock

from client_sdk import EventKind
from overlay_kivy.announcements import Announcer
from overlay_kivy.conditions import Condition, Conditions
from overlay_kivy.containment import contained
from overlay_kivy.events import CloseReason, OverlayEvents
from overlay_kivy.hooks import HookFunction
from overlay_kivy.stage import Stage
from overlay_kivy.suspension import Suspension
from overlay_kivy.targets import Part, TargetRegistry
from overlay_kivy.tour import Tour
from overlay_kivy.tour_queue import TourQueue, Waiting
from overlay_kivy.tour_state import Navigate, TourParts

if TYPE_CHECKING:
    from client_sdk import ClientEvent, Step, TutorialClient, TutorialSession

__all__ = ["TutorialOverlay"]

logger = logging.getLogger(__name__)


class TutorialOverlay(OverlayEvents):
    """Runs tutorials of a :class:`~client_sdk.TutorialClient` over the app's window.

    Args:
        client: The client that knows the tutorials.
        navigate: Called with a step's ``screen`` before the step is shown, so that the
            app can go there.
        conditions: What steps ask about the app, by name; see :attr:`conditions`.
        hooks: What steps have the app do, by name; see :attr:`hooks`.

    What it tells the app and what the app may set is in :class:`OverlayEvents`.  All of
    it belongs to Kivy's thread, but for :meth:`emit` and :meth:`refresh`.
    """

    def __init__(
        self,
        client: TutorialClient,
        navigate: Navigate | None = None,
        *,
        conditions: Mapping[str, Condition] | None = None,
        hooks: Mapping[str, HookFunction] | None = None,
        **kwargs: Any,
    ) -> None:
        self._client = client
        self._navigate = navigate
        self._conditions = Conditions(conditions or {})
        self._hooks = dict(hooks or {})
        self._registry = TargetRegistry()
        self._suspension = Suspension(self._follow_suspension)
        self._queue = TourQueue()
        self._tour: Tour | None = None
        self._unsubscribe: Callable[[], None] | None = None
        super().__init__(**kwargs)
        # Not before the next frame: an app that runs a tour in build() has no root yet.
        self._begin_soon = Clock.create_trigger(self._begin_next, 0)

    def run(
        self, tutorial_id: str, *, restart: bool = False, replace: bool = False
    ) -> None:
        """Show a tutorial as soon as its content is there, from where the user was.

        Nothing happens if the user finished or skipped it, unless ``restart`` is true.
        While another one runs it waits its turn, unless ``replace`` closes that one.  If
        it runs already it stays, or goes on if it is paused; ``restart`` shows it anew.
        """
        tour = self._tour
        is_running = tour is not None and tour.session.tutorial_id == tutorial_id
        if tour is not None and is_running and not (restart or replace):
            tour.resume()
            return
        waiting = Waiting(session=self._client.tutorial(tutorial_id), restart=restart)
        self._queue.add(tutorial_id, waiting, first=replace or is_running)
        if tour is not None and (replace or is_running):
            tour.close(CloseReason.CLOSED if is_running else CloseReason.REPLACED)
        if self._unsubscribe is None:
            # The subscription keeps the overlay alive while it runs, whoever made it.
            self._unsubscribe = self._client.subscribe(self._on_client_event)
        self._begin_soon()

    def show_overlay(self, props: Mapping[str, Any]) -> None:
        """Show a tutorial: the bridge call of the specification (section 6.3).

        ``props`` is ``{"tutorialId": "welcome-tour"}``, with ``"restart": True`` to show
        a finished one again; other keys are ignored.  ValueError without an id, and for
        what is no mapping.
        """
        is_mapping = isinstance(props, Mapping)
        tutorial_id = props.get("tutorialId") if is_mapping else None
        if not isinstance(tutorial_id, str) or not tutorial_id:
            raise ValueError(
                "show_overlay needs the id of a tutorial, as in"
                ' {"tutorialId": "welcome-tour"}'
            )
        self.run(tutorial_id, restart=bool(props.get("restart", False)))

    @contained
    def close(self) -> None:
        """Take everything away, and what waits its turn.

        The tutorial resumes where it was when it runs again.
        """
        self._queue.clear()
        if self._tour is not None:
            self._tour.close(CloseReason.CLOSED)
        self._rest()

    def next(self) -> None:
        """Complete the step, as its button does; go on without an answer in the survey.

        A step that is not shown yet is left without being completed.
        """
        if self._tour is not None:
            self._tour.next()

    def back(self) -> None:
        """Show the step before again, on its screen; on the first one nothing happens."""
        if self._tour is not None:
            self._tour.back()

    def skip(self) -> None:
        """End the tour because the user wants no more of it."""
        if self._tour is not None:
            self._tour.skip()

    def go_to(self, step_id: str) -> None:
        """Show a step by its id, without completing this one; unknown ids do nothing."""
        if self._tour is not None:
            self._tour.go_to(step_id)

    def pause(self) -> None:
        """Take everything away and let nothing move until :meth:`resume`."""
        if self._tour is not None:
            self._tour.pause()

    def resume(self) -> None:
        """Go on at the step that was paused; nothing happens if none was."""
        if self._tour is not None:
            self._tour.resume()

    @contained
    def suspend(self, reason: str) -> None:
        """Show nothing until the reason is gone: a call, a dialog, a payment.

        Reasons add up: the same step returns when each was taken back as often as it
        was given.  A tutorial that runs meanwhile appears then, too.
        """
        self._suspension.add(reason)

    @contained
    def unsuspend(self, reason: str) -> None:
        """Take a reason back; one that was not given is ignored."""
        self._suspension.remove(reason)

    @contextmanager
    def suspended(self, reason: str) -> Iterator[None]:
        """Show nothing during a block."""
        self.suspend(reason)
        try:
            yield
        finally:
            self.unsuspend(reason)

    def emit(self, event: str) -> None:
        """Tell that something happened in the app, for steps that wait for it.

        It may be called on any thread, and takes effect in the next frame.
        """
        Clock.schedule_once(partial(self._note_event, event), 0)

    def refresh(self) -> None:
        """Tell that conditions may have changed; as :meth:`emit` without an event."""
        Clock.schedule_once(self._refresh, 0)

    def register(self, widget: Any, tour_id: str, *, part: Part | None = None) -> None:
        """Name a target that has no ``tour_id`` of its own; it is held weakly.

        ``part`` is what of a composite widget the spotlight holds: a widget in it, the id
        or attribute of one, or a function that gets the composite and returns it.
        """
        self._registry.register(widget, tour_id, part)

    def unregister(self, widget: Any) -> None:
        """Forget a registered target."""
        self._registry.unregister(widget)

    def fail(self) -> None:
        """End after a failure that was logged; nothing of it reaches the app."""
        if self._tour is not None:
            self._tour.fail()

    @property
    def client(self) -> TutorialClient:
        """The client whose tutorials run here."""
        return self._client

    @property
    def conditions(self) -> Conditions:
        """The app's conditions: ``overlay.conditions["has_team"] = lambda: bool(team)``.

        They are asked when a tour moves, on :meth:`emit` and :meth:`refresh`, and when
        the client has news; nothing is polled.
        """
        return self._conditions

    @property
    def hooks(self) -> dict[str, HookFunction]:
        """The app's hooks: ``overlay.hooks["open_menu"] = open_menu``.

        A hook is done when it returns; or it takes ``done`` and calls that later, on any
        thread; or it is ``async``, in an app that runs in asyncio.
        """
        return self._hooks

    @property
    def is_open(self) -> bool:
        """Whether a card or the survey is shown."""
        return self._tour is not None and self._tour.is_shown

    @property
    def is_running(self) -> bool:
        """Whether a tour has begun and not ended, shown or not."""
        return self._tour is not None

    @property
    def is_paused(self) -> bool:
        """Whether a tour is paused."""
        return self._tour is not None and self._tour.state.is_paused

    @property
    def is_suspended(self) -> bool:
        """Whether there is a reason to show nothing."""
        return bool(self._suspension)

    @property
    def session(self) -> TutorialSession | None:
        """The session of the tutorial that runs, or waits first in line; None without."""
        if self._tour is not None:
            return self._tour.session
        return next((waiting.session for waiting in self._queue), None)

    @property
    def current_step(self) -> Step | None:
        """The step that the tour is at, shown or not; None in the last survey."""
        return self._tour.session.step if self._tour is not None else None

    @property
    def index(self) -> int | None:
        """The step's position, from 0; None without a step."""
        return self._tour.session.index if self._tour is not None else None

    @property
    def size(self) -> int:
        """How many steps the tour has for this user; 0 without a tour."""
        return self._tour.session.size if self._tour is not None else 0

    @property
    def is_first_step(self) -> bool:
        """Whether there is no step to go back to."""
        return self._tour is not None and not self._tour.has_previous

    @property
    def is_last_step(self) -> bool:
        """Whether the next move ends the steps."""
        return self._tour is not None and self._tour.session.is_last

    def control(self, name: str) -> Any | None:
        """Return a control that is shown, by its name, or None.

        ``next``, ``back``, ``skip``; in the survey ``nps-0`` to ``nps-10``, ``comment``,
        ``submit``, ``not-now``, and where it has questions of its own the question's id
        (a text), or id and score or option, as in ``ease-3``.  For tests and tools: it is
        the widget that the user touches.
        """
        return self._tour.control(name) if self._tour is not None else None

    def _on_client_event(self, event: ClientEvent) -> None:
        # On any thread: Kivy's clock brings it to the window's.
        tour = self._tour
        match event.kind:
            case EventKind.CONFIG_READY | EventKind.CONFIG_CHANGED:
                if event.tutorial_id in self._queue:
                    Clock.schedule_once(self._begin_next, 0)
            case EventKind.USER_CHANGED:
                Clock.schedule_once(self._follow_user, 0)
            case EventKind.CLOSED:
                Clock.schedule_once(lambda _dt: self.close(), 0)
        if tour is not None and tour.needs_condition:
            Clock.schedule_once(self._refresh, 0)

    @contained
    def _begin_next(self, _dt: float) -> None:
        """Begin the first tutorial in line whose content is there, if none runs."""
        for waiting in self._queue:
            if self._tour is not None:
                return
            self._begin(waiting)
        self._rest()

    def _begin(self, waiting: Waiting) -> None:
        self._tour = tour = Tour(waiting.session, self._make_parts(), self._let_go)
        tutorial_id = waiting.session.tutorial_id
        has_begun = tour.begin(restart=waiting.restart)
        if has_begun or tour.state.is_over:
            self._queue.remove(tutorial_id)
        elif self._tour is tour:
            self._tour = None

    def _make_parts(self) -> TourParts:
        return TourParts(
            host=self,
            registry=self._registry,
            conditions=self._conditions,
            hooks=self._hooks,
            suspension=self._suspension,
            navigate=self._navigate,
            make_stage=self._make_stage,
        )

    def _make_stage(self, fail: Callable[[], None]) -> Stage:
        return Stage(
            theme=self.theme,
            themes=self.themes,
            labels=self.labels,
            language=self.language,
            is_rtl=self.is_rtl,
            seconds=0 if self.reduced_motion else self.motion_seconds,
            announce=Announcer(lambda: self.announce),
            fail=fail,
        )

    def _let_go(self, tour: Tour) -> None:
        """Go on with the next one in line, in a frame of its own."""
        if self._tour is tour:
            self._tour = None
            if self._queue:
                self._begin_soon()
            else:
                self._rest()

    def _rest(self) -> None:
        """Listen to the client no more, if there is nothing to run."""
        if self._tour is None and not self._queue and self._unsubscribe is not None:
            self._begin_soon.cancel()
            self._unsubscribe()
            self._unsubscribe = None

    def _follow_suspension(self) -> None:
        if self._tour is not None:
            self._tour.follow_suspension()

    def _follow_user(self, _dt: float) -> None:
        if self._tour is not None:
            self._tour.follow_user()

    def _note_event(self, event: str, _dt: float) -> None:
        if self._tour is not None:
            self._tour.note_event(event)

    def _refresh(self, _dt: float) -> None:
        if self._tour is not None:
            self._tour.refresh()
