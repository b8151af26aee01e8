"""What completes a step beside its button, and where the tour goes then."""

from __future__ import annotations

import threading

import pytest

from client_sdk.contracts.behaviour import AdvanceKind, AdvanceOn, Branch
from client_sdk.contracts.step import StepKind
from overlay_kivy.testing import (
    advance_frames,
    tap,
    tap_widget,
    touching,
    wait_for,
)
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui

END = make_step("end")


def on_event(name="made"):
    return AdvanceOn(kind=AdvanceKind.EVENT, name=name)


def on_condition(name="has_team"):
    return AdvanceOn(kind=AdvanceKind.CONDITION, name=name)


def test_event_of_the_app_completes_the_step_that_waits_for_it(stage):
    stage.run(make_step("make", advance_on=on_event()), END)
    stage.overlay.emit("another")
    advance_frames(3)
    assert stage.shown == "make"

    stage.overlay.emit("made")
    stage.wait_for_step("end")

    assert ("make", "completed") in stage.delivered()


@pytest.mark.parametrize("name", ["next", "close"])
@pytest.mark.parametrize("after", [StepKind.MODAL, StepKind.WAIT])
def test_finger_on_a_card_that_has_gone_does_nothing_when_it_is_lifted(
    stage, name, after
):
    following = make_step("following", kind=after, advance_on=on_event("later"))
    stage.run(make_step("make", advance_on=on_event()), following, END)
    control = stage.overlay.control(name)

    with touching(*control.to_window(*control.center)):
        stage.overlay.emit("made")
        wait_for(lambda: stage.shown == "following")
        advance_frames(3)
    advance_frames(3)

    assert stage.shown == "following"
    assert ("following", "completed") not in stage.delivered()
    assert stage.seen("dismiss") == []


def test_event_may_come_from_any_thread(stage):
    stage.run(make_step("make", advance_on=on_event()), END)

    thread = threading.Thread(target=stage.overlay.emit, args=["made"])
    thread.start()
    thread.join()

    stage.wait_for_step("end")


def test_events_that_come_together_complete_one_step_each(stage):
    stage.publish(
        make_step("a", kind=StepKind.WAIT, advance_on=on_event("a")),
        make_step("b", kind=StepKind.WAIT, advance_on=on_event("b")),
        END,
    )
    stage.overlay.run(TOUR)
    wait_for(lambda: stage.shown == "a")

    stage.overlay.emit("a")
    wait_for(lambda: stage.shown == "b")
    stage.overlay.emit("b")

    stage.wait_for_step("end")


def test_card_is_completed_by_a_condition_that_becomes_true_before_its_eyes(stage):
    team: list[str] = ["somebody"]
    stage.overlay.conditions["has_team"] = lambda: bool(team)
    stage.run(make_step("invite", advance_on=on_condition()), END)
    stage.overlay.refresh()
    advance_frames(3)
    assert stage.shown == "invite"

    team.clear()
    stage.overlay.refresh()
    advance_frames(2)
    team.append("somebody else")
    stage.overlay.refresh()

    stage.wait_for_step("end")


def test_wait_is_over_at_once_where_its_condition_holds(stage):
    stage.overlay.conditions["has_team"] = lambda: True
    stage.publish(
        make_step("invite", kind=StepKind.WAIT, advance_on=on_condition()), END
    )
    stage.overlay.run(TOUR)

    stage.wait_for_step("end")
    assert stage.overlay.is_first_step


def test_back_does_not_stop_at_a_wait(stage):
    stage.overlay.conditions["has_team"] = lambda: True
    stage.run(
        make_step("first"),
        make_step("wait", kind=StepKind.WAIT, advance_on=on_condition()),
        END,
    )
    stage.press("next")
    stage.wait_for_step("end")

    stage.press("back")

    stage.wait_for_step("first")


def test_news_of_the_client_are_a_chance_for_a_condition(stage):
    points = 0
    stage.overlay.conditions["has_points"] = lambda: points > 0
    stage.run(make_step("earn", advance_on=on_condition("has_points")), END)

    points = 5
    stage.client.ping("another-tour", "step", "completed")

    stage.wait_for_step("end")


def test_condition_is_not_asked_while_nothing_happens(stage):
    asked = []
    stage.overlay.conditions["has_team"] = lambda: asked.append(1)
    stage.run(make_step("invite", advance_on=on_condition()), END)
    stage.client.flush(timeout_seconds=5)
    advance_frames(3)
    asked.clear()

    advance_frames(20)

    assert asked == []


def test_wait_for_a_tap_sees_it_and_takes_nothing_from_the_app(stage):
    tap_it = AdvanceOn(kind=AdvanceKind.TAP)
    wait = make_step("tap", kind=StepKind.WAIT, target="new-project", advance_on=tap_it)
    stage.publish(wait, END)
    stage.overlay.run(TOUR)
    wait_for(lambda: stage.shown == "tap")
    tap(200, 400)
    advance_frames(3)
    assert stage.shown == "tap"

    tap_widget(stage.app.ids.add)
    stage.wait_for_step("end")

    assert stage.app.additions == 1


def test_first_branch_that_holds_is_taken(stage):
    stage.overlay.conditions.update(no=lambda: False, yes=lambda: True)
    branches = tuple(
        Branch(condition=name, to=to)
        for name, to in (("no", "a"), ("unknown", "a"), ("yes", "b"), ("yes", "a"))
    )
    stage.run(make_step("one", branches=branches), *map(make_step, "ab"))

    stage.press("next")

    stage.wait_for_step("b")
    assert stage.delivered() == [
        ("one", "started"),
        ("one", "completed"),
        ("b", "started"),
    ]


def test_branch_to_a_step_that_is_not_there_is_the_following_one(stage):
    stage.overlay.conditions["yes"] = lambda: True
    branch = Branch(condition="yes", to="gone")
    stage.run(make_step("one", branches=(branch,)), *map(make_step, "ab"))

    stage.press("next")

    stage.wait_for_step("a")


def test_circle_of_waits_that_are_all_over_ends(stage, caplog):
    stage.overlay.conditions["yes"] = lambda: True
    wait = {"kind": StepKind.WAIT, "advance_on": on_condition("yes")}
    back = (Branch(condition="yes", to="a"),)
    stage.publish(make_step("a", **wait), make_step("b", branches=back, **wait))
    stage.overlay.run(TOUR)

    wait_for(lambda: ("dismiss", "failed") in stage.events)
    assert "circle" in caplog.text
