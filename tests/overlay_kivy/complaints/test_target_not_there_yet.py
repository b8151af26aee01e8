"""Complaint 3: the card came before its button did, and stood in the middle or not at all."""

from __future__ import annotations

import pytest
from kivy.clock import Clock
from kivy.uix.button import Button

from client_sdk.contracts.behaviour import MissingTarget
from overlay_kivy.geometry import Rect
from overlay_kivy.targets import rect_of
from overlay_kivy.testing import advance_frames, tap_widget, wait_for
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui

NEXT = make_step("next")


def late(policy, **fields):
    return make_step(
        "late", target="late", on_missing_target=policy, target_wait_ms=50, **fields
    )


def add_late_button(stage):
    button = Button(text="Late")
    stage.overlay.register(button, "late")
    stage.app.ids.bar.add_widget(button)
    return button


def run(stage, *steps):
    stage.publish(*steps)
    stage.overlay.run(TOUR)


def errors(stage):
    return [event for event in stage.events if event[0] in ("error", "recovered")]


MISSING = ("error", "late: target_missing")
RECOVERED = ("recovered", "late")


def test_step_that_waits_leaves_the_app_to_the_user_until_the_target_comes(stage):
    run(stage, late(MissingTarget.WAIT), NEXT)
    wait_for(lambda: errors(stage))
    stage.settle()
    assert stage.layer is None
    tap_widget(stage.app.ids.add)
    assert stage.app.additions == 1

    button = add_late_button(stage)
    stage.wait_for_step("late")

    assert errors(stage) == [MISSING, RECOVERED]
    assert stage.hole.overlaps(rect_of(button))
    assert stage.delivered() == [("late", "started"), ("late", "target_missing")]


def test_wait_without_end_costs_nothing_while_nothing_is_drawn(stage):
    run(stage, late(MissingTarget.WAIT))
    wait_for(lambda: errors(stage))

    def scheduled():
        callbacks = (event.get_callback() for event in Clock.get_events())
        return {getattr(one, "__qualname__", repr(one)) for one in callbacks if one}

    wait_for(lambda: scheduled() == {"Cache._purge_by_timeout"})


def test_target_that_a_fade_makes_visible_is_noticed(stage):
    stage.app.ids.bar.opacity = 0
    stage.app.ids.team_tab.tour_id = "late"
    run(stage, late(MissingTarget.WAIT))
    wait_for(lambda: errors(stage))

    stage.app.ids.bar.opacity = 1

    stage.wait_for_step("late")


def test_list_is_not_torn_from_the_finger_while_a_step_waits(stage):
    row = stage.app.row(11)
    row.tour_id, row.opacity = "late", 0
    run(stage, late(MissingTarget.WAIT))
    wait_for(lambda: errors(stage))
    scroll = stage.app.ids.scroll
    scroll.scroll_y = 1
    stage.settle()
    scroll.scroll_y = 0.9
    wait_for(lambda: not any("_glance" in repr(e) for e in Clock.get_events()))

    scroll.scroll_y = 0.8
    stage.settle()

    assert scroll.scroll_y == 0.8


def test_card_in_the_middle_goes_to_its_target_when_that_comes(stage):
    run(stage, late(MissingTarget.CENTER))
    stage.wait_for_step("late")
    assert stage.layer.spotlight.hole is None

    button = add_late_button(stage)
    wait_for(lambda: stage.layer.spotlight.hole)

    assert stage.hole.overlaps(rect_of(button))
    assert stage.events.count(("step", "late")) == 1
    assert errors(stage) == [MISSING, RECOVERED]


def test_both_events_of_one_trouble_carry_one_id(stage):
    ids = []
    for event in ("on_step_error", "on_step_recovered"):
        stage.overlay.bind(**{event: lambda _, error: ids.append(error.id)})
    run(stage, late(MissingTarget.CENTER))
    stage.wait_for_step("late")
    button = add_late_button(stage)
    wait_for(lambda: len(ids) == 2)

    stage.app.ids.bar.remove_widget(button)
    wait_for(lambda: len(ids) == 3)

    assert ids[0] == ids[1] != ids[2]


def test_step_that_is_skipped_makes_way_and_is_not_completed(stage):
    run(stage, late(MissingTarget.SKIP), NEXT)
    stage.wait_for_step("next")

    assert errors(stage) == [MISSING]
    assert stage.delivered() == [
        ("late", "started"),
        ("late", "target_missing"),
        ("next", "started"),
    ]


def test_user_can_go_back_past_a_step_that_is_skipped(stage):
    run(stage, make_step("first"), late(MissingTarget.SKIP), NEXT)
    stage.wait_for_step("first")
    stage.press("next")
    stage.wait_for_step("next")

    stage.press("back")

    stage.wait_for_step("first")


def test_step_that_pauses_goes_on_when_the_app_says_so(stage):
    run(stage, late(MissingTarget.PAUSE), NEXT)
    wait_for(lambda: stage.overlay.is_paused)
    assert stage.layer is None

    add_late_button(stage)
    stage.settle()
    assert stage.layer is None
    stage.overlay.resume()
    stage.wait_for_step("late")

    assert stage.seen("error", "pause", "resume", "recovered") == [
        MISSING,
        ("pause", None),
        ("resume", None),
        RECOVERED,
    ]


def test_step_that_ends_the_tour_says_why(stage):
    run(stage, late(MissingTarget.END), NEXT)
    wait_for(lambda: not stage.overlay.is_running and stage.events)

    assert stage.events == [MISSING, ("dismiss", "target_missing")]
    assert ("late", "target_missing") in stage.delivered()
    assert "completed" not in dict(stage.delivered()).values()


def test_step_may_be_more_patient_than_the_others(stage):
    stage.overlay.target_wait_seconds = 0
    step = make_step("late", target="late", target_wait_ms=600_000)
    run(stage, step)
    stage.settle()
    assert stage.events == []

    add_late_button(stage)
    stage.wait_for_step("late")

    assert errors(stage) == []


def test_app_that_closes_the_tour_upon_the_trouble_is_left_alone(stage):
    stage.overlay.bind(on_step_error=lambda overlay, _error: overlay.close())
    run(stage, late(MissingTarget.CENTER))
    wait_for(lambda: not stage.overlay.is_running and stage.events)
    advance_frames(3)

    assert stage.layer is None
    assert ("dismiss", "closed") in stage.events


def test_target_that_goes_away_while_a_step_waits_for_it_is_awaited_again(stage):
    button = add_late_button(stage)
    run(stage, late(MissingTarget.WAIT))
    stage.wait_for_step("late")

    stage.app.ids.bar.remove_widget(button)
    wait_for(lambda: errors(stage) == [MISSING])
    assert stage.layer is None
    stage.app.ids.bar.add_widget(button)
    wait_for(lambda: stage.layer)

    assert errors(stage) == [MISSING, RECOVERED]
    assert stage.hole.overlaps(Rect(*button.to_window(*button.pos), *button.size))
    assert stage.delivered() == [("late", "started")]
