"""The gallery has a picture of everything that the overlay can show."""

from __future__ import annotations

import pytest
from PIL import Image

from client_sdk import SurveyPrompt
from client_sdk.contracts.questions import QuestionKind
from client_sdk.contracts.step import Placement, StepKind
from demo_app.gallery.pictures import PHONE, morph_steps, pictures
from demo_app.gallery.wording import GERMAN, HEBREW, QUESTIONS
from overlay_kivy.survey.words import survey_in
from overlay_kivy.theme import THEMES, Labels

PICTURES = {one.name: one for one in pictures()}


def test_no_two_pictures_have_one_name():
    assert len(PICTURES) == len(list(pictures()))


#: Steps without a kind are tooltips.
KINDS = {*StepKind} - {StepKind.TOOLTIP} | {None}


def kinds(is_wanted):
    return {one.step.kind for one in PICTURES.values() if is_wanted(one)}


def test_every_kind_is_shown_in_every_theme_direction_and_text_size():
    for theme in THEMES:
        assert kinds(lambda one, theme=theme: one.theme == theme) >= KINDS
    assert kinds(lambda one: one.is_rtl) >= KINDS
    assert kinds(lambda one: one.scale == 2) >= KINDS


def test_every_question_is_asked_in_every_theme_and_language():
    assert set(QUESTIONS) == set(QuestionKind)
    for question in QUESTIONS.values():
        survey = SurveyPrompt(question="?", questions=(question,))
        translated = survey_in(survey, HEBREW, Labels()).questions or ()
        assert [one.prompt for one in translated] != [question.prompt]
    assert [one.name for one in PICTURES.values() if one.language == GERMAN] == [
        "survey-nps-german"
    ]
    for theme in THEMES:
        asked = {one.question for one in PICTURES.values() if one.theme == theme}
        assert asked >= set(QuestionKind)


def test_every_placement_is_shown_in_both_directions():
    for is_rtl in (False, True):
        placed = {
            one.step.placement for one in PICTURES.values() if one.is_rtl is is_rtl
        }
        assert placed >= set(Placement)


@pytest.mark.gui
def test_a_picture_shows_the_card_over_the_app_and_the_sheet_shows_the_picture():
    from demo_app.gallery.sheet import contact_sheet
    from demo_app.gallery.studio import open_app, render

    with open_app(PHONE) as app:
        with_card = render(PICTURES["tooltip-high-contrast"], app)
        waiting = render(PICTURES["wait-high-contrast"], app)

    assert with_card.size == waiting.size == PHONE
    black = [sum(image.convert("L").histogram()[:6]) for image in (with_card, waiting)]
    assert black[0] > 20_000 > black[1], "the card is black, the app is not"
    sheet = contact_sheet({"one": with_card, "two": Image.new("RGB", (160, 90))})
    assert sheet.width > sheet.height > 400


@pytest.mark.gui
def test_film_moves_between_three_targets_and_is_small(tmp_path):
    from demo_app.gallery.film import shoot

    film = shoot()
    film.save(tmp_path / "morph.gif")

    assert len({step.target for step in morph_steps()}) == 3
    assert len({frame.tobytes() for frame in film.frames}) > 20
    assert (tmp_path / "morph.gif").stat().st_size < 200_000
