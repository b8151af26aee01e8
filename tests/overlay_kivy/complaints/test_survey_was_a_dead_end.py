"""Complaint 17: surveys had no way back, no end in sight, one language, and forgot answers."""

from __future__ import annotations

import pytest

from overlay_kivy.testing import advance_frames, press_key, type_text, wait_for
from tests.overlay_kivy.surveys import EASE, HOW, LONG, SCORE, USES, WHY, survey_of
from tests.overlay_kivy.test_survey_questions import (
    ask,
    asked,
    body,
    press,
    progress,
    write,
)
from tests.overlay_kivy.tours import TOUR, make_step

__all__ = ["ask"]

pytestmark = pytest.mark.gui


class TestBack:
    def test_it_leads_to_the_page_before_with_its_answer(self, ask):
        stage = ask(LONG)
        press(stage, "score-9", "next", "ease-2", "next", "back")

        assert stage.overlay.control("ease-2").is_chosen
        press(stage, "back")
        assert stage.overlay.control("score-9").is_chosen
        assert stage.overlay.control("back") is None

    def test_answer_on_a_way_that_is_taken_again_is_still_there(self, ask):
        stage = ask(LONG)
        press(stage, "score-3", "next")
        write(stage, "why", "Slow")
        press(stage, "back", "score-10", "score-1", "next")

        assert stage.overlay.control("why").text == "Slow"

    def test_escape_is_a_way_back_too(self, ask):
        stage = ask(survey_of(EASE, SCORE))
        press(stage, "next")
        press_key("escape")

        assert asked(stage) == ["ease"]

    @pytest.mark.parametrize("way", ["button", "key"])
    def test_it_can_be_left_at_any_time_without_an_answer(self, ask, way):
        stage = ask(survey_of(SCORE))
        if way == "button":
            stage.press("not-now")
        else:
            press_key("escape")

        assert stage.layer is None
        assert stage.events[-1] == ("dismiss", "finished")
        assert body(stage) is None


class TestProgress:
    def test_it_counts_what_is_asked_and_no_more(self, ask):
        stage = ask(LONG)
        assert progress(stage) == (1, 3)
        assert stage.card.ids.progress.ids.caption.text == "1 of 3"

        press(stage, "score-2")
        assert progress(stage) == (1, 4)

        press(stage, "score-9", "next")
        assert progress(stage) == (2, 3)

    def test_there_is_none_where_there_is_one_page(self, ask):
        stage = ask(survey_of(SCORE))

        assert stage.card.ids.progress.height == 0


class TestLanguages:
    """The sheet's own words; the questions are in the language of their author."""

    @pytest.mark.parametrize(
        ("language", "words"),
        [
            ("de", ["Nicht jetzt", "Zurück", "Absenden", "Noch 5 Zeichen"]),
            ("fr", ["Plus tard", "Retour", "Envoyer", "Caractères restants : 5"]),
            ("he", ["לא עכשיו", "חזרה", "שליחה", "נותרו 5 תווים"]),
        ],
    )
    def test_the_sheet_speaks_the_users_language(self, ask, stage, language, words):
        stage.overlay.language = language
        why = WHY.__class__(id="t", kind=WHY.kind, prompt="?", max_length=30)
        ask(survey_of(EASE, why))
        press(stage, "next")
        write(stage, "t", "x" * 25)
        view = stage.card.views[0]

        names = ("not-now", "back", "submit")
        shown = [stage.overlay.control(name).text for name in names]
        assert [*shown, view.counter(view.left)] == words
        assert stage.card.is_rtl == (language == "he")

    def test_what_is_missing_is_said_in_it_too(self, ask, stage):
        stage.overlay.language = "es"
        ask(survey_of(SCORE))
        press(stage, "submit")

        assert stage.card.views[0].error == "Elija una puntuación para continuar."


class TestKeptAnswers:
    def test_app_may_take_the_sheet_away_and_page_and_answers_are_still_there(
        self, ask
    ):
        stage = ask(LONG)
        press(stage, "score-3", "next")
        write(stage, "why", "Slow")
        stage.overlay.close()
        assert body(stage) is None

        stage.overlay.run(TOUR)
        wait_for(lambda: stage.overlay.is_open)
        advance_frames(3)
        assert asked(stage) == ["why"]
        assert stage.overlay.control("why").text == "Slow"
        press(stage, "back")
        assert stage.overlay.control("score-3").is_chosen

    def test_a_call_in_between_changes_nothing(self, ask):
        stage = ask(LONG)
        press(stage, "score-3", "next")
        write(stage, "why", "Slow")
        with stage.overlay.suspended("call"):
            assert stage.layer is None
        wait_for(lambda: stage.overlay.is_open)
        advance_frames(3)
        type_text("ignored: the field has no keyboard")

        assert asked(stage) == ["why"]
        assert stage.overlay.control("why").text == "Slow"


class TestBranches:
    @pytest.mark.parametrize("score", [0, 6])
    def test_a_bad_score_is_asked_what_went_wrong(self, ask, score):
        stage = ask(LONG)
        press(stage, f"score-{score}", "next")

        assert asked(stage) == ["why"]

    @pytest.mark.parametrize("score", [7, 10])
    def test_a_good_score_is_not(self, ask, score):
        stage = ask(LONG)
        press(stage, f"score-{score}", "next")

        assert asked(stage) == ["ease"]

    def test_an_option_asks_its_own_question(self, ask):
        stage = ask(survey_of(USES, HOW))
        press(stage, "uses-bill", "next")

        assert asked(stage) == ["how"]


def test_survey_may_stand_between_two_steps(stage):
    stage.run(
        make_step("a"),
        make_step("ask", kind="survey"),
        make_step("b"),
        survey=survey_of(SCORE),
    )
    stage.press("next")
    wait_for(lambda: stage.overlay.control("score-9"))
    stage.press("score-9")
    stage.press("submit")

    stage.wait_for_step("b")
    assert body(stage)["answers"] == [{"question": "score", "score": 9}]
