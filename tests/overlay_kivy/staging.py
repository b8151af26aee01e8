"""A client and an overlay over the sample app, the way an app would have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.base import EventLoop

from client_sdk import ClientConfig, Step, SurveyPrompt, TutorialClient
from client_sdk._clock import Clock
from client_sdk.testing import FakeServer
from overlay_kivy import TutorialOverlay
from overlay_kivy.geometry import Rect
from overlay_kivy.layer import OverlayLayer
from overlay_kivy.testing import advance_frames, tap_widget, wait_for
from tests.overlay_kivy.sample_app import SampleApp
from tests.overlay_kivy.tours import TOUR, make_tour


class Staging:
    """The real client in front of a server in memory; nothing waits for motion."""

    def __init__(self, app: SampleApp, storage_dir: Path) -> None:
        self.app = app
        #: What the next client goes by, if not by the machine's clock.
        self.clock: Clock | None = None
        self.storage_dir = storage_dir
        self.server = FakeServer()
        self.events: list[tuple[str, Any]] = []
        self.client = self._open_client()
        self.overlay = self.make_overlay()

    def _open_client(self) -> TutorialClient:
        return TutorialClient(
            "http://tutorials.invalid",
            storage_dir=self.storage_dir,
            transport=self.server,
            clock=self.clock,
            config=ClientConfig(startup_delay_seconds=0.01),
        )

    def make_overlay(self, **options: Any) -> TutorialOverlay:
        """Return an overlay that reports into ``events``."""
        settings = {"motion_seconds": 0, "target_wait_seconds": 0.3, **options}
        overlay = TutorialOverlay(self.client, navigate=self.app.show, **settings)
        overlay.bind(
            on_pre_open=lambda _: self.events.append(("pre_open", None)),
            on_open=lambda _: self.events.append(("open", None)),
            on_step=lambda _, step: self.events.append(("step", step.id)),
            on_step_error=lambda _, error: self.events.append(
                ("error", f"{error.step.id}: {error.trouble}")
            ),
            on_step_recovered=lambda _, error: self.events.append(
                ("recovered", error.step.id)
            ),
            on_pause=lambda _: self.events.append(("pause", None)),
            on_resume=lambda _: self.events.append(("resume", None)),
            on_survey=lambda _, prompt: self.events.append(("survey", prompt.question)),
            on_dismiss=lambda _, reason: self.events.append(("dismiss", str(reason))),
        )
        return overlay

    def publish(
        self, *steps: Step, survey: SurveyPrompt | None = None, tutorial_id: str = TOUR
    ) -> None:
        """Let the server have a tutorial."""
        tour = make_tour(*steps, survey=survey, tutorial_id=tutorial_id)
        self.server.configs[tutorial_id] = tour

    def run(self, *steps: Step, survey: SurveyPrompt | None = None) -> None:
        """Publish a tutorial, run it, and wait for its first card."""
        self.publish(*steps, survey=survey)
        self.overlay.run(TOUR)
        wait_for(lambda: self.overlay.is_open)

    def restart_app(self) -> None:
        """End overlay and client, as the app's end does, and open them again."""
        self.overlay.close()
        self.client.close()
        self.client = self._open_client()
        self.overlay = self.make_overlay()

    def press(self, name: str) -> None:
        """Tap a control of the overlay."""
        control = self.overlay.control(name)
        assert control is not None, f"no control {name!r} is shown"
        tap_widget(control)

    def wait_for_step(self, step_id: str) -> None:
        """Wait until a step's card is in the window."""
        wait_for(lambda: self.overlay.is_open and self.shown == step_id)

    def settle(self) -> None:
        """Let all that is due happen: searches, motion and what follows from them."""
        advance_frames(12)

    def seen(self, *names: str) -> list[tuple[str, Any]]:
        """Return the events of these names, in order."""
        return [event for event in self.events if event[0] in names]

    @property
    def shown(self) -> Any:
        """The id of the step that was shown last."""
        steps = [value for name, value in self.events if name == "step"]
        return steps[-1] if steps else None

    @property
    def layer(self) -> OverlayLayer | None:
        """The overlay's layer in the window, None if there is none."""
        children = EventLoop.window.children
        return next((one for one in children if isinstance(one, OverlayLayer)), None)

    @property
    def hole(self) -> Rect:
        """The cut-out."""
        layer = self.layer
        assert layer is not None, "the overlay is not in the window"
        assert layer.spotlight.hole is not None, "there is no cut-out"
        return layer.spotlight.hole

    @property
    def card(self) -> Any:
        """The card in the window."""
        layer = self.layer
        assert layer is not None, "the overlay is not in the window"
        return layer.content

    def delivered(self) -> list[tuple[str, str]]:
        """Flush, and return step and status of every event the server has."""
        self.client.flush(timeout_seconds=5)
        return [(ping["stepId"], ping["status"]) for ping in self.server.pings]

    def close(self) -> None:
        """End everything."""
        self.overlay.close()
        self.client.close()
