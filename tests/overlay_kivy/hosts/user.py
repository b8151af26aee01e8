"""The user of a host app: touches what is in the window, while the app runs its own loop."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from kivy.base import EventLoop, stopTouchApp
from kivy.clock import Clock

from client_sdk import Step, SurveyPrompt
from client_sdk.testing import FakeServer
from overlay_kivy import TutorialOverlay
from overlay_kivy.spotlight.spotlight import Spotlight
from overlay_kivy.targets import rect_of
from overlay_kivy.testing import TouchProvider
from tests.overlay_kivy.tours import TOUR, make_step, make_tour

__all__ = ["HOST_TOUR", "User"]

#: What every host shows; "team" is on another screen where the host has screens.
HOST_TOUR = make_tour(
    make_step("welcome", body="Two steps, and you know your way."),
    make_step("create", target="new-project", screen="projects"),
    make_step("team", target="invite", screen="team"),
    survey=SurveyPrompt(question="How likely are you to recommend us?"),
)
#: Frames between the touch and the lifting of the finger.
_TOUCH_FRAMES = 2

_PATIENCE_SECONDS = 30.0

#: What the user waits for before going on.
Waiting = Iterator[Callable[[], Any]]


class User:
    """Takes the tour, answers its survey, uses the app, and stops it.

    ``pressed`` counts how often the app's own button was pressed.
    """

    def __init__(
        self,
        server: FakeServer,
        overlay: TutorialOverlay,
        app_button: Callable[[], Any],
    ) -> None:
        self.pressed = 0
        self._server = server
        self._overlay = overlay
        self._app_button = app_button
        self._steps: list[Step] = []
        self._ended: list[str] = []
        self._complaints: list[str] = []
        self._fingers = TouchProvider()
        self._story = self._act()
        self._waits_for: Callable[[], Any] = lambda: True
        self._gives_up_at = 0.0

    def begin(self) -> None:
        """Run the tour, and use the app from the next frame on."""
        logging.getLogger().addHandler(_Listener(self._complaints))
        EventLoop.add_input_provider(self._fingers)
        self._overlay.bind(
            on_step=lambda _, step: self._steps.append(step),
            on_dismiss=lambda _, reason: self._ended.append(str(reason)),
        )
        self._overlay.run(TOUR)
        Clock.schedule_interval(self._go_on, 0)

    def complain(self, what: str) -> None:
        """Note what should not be."""
        self._complaints.append(what)

    def report(self, file: Path) -> None:
        """Write what came of it; to be called after the client was flushed."""
        outcome = {
            "steps": [step.id for step in self._steps],
            "ended": self._ended,
            "completed": [
                ping["stepId"]
                for ping in self._server.pings
                if ping["status"] == "completed"
            ],
            "scores": [one["nps"] for one in self._server.surveys.values()],
            "pressed": self.pressed,
            "complaints": self._complaints,
        }
        file.write_text(json.dumps(outcome))

    def _go_on(self, _dt: float) -> bool:
        if self._waits_for():
            self._gives_up_at = time.monotonic() + _PATIENCE_SECONDS
            following = next(self._story, None)
            if following is None:
                stopTouchApp()
                return False
            self._waits_for = following
        shown = [step.id for step in self._steps]
        assert time.monotonic() < self._gives_up_at, f"hangs after the steps {shown}"
        return True

    def _act(self) -> Waiting:
        for step in HOST_TOUR.steps:
            yield partial(self._sees, step)
            yield from self._touch(lambda: self._overlay.control("next"))
        yield from self._touch(lambda: self._overlay.control("nps-9"))
        yield (
            lambda: (button := self._overlay.control("submit")) and not button.disabled
        )
        yield from self._touch(lambda: self._overlay.control("submit"))
        yield lambda: self._ended
        yield from self._touch(self._app_button)
        yield lambda: self.pressed

    def _sees(self, step: Step) -> bool:
        """Whether a step's card is there, and its target within the cut-out."""
        if not self._overlay.is_open or not self._steps or self._steps[-1] != step:
            return False
        if step.target is None:
            return True
        widgets = [one for root in EventLoop.window.children for one in root.walk()]
        holes = (one.hole for one in widgets if isinstance(one, Spotlight))
        targets = (one for one in widgets if _name_of(one) == step.target)
        return any(
            hole and hole.contains(rect_of(target))
            for hole, target in zip(holes, targets, strict=False)
        )

    def _touch(self, find: Callable[[], Any]) -> Waiting:
        """Touch a widget once it has come to rest, and lift the finger."""
        places: list[tuple[float, float]] = []

        def rests() -> bool:
            widget = find()
            if widget is not None:
                places.append(widget.to_window(*widget.center))
            return widget is not None and places[-3:].count(places[-1]) == 3

        yield rests
        touch = self._fingers.begin(*places[-1])
        frames = iter(range(_TOUCH_FRAMES))
        yield lambda: next(frames, None) is None
        self._fingers.end(touch, *places[-1])
        frames = iter(range(_TOUCH_FRAMES))
        yield lambda: next(frames, None) is None


def _name_of(widget: Any) -> str | None:
    return getattr(widget, "tour_id", None)


class _Listener(logging.Handler):
    """Notes what the packages log as wrong, and layouts that never come to rest."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._complaints = complaints

    def emit(self, record: logging.LogRecord) -> None:
        """Note a record."""
        message = record.getMessage()
        is_ours = record.name.startswith(("client_sdk", "overlay_kivy"))
        if is_ours or "too much iteration" in message:
            self._complaints.append(message)
