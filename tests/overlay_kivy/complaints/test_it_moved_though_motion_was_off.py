"""Complaint 10: cards slid and beacons pulsed for users who had turned motion off."""

from __future__ import annotations

import pytest
from kivy.clock import Clock

from client_sdk.contracts.step import StepKind
from overlay_kivy.system_settings import reduced_motion
from overlay_kivy.testing import advance_frames, wait_for
from tests.overlay_kivy.layers import difference, drawn
from tests.overlay_kivy.places import assert_lit
from tests.overlay_kivy.surveys import LONG
from tests.overlay_kivy.tours import make_step

pytestmark = pytest.mark.gui

STEPS = make_step("new", target="new-project"), make_step("row", target="row-3")


@pytest.fixture
def still(stage):
    """A stage whose overlay is told that motion is unwanted; it would take its time."""
    stage.overlay = stage.make_overlay(motion_seconds=30, reduced_motion=True)
    return stage


def scheduled():
    callbacks = (event.get_callback() for event in Clock.get_events())
    return {getattr(one, "__qualname__", repr(one)) for one in callbacks if one}


def assert_nothing_moves():
    advance_frames(1)
    before = drawn()
    advance_frames(5)
    assert difference(before, drawn()) == 0


def test_first_card_is_in_its_place_in_its_first_frame(still):
    still.run(*STEPS)

    assert_lit(still, still.app.ids.add)
    assert still.layer.spotlight.opacity == still.card.opacity == 1
    assert_nothing_moves()


def test_light_is_at_the_next_target_at_once(still):
    still.run(*STEPS)
    still.press("next")
    still.wait_for_step("row")

    assert not still.layer.is_moving
    assert_lit(still, still.app.row(3))
    assert len(still.layer.children) == 2, "the card before is still there"


def test_beacon_does_not_pulse(still):
    still.run(make_step("one", kind=StepKind.HOTSPOT, target="new-project"))

    assert still.overlay.control("beacon").pulse == 0
    assert_nothing_moves()


def test_pages_of_the_survey_change_at_once(still):
    still.run(make_step("one"), survey=LONG)
    still.press("next")
    wait_for(lambda: still.overlay.control("score-9"))
    still.press("score-9")
    still.press("next")
    sheet = still.card

    assert sheet.y == 0
    assert sheet.body_height == sheet.ids.body.height
    assert sheet.veil == 0
    assert_nothing_moves()


def test_everything_goes_at_once(still):
    still.run(*STEPS)
    still.press("close")

    assert still.layer is None


def test_beacon_pulses_for_everybody_else_and_stops_when_it_goes(stage):
    stage.overlay = stage.make_overlay(motion_seconds=0.1)
    stage.run(make_step("one", kind=StepKind.HOTSPOT, target="new-project"))
    beacon = stage.overlay.control("beacon")
    wait_for(lambda: 0.2 < beacon.pulse < 0.9)
    stage.overlay.close()
    wait_for(lambda: stage.layer is None)

    assert beacon.pulse == 0
    wait_for(lambda: scheduled() == {"Cache._purge_by_timeout"})


@pytest.mark.parametrize(("animations", "moves"), [("true", True), ("false", False)])
def test_what_the_desktop_is_set_to_is_heeded(
    stage, tmp_path, monkeypatch, animations, moves
):
    program = tmp_path / "gsettings"
    program.write_text(f"#!/bin/sh\necho {animations}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    wanted = bool(reduced_motion())

    stage.overlay = stage.make_overlay(motion_seconds=2, reduced_motion=wanted)
    stage.run(*STEPS)

    assert stage.layer.is_moving == moves
