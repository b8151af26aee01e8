"""The overlay in a real window: what a frame costs while its cut-out follows a target."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import tests.support.window  # noqa: F401 - before anything of Kivy
from benchmarks.result import Measurement, Result, interleave
from client_sdk import ClientConfig, TutorialClient
from client_sdk.testing import FakeServer
from overlay_kivy import TutorialOverlay
from overlay_kivy.testing import advance_frames, mount, resize_window, wait_for
from tests.overlay_kivy.sample_app import SampleApp
from tests.overlay_kivy.tours import TOUR, make_step, make_tour

ROUNDS = 7
#: Frames of one round: the list goes down and up again once.
FRAMES = 40
#: How long an overlay at rest is watched.
REST_SECONDS = 1.0
STEPS = 100
TARGETS = 1_000


def measure() -> list[Result]:
    """Return the results; RuntimeError where something moves that should be at rest."""
    unlimited()
    resize_window(420, 860)
    found = interleave(
        {
            "following": partial(cost, following),
            "hand-drawn": partial(cost, hand_drawn),
            "app alone": partial(cost, alone),
            "100 steps, 1,000 targets": partial(cost, following_one_of_many),
        },
        rounds=ROUNDS,
    )
    first = interleave(
        {"one step": first_step, "100 steps, 1,000 targets": first_step_of_many},
        rounds=ROUNDS,
    )
    many = "100 steps, 1,000 targets"
    return [
        Result(
            what="frame while a cut-out follows its scrolling target",
            unit="ms",
            ours=found["following"],
            limit=found["hand-drawn"],
            peers=[found["app alone"]],
            bound=1.3,
        ),
        Result(
            what="the same with 100 steps and 1,000 registered targets",
            unit="ms",
            ours=found[many],
            limit=found["following"],
            bound=1.1,
        ),
        Result(
            what="frames from run() to the first step, cached content",
            unit="frames",
            ours=first["one step"],
            limit=Measurement(name="allowed", rounds=[3.0] * ROUNDS),
            bound=1.0,
        ),
        Result(
            what="the same with 100 steps and 1,000 registered targets",
            unit="frames",
            ours=first[many],
            limit=first["one step"],
            bound=1.0,
        ),
        Result(
            what="redraws and clock events of an overlay at rest, in a second",
            unit="",
            ours=Measurement(name="counted, and one", rounds=[1 + at_rest()]),
            limit=Measurement(name="one", rounds=[1]),
            bound=1.0,
        ),
    ]


def unlimited() -> None:
    """Let frames follow each other without a pause."""
    from kivy.clock import Clock

    Clock._max_fps = 0  # noqa: SLF001 - Kivy reads its setting only once


def cost(scene: Callable[[], Any]) -> float:
    """Return the processor time of a frame in milliseconds, the median of a round.

    Of the processor, because others work on this machine, too; the renderer's is in it.
    """
    with scene() as app:
        scroll = app.ids.scroll
        spent = []
        for frame in range(FRAMES):
            part = frame / FRAMES
            scroll.scroll_y = 1 - 0.3 * (2 * part if part < 0.5 else 2 - 2 * part)
            before = time.process_time()
            advance_frames(1)
            spent.append(time.process_time() - before)
    return median(spent) * 1e3


@contextmanager
def alone() -> Iterator[SampleApp]:
    """The app without anything over it."""
    with mount(SampleApp()) as app:
        yield app


@contextmanager
def hand_drawn() -> Iterator[SampleApp]:
    """Four dim rectangles and a card like ours, that stay where they are."""
    from kivy.core.window import Window
    from kivy.graphics import Color, Rectangle
    from kivy.uix.floatlayout import FloatLayout

    from overlay_kivy.tooltip.tooltip import TooltipCard

    with mount(SampleApp()) as app:
        over = FloatLayout()
        hole_y, hole_top = 430, 526
        with over.canvas.before:
            Color(0.04, 0.06, 0.13, 0.66)
            Rectangle(pos=(0, 0), size=(420, hole_y))
            Rectangle(pos=(0, hole_top), size=(420, 860 - hole_top))
            Rectangle(pos=(0, hole_y), size=(10, hole_top - hole_y))
            Rectangle(pos=(410, hole_y), size=(10, hole_top - hole_y))
        card = TooltipCard(title="Your list", body=BODY, cta="Next", count=3)
        card.width, card.pos = 360, (30, 240)
        over.add_widget(card)
        Window.add_widget(over)
        advance_frames(3)
        yield app


BODY = "Everything that you have begun is here, with what is still to be done."


@contextmanager
def running(app: SampleApp, steps: int) -> Iterator[TutorialOverlay]:
    """A tour over the app whose content is cached already."""
    with tempfile.TemporaryDirectory() as folder:
        server = FakeServer()
        server.configs[TOUR] = make_tour(
            *(
                make_step(f"step-{number}", target="row-4", body=BODY)
                for number in range(steps)
            )
        )
        client = TutorialClient(
            "http://tutorials.invalid",
            storage_dir=Path(folder),
            transport=server,
            config=ClientConfig(startup_delay_seconds=0.01),
        )
        wait_for(lambda: client.tutorial(TOUR).config is not None)
        overlay = TutorialOverlay(client, motion_seconds=0)
        try:
            yield overlay
        finally:
            overlay.close()
            client.close()


@contextmanager
def following(steps: int = 3, targets: int = 0) -> Iterator[SampleApp]:
    """The overlay, its cut-out on a row of the list."""
    with mount(SampleApp()) as app, running(app, steps) as overlay:
        kept = register(overlay, app, targets)
        overlay.run(TOUR)
        wait_for(lambda: overlay.is_open)
        advance_frames(3)
        yield app
        del kept


def following_one_of_many() -> Any:
    """The same among many."""
    return following(steps=STEPS, targets=TARGETS)


def register(overlay: TutorialOverlay, app: SampleApp, count: int) -> list[Any]:
    """Register widgets of the app's, and return them to be kept."""
    from kivy.uix.widget import Widget

    widgets = [Widget() for _ in range(count)]
    for number, widget in enumerate(widgets):
        overlay.register(widget, f"other-{number}")
    return widgets


def first_step(steps: int = 3, targets: int = 0) -> float:
    """Return after how many frames the first step is in the window."""
    with mount(SampleApp()) as app, running(app, steps) as overlay:
        kept = register(overlay, app, targets)
        overlay.run(TOUR)
        frames = 0
        while not overlay.is_open:
            advance_frames(1)
            frames += 1
        del kept
    return float(frames)


def first_step_of_many() -> float:
    """The same among many."""
    return first_step(steps=STEPS, targets=TARGETS)


def at_rest() -> int:
    """Return how often an overlay at rest draws, and how many clock events it has."""
    from kivy.clock import Clock

    with following():
        # Until scroll bars have faded, the app's and the card's.
        wait_for(lambda: drawn_in(REST_SECONDS) == 0)
        callbacks = (event.get_callback() for event in Clock.get_events())
        names = {one.__qualname__ for one in callbacks if one is not None}
        # Kivy's own: it empties its caches once a second.
        return drawn_in(REST_SECONDS) + len(names - {"Cache._purge_by_timeout"})


def drawn_in(seconds: float) -> int:
    """Return how many frames are drawn in a time."""
    from kivy.core.window import Window

    drawn: list[Any] = []
    until = time.monotonic() + seconds
    Window.bind(on_draw=drawn.append)
    while time.monotonic() < until:
        advance_frames(1)
    Window.unbind(on_draw=drawn.append)
    return len(drawn)
