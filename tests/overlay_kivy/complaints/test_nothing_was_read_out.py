"""Complaint 9: who does not see the tour did not hear of it, or was read the page behind it.

Kivy has no screen reader and no tree for one, so a reader cannot be led to a card.  What
the overlay can do is to hand every word that it shows to the app's own speech, and to
keep the keyboard on the card; ``docs/overlay.md`` says so.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from overlay_kivy.testing import advance_frames, press_key, wait_for
from tests.overlay_kivy.surveys import EASE, LONG, SCORE, USES, survey_of
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui

ROOT = Path(__file__).parents[3]


@pytest.fixture
def spoken(stage):
    """What the app's speech was given, in order."""
    spoken: list[tuple[str, str, str]] = []
    stage.overlay.announce = lambda *told: spoken.append(told)
    return spoken


def test_every_card_is_handed_to_the_apps_speech(stage, spoken):
    stage.run(make_step("a", title="Hello", body="Look here."), make_step("b"))
    stage.press("next")
    stage.wait_for_step("b")
    stage.press("back")
    stage.wait_for_step("a")

    hello = ("Hello", "Look here.", "1 of 2")
    assert spoken == [hello, ("b", "", "2 of 2"), hello]


def test_what_a_picture_shows_is_said_before_the_text(stage, spoken):
    step = make_step("one", title="Hi", body="Look", image_text="A map")
    stage.run(step, make_step("two"))

    assert spoken == [("Hi", "A map. Look.", "1 of 2")]


@pytest.mark.parametrize("kind", ["modal", "banner", "hotspot"])
def test_no_kind_of_step_is_silent(stage, spoken, kind):
    stage.run(make_step("one", kind=kind, target="new-project"))

    assert spoken == [("one", "", "")]


def test_survey_is_read_page_by_page_with_what_can_be_answered(stage, spoken):
    stage.run(make_step("one"), survey=LONG)
    stage.press("next")
    wait_for(lambda: stage.overlay.control("score-9"))
    stage.press("score-9")
    stage.press("next")
    stage.press("next")

    assert spoken[1:] == [
        ("How likely?", "0. 10.", "1 of 3"),
        ("How easy?", "1. 5.", "2 of 3"),
        ("What for?", "Choose any that apply. Plan. Bill.", "3 of 3"),
    ]


def test_what_is_missing_and_the_thanks_are_said(stage, spoken):
    stage.run(make_step("one"), survey=survey_of(SCORE))
    stage.press("next")
    wait_for(lambda: stage.overlay.control("submit"))
    stage.press("submit")
    stage.press("score-9")
    stage.press("submit")

    assert spoken[2:] == [
        ("Choose a score to go on.", "", ""),
        (stage.card.form.prompt.thanks, "", ""),
    ]


def test_speech_is_in_the_users_language(stage, spoken):
    stage.overlay.language = "de"
    stage.run(make_step("a"), make_step("b"), survey=survey_of(EASE, USES))
    stage.press("next")
    stage.wait_for_step("b")
    stage.press("next")
    wait_for(lambda: stage.overlay.control("next"))
    stage.press("next")

    assert [position for _, _, position in spoken] == [
        *("1 von 2", "2 von 2"),
        *("1 von 2", "2 von 2"),
    ]
    assert spoken[-1][1] == "Mehrere Antworten sind möglich. Plan. Bill."


def test_speech_that_fails_costs_the_tour_nothing(stage, caplog):
    stage.overlay.announce = lambda *told: 1 / 0
    stage.run(make_step("a"))

    assert stage.overlay.is_open
    assert "announce('a') failed" in caplog.text


def test_speech_may_end_the_tour(stage):
    stage.overlay.announce = lambda *told: stage.overlay.close()
    stage.publish(make_step("a"), survey=survey_of(SCORE))
    stage.overlay.run(TOUR)
    wait_for(lambda: ("dismiss", "closed") in stage.events)
    advance_frames(3)

    assert stage.layer is None


def test_keyboard_stays_on_the_card_and_never_reaches_the_page_behind(stage):
    stage.app.show("team")
    wait_for(lambda: stage.app.ids.field.get_root_window())
    stage.app.ids.field.focus = True
    stage.run(make_step("one"), make_step("two"))
    assert not stage.app.ids.field.focus
    seen = []
    for _ in range(4):
        press_key("tab")
        seen += [one.name for one in stage.card.controls if one.has_focus]

    assert seen == ["skip", "next", "close", "skip"]
    assert not stage.app.ids.field.focus


def test_documents_say_plainly_that_screen_readers_see_nothing():
    page = (ROOT / "docs/overlay.md").read_text(encoding="utf-8")

    assert (
        "Kivy has no accessibility layer: screen readers do not see the overlay" in page
    )
