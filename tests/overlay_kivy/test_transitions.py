"""A phone that is turned, or a screen that changes, in the middle of any transition."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from client_sdk import SurveyPrompt
from client_sdk.contracts.step import StepKind
from overlay_kivy.testing import advance_frames, resize_window, wait_for
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui

STEPS: dict[str, dict[str, Any]] = {
    "card": {"target": "row-3"},
    "middle": {"body": "About nothing in particular. " * 8},
    "modal": {"kind": StepKind.MODAL},
    "banner": {"kind": StepKind.BANNER},
    "beacon": {"kind": StepKind.HOTSPOT, "target": "row-2"},
    "survey": {"kind": StepKind.SURVEY},
}
SLOW = 0.6


def run(stage, seconds, start):
    """Show one of the steps, at rest, with an overlay that takes so long from there."""
    steps = [make_step(name, **fields) for name, fields in STEPS.items()]
    stage.publish(*steps, survey=SurveyPrompt(question="How likely?"))
    stage.overlay = stage.make_overlay(motion_seconds=seconds, target_wait_seconds=5)
    stage.overlay.run(TOUR, restart=True)
    wait_for(lambda: stage.overlay.is_open)
    stage.overlay.go_to(start)
    stage.wait_for_step(start)
    come_to_rest(stage)


def come_to_rest(stage):
    wait_for(lambda: stage.overlay.is_open and not stage.layer.is_moving)
    advance_frames(4)


def sight(stage):
    """Where everything is, and how much of it can be seen."""
    layer = stage.layer
    content, spotlight = layer.content, layer.spotlight
    return {
        "place": (*content.pos, *content.size),
        "stretch": [*getattr(content, "stretch", [0, 0])],
        "content": (content.opacity, content.text_opacity)
        if hasattr(content, "text_opacity")
        else content.opacity,
        "light": spotlight.hole,
        "radius": spotlight.radius,
        "scrim": spotlight.opacity,
        "layer": layer.opacity,
        "children": len(layer.children),
    }


def at_rest(stage, end):
    """What a user sees who wants no motion, in the window as it is now."""
    stage.overlay.close()
    run(stage, 0, end)
    return sight(stage)


def interrupt(stage, start, end):
    """Be half way from one step to another."""
    run(stage, SLOW, start)
    stage.overlay.go_to(end)
    wait_for(lambda: stage.shown == end)
    advance_frames(3)
    assert stage.layer.is_moving


@pytest.mark.parametrize(("start", "end"), [*permutations(STEPS, 2)])
def test_phone_that_is_turned_on_the_way_has_all_in_its_place(stage, start, end):
    interrupt(stage, start, end)

    resize_window(860, 420)
    come_to_rest(stage)

    assert sight(stage) == at_rest(stage, end)


@pytest.mark.parametrize("start", ["middle", "modal", "banner", "survey"])
@pytest.mark.parametrize("end", ["card", "beacon"])
def test_screen_that_goes_on_the_way_and_comes_back_has_all_in_its_place(
    stage, start, end
):
    interrupt(stage, start, end)

    stage.app.show("team")
    wait_for(lambda: not stage.overlay.is_open)
    stage.app.show("projects")
    wait_for(lambda: stage.overlay.is_open)
    come_to_rest(stage)

    assert sight(stage) == at_rest(stage, end)
