"""What is drawn can be read: contrasts are measured in the window's pixels."""

from __future__ import annotations

import pytest

from client_sdk.contracts.step import StepKind
from overlay_kivy.geometry import Rect
from overlay_kivy.targets import rect_of
from overlay_kivy.testing import touching
from tests.overlay_kivy.pixels import contrast_of, drawn_contrast, read_window
from tests.overlay_kivy.tours import make_step

pytestmark = pytest.mark.gui

AA_TEXT = 4.5
#: Large text and what a control is known by (WCAG 1.4.3 and 1.4.11).
AA_LARGE = 3.0
THEMES = ["light", "dark", "high-contrast"]
TEXT = "Everything your team works on begins here"


def show(stage, theme, kind=StepKind.TOOLTIP):
    """Show the second of three steps, so that every control is there."""
    words = {"title": "Start a project", "body": TEXT, "theme": theme}
    second = make_step("two", kind=kind, target="new-project", **words)
    stage.run(make_step("one"), second, make_step("three"))
    stage.press("next")
    stage.wait_for_step("two")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("kind", [StepKind.TOOLTIP, StepKind.MODAL, StepKind.BANNER])
def test_every_text_meets_wcag_aa(stage, theme, kind):
    show(stage, theme, kind)

    picture = read_window()
    texts = [one for one in stage.card.walk() if getattr(one, "texture", None)]

    assert len(texts) >= 5
    for text in texts:
        assert drawn_contrast(picture, text, inset=3) >= AA_TEXT, text.text


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["next", "back", "skip"])
def test_button_under_the_finger_can_be_read(stage, theme, name):
    show(stage, theme)
    button = stage.overlay.control(name)
    at_rest = read_window().at(button.center_x, button.y + 6)

    with touching(*button.center):
        picture = read_window()
        assert picture.at(button.center_x, button.y + 6) != at_rest
        assert drawn_contrast(picture, button, inset=3) >= AA_TEXT


@pytest.mark.parametrize("theme", THEMES)
def test_cross_can_be_seen(stage, theme):
    show(stage, theme)

    assert drawn_contrast(read_window(), stage.overlay.control("close")) >= AA_LARGE


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["next", "back", "skip", "close"])
def test_control_with_the_keyboard_has_a_ring_that_can_be_seen(stage, theme, name):
    show(stage, theme)
    control = stage.overlay.control(name)
    control.has_focus = True

    picture = read_window()
    edge = rect_of(control)
    strip = Rect(edge.center[0], edge.y, 1, 14)
    ground = picture.at(stage.card.center_x, stage.card.top - 3)

    ratios = [contrast_of(color, ground) for color in picture.colors(strip)]
    assert max(ratios) >= AA_LARGE


@pytest.mark.parametrize("theme", THEMES)
def test_steps_that_are_done_differ_from_those_to_come(stage, theme):
    show(stage, theme)
    (dots,) = (one for one in stage.card.walk() if type(one).__name__ == "StepProgress")

    assert drawn_contrast(read_window(), dots) >= AA_LARGE


@pytest.mark.parametrize("theme", THEMES)
def test_beacon_can_be_seen_on_the_app(stage, theme):
    stage.run(make_step("one", kind="hotspot", target="new-project", theme=theme))
    beacon = stage.overlay.control("beacon")
    picture = read_window()

    dot = picture.at(*beacon.center)
    ring = picture.at(beacon.center_x + 8.6, beacon.center_y)

    assert contrast_of(dot, ring) >= AA_LARGE
