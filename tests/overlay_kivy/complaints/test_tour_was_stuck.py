"""Complaint 4: a dark screen, or a clear one, took every touch, and nothing led out of it."""

from __future__ import annotations

import pytest

from client_sdk.contracts.behaviour import Hook, MissingTarget
from overlay_kivy.testing import advance_frames, tap_widget, wait_for
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui


def assert_app_has_its_touches(stage):
    before = stage.app.additions
    tap_widget(stage.app.ids.add)
    assert stage.app.additions == before + 1


def test_tour_of_many_missing_targets_comes_to_its_end(stage):
    missing = {"target": "nowhere", "on_missing_target": MissingTarget.SKIP}
    steps = [make_step(f"s{n}", target_wait_ms=0, **missing) for n in range(30)]
    stage.publish(*steps)
    stage.overlay.run(TOUR)
    wait_for(lambda: stage.seen("dismiss"))

    assert_app_has_its_touches(stage)


@pytest.mark.parametrize("policy", list(MissingTarget))
def test_app_can_be_used_while_the_target_is_looked_for(stage, policy):
    step = make_step(
        "late", target="nowhere", on_missing_target=policy, target_wait_ms=600_000
    )
    stage.publish(step)
    stage.overlay.run(TOUR)
    wait_for(lambda: stage.overlay.is_running)
    stage.settle()

    assert_app_has_its_touches(stage)


def test_app_can_be_used_while_a_hook_is_waited_for(stage):
    stage.overlay.hooks["never"] = lambda done: None
    stage.run(make_step("one", after=Hook(name="never")), make_step("two"))
    stage.press("next")
    advance_frames(3)

    assert_app_has_its_touches(stage)
