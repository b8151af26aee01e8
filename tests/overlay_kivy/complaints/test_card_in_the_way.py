"""Complaint 13: the card covers its target, or is off the screen of a small phone."""

from __future__ import annotations

import pytest
from kivy.uix.button import Button

from client_sdk.contracts.step import Placement
from overlay_kivy.testing import advance_frames, resize_window, tap_widget
from tests.overlay_kivy.places import assert_readable, in_window

pytestmark = pytest.mark.gui

PHONES = [(320, 568), (360, 640), (420, 860), (860, 420), (1_280, 800)]
CORNERS = {
    "lower left": (0, 0),
    "lower right": (1, 0),
    "upper left": (0, 1),
    "upper right": (1, 1),
    "middle": (0.5, 0.5),
    "left": (0, 0.5),
    "top": (0.5, 1),
}


def target_at(x, y):
    return Button(size_hint=(None, None), size=(56, 48), pos=(x, y))


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("size", PHONES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_card_is_whole_beside_a_target_anywhere_on_the_screen(layering, size, corner):
    resize_window(*size)
    across, along = CORNERS[corner]
    target = target_at(across * (size[0] - 56), along * (size[1] - 48))
    with in_window(target):
        for placement in (Placement.AUTO, Placement.START, Placement.BOTTOM):
            card = layering.show(target, placement=placement)
            advance_frames(2)

            layering.card = card
            assert_readable(layering)
            x, y = card.arrow_pos
            hole = layering.hole
            assert hole.x <= x <= hole.right or hole.y <= y <= hole.top


@pytest.mark.parametrize("is_rtl", [False, True])
def test_card_at_the_start_of_a_line_stands_there(layering, is_rtl):
    resize_window(1_280, 800)
    target = target_at(600, 400)
    with in_window(target):
        card = layering.show(target, placement=Placement.START, is_rtl=is_rtl)
        advance_frames(2)

        assert (card.x > target.right) == is_rtl


def test_card_above_a_field_that_grows_makes_room(layering):
    target = target_at(100, 100)
    with in_window(target):
        card = layering.show(target)
        advance_frames(1)
        target.height = 300
        advance_frames(2)

        layering.card = card
        assert_readable(layering)


def test_button_of_the_card_is_pressed_beside_a_target_in_the_corner(layering):
    resize_window(320, 480)
    pressed = []
    target = target_at(264, 0)
    with in_window(target):
        card = layering.show(target)
        card.bind(on_next=lambda _: pressed.append(1))
        advance_frames(2)

        tap_widget(card.next_button)

    assert pressed == [1]
