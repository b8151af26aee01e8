"""Complaint 11: one tour for users with different rights: some were shown what they do not have."""

from __future__ import annotations

import pytest

from client_sdk.contracts.behaviour import Branch
from overlay_kivy.testing import advance_frames, wait_for
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui

ONE, TWO, ADMIN = make_step("one"), make_step("two"), make_step("x", show_on="admin")


def test_step_for_others_is_left_out_and_the_rest_is_renumbered(stage):
    stage.overlay.conditions["admin"] = lambda: False
    stage.run(ADMIN, ONE, TWO)

    assert stage.shown == "one"
    assert (stage.card.position, stage.card.count) == (1, 2)
    assert stage.delivered() == [("one", "started")]


def test_rights_are_looked_at_again_before_every_move(stage):
    rights: list[str] = []
    stage.overlay.conditions["admin"] = lambda: rights
    stage.run(ONE, ADMIN, TWO)
    assert stage.card.count == 2

    rights.append("admin")
    stage.press("next")

    stage.wait_for_step("x")
    assert (stage.card.position, stage.card.count) == (2, 3)


def test_step_for_others_is_not_gone_back_to(stage):
    rights = ["admin"]
    stage.overlay.conditions["admin"] = lambda: rights
    stage.run(ADMIN, ONE)
    stage.press("next")
    stage.wait_for_step("one")

    rights.clear()
    stage.press("back")
    advance_frames(3)

    assert stage.shown == "one"
    assert stage.overlay.is_first_step


def test_user_who_lost_the_right_resumes_at_the_next_step(stage):
    rights = ["admin"]
    stage.overlay.conditions["admin"] = lambda: rights
    stage.run(ADMIN, ONE)
    stage.restart_app()
    stage.overlay.conditions["admin"] = lambda: False

    stage.overlay.run(TOUR)

    stage.wait_for_step("one")
    assert "completed" not in dict(stage.delivered()).values()


@pytest.mark.parametrize("fault", ["unknown", "raises"])
def test_condition_that_cannot_be_asked_shows_the_step_and_says_why(
    stage, caplog, fault
):
    if fault == "raises":
        stage.overlay.conditions["admin"] = lambda: 1 / 0
    stage.run(ADMIN, ONE)

    assert stage.shown == "x"
    assert "condition 'admin' is" in caplog.text


def test_tour_that_has_nothing_for_this_user_shows_nothing(stage):
    stage.overlay.conditions["admin"] = lambda: False
    stage.publish(ADMIN)
    stage.overlay.run(TOUR)
    wait_for(lambda: stage.client.tutorial(TOUR).config)
    wait_for(lambda: stage.overlay.session is None)

    assert stage.events == []
    assert stage.layer is None


def test_branch_into_what_is_left_out_goes_to_the_following_step(stage):
    stage.overlay.conditions.update(admin=lambda: False, yes=lambda: True)
    stage.run(
        make_step("start", branches=(Branch(condition="yes", to="x"),)), ONE, ADMIN
    )

    stage.press("next")

    stage.wait_for_step("one")
