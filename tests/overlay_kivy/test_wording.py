"""Steps and the overlay itself speak the user's language."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from client_sdk.contracts.step import StepText
from overlay_kivy.bidi import is_rtl_text, visual_order
from overlay_kivy.labels import labels_for
from overlay_kivy.theme import Labels
from overlay_kivy.wording import (
    fallbacks,
    is_rtl_language,
    spoken_body,
    step_words,
)
from tests.overlay_kivy.tours import make_step

LANGUAGES = ["de", "es", "pt", "fr", "ar", "he"]
STEP = make_step(
    "one",
    title="Welcome",
    body="Look around",
    cta="Go",
    texts=(
        StepText(language="pt", title="Bem-vindo", body="Olhe em volta"),
        StepText(language="pt-BR", title="Boas-vindas"),
        StepText(language="de", body=""),
    ),
)


@pytest.mark.parametrize(
    ("language", "title", "body"),
    [
        ("pt-BR", "Boas-vindas", "Olhe em volta"),
        ("pt_br.UTF-8", "Boas-vindas", "Olhe em volta"),
        ("pt-PT", "Bem-vindo", "Olhe em volta"),
        ("pt", "Bem-vindo", "Olhe em volta"),
        ("fr", "Welcome", "Look around"),
        ("", "Welcome", "Look around"),
    ],
)
def test_each_word_falls_back_alone_to_the_authors_own(language, title, body):
    words = step_words(STEP, language)

    assert (words.title, words.body, words.cta) == (title, body, "Go")


def test_text_that_is_empty_in_a_language_stays_empty():
    assert step_words(STEP, "de").body == ""


def test_longest_tag_is_tried_first():
    assert list(fallbacks("zh-Hant-TW")) == ["zh-hant-tw", "zh-hant", "zh"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_overlay_has_all_its_words_in_a_language(language):
    own, english = asdict(labels_for(language)), asdict(Labels())

    assert [name for name, word in own.items() if word == english[name]] == []
    assert "3" in own["progress"].format(position=3, size=7)
    assert "12" in own["characters_left"].format(count=12)


def test_unknown_language_gets_english():
    assert labels_for("tlh") == Labels()
    assert labels_for("") == Labels()


def test_dialect_gets_the_words_of_its_language():
    assert labels_for("de-AT") == labels_for("de")
    assert labels_for("iw-IL") == labels_for("he")


@pytest.mark.parametrize(
    "language", ["ar", "ar-EG", "he_IL.UTF-8", "iw", "fa", "pa-Arab"]
)
def test_language_is_read_from_right_to_left(language):
    assert is_rtl_language(language)


@pytest.mark.parametrize("language", ["", "en", "de-AT", "ar-Latn", "ku-Latn", "zh"])
def test_language_is_read_from_left_to_right(language):
    assert not is_rtl_language(language)


def test_voice_hears_what_the_picture_shows():
    words = step_words(STEP, "en")

    assert (
        spoken_body(words, "A map of the office") == "A map of the office. Look around."
    )
    assert spoken_body(words, None) == "Look around."


@pytest.mark.parametrize(
    ("text", "drawn_from_the_right"),
    [
        ("שלום עולם", "שלום עולם"),
        ("צעד 12 מתוך 340", "צעד 21 מתוך 043"),
        ("פתחו את Google Drive עכשיו", "פתחו את evirD\u00a0elgooG עכשיו"),
        ("חיסכון של 50% היום", "חיסכון של %05 היום"),
        ("ראו (v2) כאן", "ראו (2v) כאן"),
        ("שלב f(x) כאן", "שלב (x)f כאן"),
    ],
)
def test_latin_words_and_numbers_are_turned_for_a_line_that_runs_left(
    text, drawn_from_the_right
):
    assert is_rtl_text(text)
    assert visual_order(text) == drawn_from_the_right


def test_hebrew_in_an_english_line_is_turned():
    assert not is_rtl_text("Say שלום now")
    assert visual_order("Say שלום now") == "Say םולש now"


def test_text_of_one_direction_stays_as_it_is():
    assert visual_order("Grüße, (nur) 3 % mehr") == "Grüße, (nur) 3 % mehr"
