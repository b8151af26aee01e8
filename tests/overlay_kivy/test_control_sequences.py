"""Whatever the order of what the app does with a tour: it is where a simple model is."""

from __future__ import annotations

import random

import pytest

from overlay_kivy.testing import advance_frames, wait_for
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui

IDS = ["a", "b", "c", "d"]
STEPS = [
    make_step("a"),
    make_step("b", target="new-project"),
    make_step("c", target="row-2", screen="projects"),
    make_step("d", target="invite", screen="team"),
]


class Model:
    """Where a tour of four steps is, and whether it is to be seen."""

    def __init__(self):
        self.at = 0
        self.is_over = self.is_paused = False
        self.reasons: list[str] = []

    @property
    def may_move(self):
        return not (self.is_over or self.is_paused)

    @property
    def is_shown(self):
        return self.may_move and not self.reasons

    def move(self, to):
        if self.may_move:
            self.at = max(to, 0)
            self.is_over = self.at >= len(IDS)


def act(overlay, model, name, rng):
    """Do the same with both."""
    match name:
        case "next":
            overlay.next()
            model.move(model.at + 1)
        case "back":
            overlay.back()
            model.move(model.at - 1)
        case "go_to":
            to = rng.randrange(len(IDS))
            overlay.go_to(IDS[to])
            model.move(to)
        case "pause":
            overlay.pause()
            model.is_paused = True
        case "resume":
            overlay.resume()
            model.is_paused = False
        case "suspend":
            model.reasons.append(rng.choice(["call", "dialog"]))
            overlay.suspend(model.reasons[-1])
        case "unsuspend" if model.reasons:
            reason = model.reasons.pop(rng.randrange(len(model.reasons)))
            overlay.unsuspend(reason)


ACTIONS = [
    *["next"] * 2,
    *["back"] * 2,
    "go_to",
    "pause",
    *["resume"] * 2,
    "suspend",
    *["unsuspend"] * 2,
]


@pytest.mark.parametrize("seed", range(6))
def test_tour_is_where_its_controls_have_led_it(stage, seed):
    rng = random.Random(seed)
    stage.run(*STEPS)
    overlay, model = stage.overlay, Model()
    for _ in range(25):
        # Some in the middle of a transition, a search or before the next frame.
        for _ in range(rng.choice([1, 1, 2, 3])):
            act(overlay, model, rng.choice(ACTIONS), rng)
            advance_frames(rng.choice([0, 0, 1, 2]))
        if model.is_over:
            break
        assert overlay.index == model.at
        assert overlay.is_paused == model.is_paused
        wait_for(lambda: overlay.is_open == model.is_shown)
        if model.is_shown:
            assert stage.shown == IDS[model.at]
            assert (stage.layer.spotlight.hole is not None) == (model.at > 0)

    if not model.is_over:
        overlay.close()
    wait_for(lambda: stage.layer is None)
    assert not overlay.is_running


def test_reasons_to_hide_outlive_the_tour(stage):
    stage.publish(*STEPS)
    stage.overlay.suspend("call")
    stage.overlay.run(TOUR)
    wait_for(lambda: stage.overlay.is_running)
    stage.overlay.close()
    stage.overlay.run(TOUR)
    stage.settle()
    assert stage.layer is None

    stage.overlay.unsuspend("call")

    wait_for(lambda: stage.layer)
