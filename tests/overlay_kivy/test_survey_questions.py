"""A survey of many questions: each kind, branches, ways back, parts, and its end."""

from __future__ import annotations

import pytest
from kivy.uix.label import Label

from client_sdk.contracts.questions import Option, QuestionKind
from overlay_kivy.geometry import Rect
from overlay_kivy.survey.drafts import SurveyDrafts
from overlay_kivy.targets import rect_of
from overlay_kivy.testing import (
    advance_frames,
    resize_window,
    type_text,
    wait_for,
)
from tests.overlay_kivy.pixels import read_window
from tests.overlay_kivy.surveys import EASE, LONG, SCORE, USES, question, survey_of
from tests.overlay_kivy.tours import make_step

pytestmark = pytest.mark.gui


@pytest.fixture
def ask(stage):
    """Show a survey over the app."""

    def show(prompt):
        stage.run(make_step("one"), survey=prompt)
        advance_frames(3)
        stage.press("next")
        advance_frames(3)
        return stage

    return show


def press(stage, *names):
    for name in names:
        stage.press(name)
        advance_frames(2)


def write(stage, name, text):
    stage.press(name)
    type_text(text)


def body(stage):
    stage.client.flush(timeout_seconds=5)
    bodies = [*stage.server.surveys.values()]
    assert len(bodies) <= 1
    return bodies[0] if bodies else None


def asked(stage):
    return [view.question.id for view in stage.card.views]


def progress(stage):
    line = stage.card.ids.progress
    return int(line.position), int(line.count)


def test_every_kind_is_answered_by_touches(ask):
    stage = ask(LONG)
    press(stage, "score-3", "next")
    write(stage, "why", " Too slow ")
    press(stage, "next", "ease-4", "next", "uses-plan", "uses-bill", "next")
    press(stage, "how-fixed", "submit")

    assert stage.card.is_thanking
    sent = body(stage)
    assert "nps" not in sent
    assert sent["answers"] == [
        {"question": "score", "score": 3},
        {"question": "why", "text": "Too slow"},
        {"question": "ease", "score": 4},
        {"question": "uses", "options": ["plan", "bill"]},
        {"question": "how", "options": ["fixed"]},
    ]


def test_the_button_says_submit_where_the_answers_lead_to_the_end(ask):
    stage = ask(LONG)
    press(stage, "score-9", "next", "next")
    assert stage.overlay.control("submit").text == "Submit"

    press(stage, "uses-bill")
    assert stage.overlay.control("submit") is None
    assert stage.overlay.control("next").text == "Next"


def test_an_answer_on_a_way_that_was_left_does_not_go_out(ask):
    stage = ask(LONG)
    press(stage, "score-3", "next")
    write(stage, "why", "Slow")
    press(stage, "back", "score-10", "next", "next", "submit")

    assert body(stage)["answers"] == [{"question": "score", "score": 10}]


@pytest.mark.parametrize(
    ("asked_first", "said"),
    [
        (question(QuestionKind.NPS, required=True), "Choose a score to go on."),
        (question(QuestionKind.RATING, required=True), "Choose a score to go on."),
        (
            question(QuestionKind.SINGLE, required=True, options=USES.options),
            "Choose an answer to go on.",
        ),
        (
            question(QuestionKind.MULTIPLE, required=True, options=USES.options),
            "Choose an answer to go on.",
        ),
        (question(QuestionKind.TEXT, required=True), "Write an answer to go on."),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value.kind),
)
def test_a_required_question_says_in_its_place_what_is_missing(ask, asked_first, said):
    stage = ask(survey_of(asked_first, EASE))
    press(stage, "next")

    assert asked(stage) == ["q"]
    assert stage.card.views[0].error == said
    press(stage, "not-now")
    assert body(stage) is None


@pytest.mark.parametrize("size", [(320, 568), (568, 320)], ids=["upright", "turned"])
@pytest.mark.parametrize("kind", [QuestionKind.NPS, QuestionKind.TEXT])
def test_what_is_missing_is_scrolled_to_where_it_would_be_out_of_sight(
    ask, double_size, kind, size
):
    resize_window(*size)
    stage = ask(survey_of(question(kind, prompt="How likely? " * 8, required=True)))
    press(stage, "submit")
    advance_frames(4)
    line = rect_of(stage.card.views[0].missing_line)
    sheet = rect_of(stage.card.ids.scroll)

    assert line.height > 0
    assert sheet.y <= line.y
    assert line.top <= sheet.top


def test_blanks_are_no_answer_to_a_required_text(ask):
    stage = ask(survey_of(question(QuestionKind.TEXT, required=True)))
    write(stage, "q", "   ")
    press(stage, "submit")

    assert stage.card.views[0].error
    press(stage, "not-now")
    assert body(stage) is None


def test_an_optional_question_may_be_passed(ask):
    stage = ask(survey_of(EASE, SCORE))
    press(stage, "next", "score-5", "submit")

    assert body(stage)["answers"] == [{"question": "score", "score": 5}]


def test_nothing_answered_sends_nothing(ask):
    stage = ask(survey_of(EASE))
    press(stage, "submit")

    assert stage.layer is None
    assert stage.events[-1] == ("dismiss", "finished")
    assert body(stage) is None


@pytest.mark.parametrize("scale", range(3, 11))
def test_every_step_of_a_scale_can_be_touched(ask, scale):
    stage = ask(survey_of(question(QuestionKind.RATING, scale=scale)))
    press(stage, f"q-{scale}", "submit")

    assert body(stage)["answers"] == [{"question": "q", "score": scale}]


@pytest.mark.parametrize("kind", [QuestionKind.RATING, QuestionKind.NPS])
def test_what_the_ends_of_a_scale_mean_stands_below_them(ask, kind):
    ends = question(kind, low_label="Hard", high_label="Easy")
    stage = ask(survey_of(ends))
    (view,) = stage.card.views
    chips = [rect_of(chip) for chip in view.scale.chips]
    low, high = rect_of(view.ids.low), rect_of(view.ids.high)

    inset = (chips[0].width - view.scale.chips[0].diameter) / 2
    assert low.x == pytest.approx(min(chip.x for chip in chips) + inset, abs=1)
    assert high.right == pytest.approx(max(one.right for one in chips) - inset, abs=1)


def test_stars_are_filled_up_to_the_rating(ask):
    stage = ask(survey_of(question(QuestionKind.RATING)))
    press(stage, "q-4")

    stars = [stage.overlay.control(f"q-{score}") for score in range(1, 6)]
    assert [star.is_reached for star in stars] == [True] * 4 + [False]


def test_only_the_last_of_single_options_counts(ask):
    stage = ask(survey_of(question(QuestionKind.SINGLE, options=USES.options)))
    press(stage, "q-plan", "q-bill", "submit")

    assert body(stage)["answers"] == [{"question": "q", "options": ["bill"]}]


def test_a_second_touch_takes_one_of_many_options_back(ask):
    stage = ask(survey_of(SCORE, question(QuestionKind.MULTIPLE, options=USES.options)))
    press(stage, "score-9", "next", "q-plan", "q-bill", "q-plan", "submit")

    assert body(stage)["answers"][1:] == [{"question": "q", "options": ["bill"]}]


def test_fifty_options_scroll_and_all_can_be_had(ask):
    options = tuple(Option(id=f"o{n}", label=f"Option {n}") for n in range(50))
    stage = ask(survey_of(question(QuestionKind.SINGLE, options=options)))
    assert rect_of(stage.card).height <= 860

    last = stage.overlay.control("q-o49")
    stage.card.ids.scroll.scroll_y = 0
    advance_frames(2)
    assert last.to_window(*last.pos)[1] >= stage.card.ids.actions.top
    press(stage, "q-o49", "submit")

    assert body(stage)["answers"] == [{"question": "q", "options": ["o49"]}]


class TestTheCounter:
    @pytest.fixture
    def field(self, ask):
        stage = ask(survey_of(question(QuestionKind.TEXT, max_length=30)))
        stage.press("q")
        return stage

    def shown(self, stage):
        view = stage.card.views[0]
        return view.counter(view.left)

    def test_it_is_silent_far_from_the_limit(self, field):
        type_text("x" * 9)

        assert self.shown(field) == ""

    def test_it_counts_near_the_limit_and_the_field_takes_no_more(self, field):
        type_text("x" * 10)
        assert self.shown(field) == "20 characters left"

        type_text("y" * 30)
        assert self.shown(field) == "0 characters left"
        assert field.overlay.control("q").text == "x" * 10 + "y" * 20

    def test_nothing_moves_when_it_comes(self, field):
        height = field.card.height
        type_text("x" * 20)
        advance_frames(3)

        assert field.card.height == height


class TestParts:
    def test_not_now_sends_what_was_answered_as_a_part(self, ask):
        stage = ask(LONG)
        press(stage, "score-3", "next", "not-now")

        sent = body(stage)
        assert sent["answers"] == [{"question": "score", "score": 3}]
        assert sent["complete"] is False
        assert stage.events[-1] == ("dismiss", "finished")

    def test_another_run_finds_none_of_the_answers(self):
        forms = [SurveyDrafts.form(LONG, run) for run in (b"mine", b"theirs", b"mine")]

        assert forms[0] is forms[2]
        assert forms[0] is not forms[1]
        SurveyDrafts.forget(forms[0])
        assert SurveyDrafts.form(LONG, b"mine") is not forms[0]


@pytest.mark.usefixtures("double_size")
@pytest.mark.parametrize("width", [320, 420])
def test_nothing_is_cut_off_at_twice_the_text_size(ask, width):
    resize_window(width, 640)
    stage = ask(LONG)
    seen = []
    for names in (["score-0", "next"], ["next"], ["back"], ["score-9", "next"]):
        press(stage, *names)
        seen += asked(stage)
        sheet = rect_of(stage.card)
        assert Rect(0, 0, width, 640).contains(sheet)
        for label in stage.card.walk(restrict=True):
            if isinstance(label, Label) and label.text:
                text_width, text_height = label.texture_size
                room = getattr(label, "diameter", 0) or label.width
                assert text_width <= room + 1, label.text
                assert text_height <= label.height + 1, label.text
    assert seen == ["why", "why", "score", "ease"]


@pytest.mark.usefixtures("double_size")
def test_mark_of_an_option_grows_with_its_text_and_never_lies_on_it(ask):
    stage = ask(survey_of(USES))
    press(stage, "uses-plan")
    row = stage.overlay.control("uses-plan")

    assert 24 < row.mark <= 32
    assert row.padding[0] >= row.mark_x + row.mark - row.x + 12


def test_height_and_page_change_in_one_movement(stage):
    stage.overlay = stage.make_overlay(motion_seconds=0.6)
    stage.run(make_step("one"), survey=LONG)
    stage.press("next")
    advance_frames(3)
    wait_for(lambda: stage.layer.spotlight.opacity == 1)
    sheet = stage.card
    press(stage, "score-9")
    wait_for(lambda: sheet.progress == pytest.approx(1 / 3))
    heights = [sheet.height]
    stage.press("next")

    def rests():
        heights.append(sheet.height)
        return sheet.veil == 0 and sheet.body_height == sheet.ids.body.height

    wait_for(rests)
    assert len({*heights}) > 3
    assert heights in (sorted(heights), sorted(heights, reverse=True))


def test_page_that_comes_is_the_sheets_colour_and_shows_no_grey_blocks(stage):
    stage.overlay = stage.make_overlay(motion_seconds=2)
    stage.run(make_step("one"), survey=survey_of(SCORE, USES))
    stage.press("next")
    wait_for(lambda: not stage.layer.is_moving)
    press(stage, "score-9")
    stage.press("next")
    row = rect_of(stage.overlay.control("uses-plan"))
    picture = read_window()
    around = picture.at(row.x - 8, row.center[1])

    assert 0 < stage.card.veil < 1
    assert picture.at(row.right - 30, row.center[1]) == around == (255, 255, 255)
