"""Text of any size, language and length is whole, and every control can be hit."""

from __future__ import annotations

import pytest

from overlay_kivy.geometry import Rect
from overlay_kivy.labels import labels_for
from overlay_kivy.targets import rect_of
from overlay_kivy.testing import advance_frames, resize_window
from overlay_kivy.theme import Theme
from tests.overlay_kivy.pixels import read_window
from tests.overlay_kivy.tours import make_step

pytestmark = pytest.mark.gui

KINDS = ["tooltip", "modal", "banner"]
NAMES = ["next", "back", "skip", "close"]
WORDS = {
    "de": (
        "Donaudampfschifffahrtsgesellschaft",
        "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz.",
        "Benachrichtigungseinstellungen",
    ),
    "zh": ("欢迎使用这个应用程序" * 3, "这是一个没有空格的很长的句子" * 6, "继续"),
    "ar": (
        "مرحبًا بك في مشاريعك",
        "هنا تجد كل ما يعمل عليه فريقك اليوم. " * 4,
        "متابعة",
    ),
}


def show(stage, kind, language, **options):
    """Show the second of three steps, so that every control is there."""
    title, body, cta = WORDS[language]
    stage.overlay = stage.make_overlay(language=language, **options)
    step = make_step("two", kind=kind, title=title, body=body, cta=cta)
    stage.run(make_step("one"), step, make_step("three"))
    stage.press("next")
    stage.wait_for_step("two")
    advance_frames(4)


def is_whole(label):
    width, height = label.texture_size
    return width <= label.width + 1 and height <= label.height + 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("width", [320, 420, 1000])
def test_nothing_is_cut_at_twice_the_size(stage, double_size, kind, language, width):
    resize_window(width, 700)
    show(stage, kind, language)

    labels = [one for one in stage.card.walk() if getattr(one, "texture_size", None)]
    shown = [label for label in labels if label.text]
    window = Rect(0, 0, width, 700)
    controls = [rect_of(stage.overlay.control(name)) for name in NAMES]

    assert len(shown) >= 5
    assert [label.text for label in shown if not is_whole(label)] == []
    assert all(window.contains(one) for one in controls)
    assert window.contains(rect_of(stage.card))
    for index, one in enumerate(controls):
        assert not any(one.overlaps(other) for other in controls[index + 1 :])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", WORDS)
def test_finger_has_room_on_every_control(stage, kind, language):
    resize_window(320, 640)
    show(stage, kind, language)

    sizes = [stage.overlay.control(name).size for name in NAMES]

    assert all(min(size) >= 48 for size in sizes)


def test_finger_has_room_on_a_beacon(stage):
    stage.run(make_step("one", kind="hotspot", target="new-project"))

    assert min(stage.overlay.control("beacon").size) >= 48


@pytest.mark.parametrize("kind", KINDS)
def test_words_can_be_read_in_a_low_window_with_large_text(stage, double_size, kind):
    resize_window(640, 320)
    show(stage, kind, "de")
    scroll = stage.card.ids.scroll

    assert scroll.height >= 40
    assert stage.overlay.control("next").y >= 0


@pytest.mark.parametrize("height", [520, 560, 600, 640])
def test_no_line_is_cut_through_where_the_text_has_to_be_scrolled(
    stage, double_size, height
):
    resize_window(420, height)
    body = "Start the day here. The bar fills as tasks get done. " * 4
    stage.run(make_step("one", title="Your week", body=body, target="new-project"))
    advance_frames(4)
    ids = stage.card.ids
    above = ids.text.height - ids.body.height
    lines = (ids.scroll.height - above) / ids.body.line_step

    assert ids.scroll.height < ids.text.height
    assert lines >= 1
    assert abs(lines - round(lines)) < 0.05


BODY = "A sentence that a person might well want to read to its very end. " * 25


def columns_of(card):
    """Where on the card the words that scroll end, and where its cross begins."""
    body, cross = card.ids.body, rect_of(card.ids.close)
    x, _ = body.to_window(body.x, 0)
    return x + body.padding[0], x + body.width - body.padding[2], cross


@pytest.mark.parametrize("kind", ["tooltip", "modal"])
def test_title_and_cross_stay_where_they_are_while_the_text_is_scrolled(stage, kind):
    stage.run(make_step("one", title="Your week", body=BODY, kind=kind))
    advance_frames(4)
    card, scroll = stage.card, stage.card.ids.scroll
    cross, title = rect_of(card.ids.close), rect_of(card.ids.title)
    above = Rect(card.x, scroll.top, card.width, card.top - scroll.top)
    before = read_window().colors(above)
    scroll.scroll_y = 0.5

    assert read_window().colors(above) == before
    assert above.contains(title)
    assert above.contains(cross)


@pytest.mark.parametrize("language", ["de", "he"])
@pytest.mark.parametrize("size", [(568, 320), (640, 360)])
def test_where_the_title_has_to_scroll_nothing_runs_under_the_cross(
    stage, double_size, size, language
):
    resize_window(*size)
    stage.overlay = stage.make_overlay(language=language)
    stage.run(make_step("one", title="Your week", body=BODY), make_step("two"))
    advance_frames(4)
    card, scroll = stage.card, stage.card.ids.scroll
    begin, end, cross = columns_of(card)

    assert not card.has_fixed_heading
    assert end <= cross.x or begin >= cross.right
    assert card.top - scroll.top >= 12  # the corners are round
    assert rect_of(card.ids.title).top <= scroll.top


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("title", ["Your week", "Your week at a glance in one place"])
def test_long_label_in_a_low_window_leaves_whole_lines_of_the_title(
    stage, double_size, language, title
):
    resize_window(568, 320)
    stage.overlay = stage.make_overlay(language=language)
    step = make_step("two", title=title, body=BODY, cta="Start the first project")
    stage.run(make_step("one"), step, make_step("three"))
    stage.press("next")
    stage.wait_for_step("two")
    advance_frames(4)
    ids = stage.card.ids
    lines = (ids.scroll.height - ids.heading.padding[1]) / ids.title.line_step
    inside = Rect(0, 0, 568, 320).grown(-16)

    assert inside.contains(rect_of(stage.card))
    assert ids.scroll.height == ids.heading.height or lines == pytest.approx(
        1, abs=0.05
    )


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_buttons_of_a_card_need_two_lines_where_the_window_is_wide_enough(
    stage, double_size, language
):
    show(stage, "tooltip", "de", labels=labels_for(language))
    resize_window(900, 600)
    advance_frames(4)

    rows = {stage.overlay.control(name).y for name in ("next", "back", "skip")}
    assert len(rows) <= 2


@pytest.mark.parametrize("kind", ["tooltip", "modal"])
def test_icon_and_title_stay_in_order_however_often_they_begin_to_scroll(
    stage, double_size, kind
):
    stage.run(make_step("one", title="Your week", body=BODY, kind=kind))
    for size in [(420, 860), (568, 320)] * 2 + [(420, 860)]:
        resize_window(*size)
        advance_frames(4)
        ids = stage.card.ids
        tops = [rect_of(ids[name]).top for name in ("close", "title", "body")]
        ids.scroll.scroll_y = 1
        assert stage.card.has_fixed_heading == (size[1] > 400)
        assert rect_of(ids.title).y >= rect_of(ids.body).top - 1
        assert tops == sorted(tops, reverse=True)


@pytest.mark.parametrize("size", [(320, 568), (568, 320), (640, 360)])
@pytest.mark.parametrize("placement", ["bottom", "top"])
def test_banner_with_much_to_say_is_whole_in_the_window_and_cuts_no_line(
    stage, double_size, size, placement
):
    resize_window(*size)
    body = "What you do waits on this device, and goes out once you are back. " * 3
    stage.run(make_step("one", kind="banner", placement=placement, body=body))
    advance_frames(4)
    strip, ids = stage.card, stage.card.ids
    above = ids.words.height - ids.body.height + ids.body.padding[1]
    lines = (ids.scroll.height - above) / ids.body.line_step

    assert strip.strip_y >= 0
    assert strip.strip_top <= size[1]
    assert ids.scroll.height < ids.words.height
    assert abs(lines - round(lines)) < 0.05


def test_long_word_makes_the_title_smaller_before_it_is_broken(stage):
    resize_window(320, 640)
    stage.run(make_step("one", title="Projektübersichtsseitenverwaltung"))
    title = stage.card.ids.title
    size = title.font_size

    assert Theme().body_size * 0.85 <= size < Theme().title_size


def test_theme_can_make_type_larger():
    theme = Theme.dark().scaled_text(1.5)

    assert (theme.title_size, theme.body_size) == (19 * 1.5, 15 * 1.5)
    assert theme.surface == Theme.dark().surface


def test_arabic_is_shaped_and_ends_at_the_cards_edge(stage):
    """Kivy measures letters that stand alone; joined they take less room."""
    show(stage, "tooltip", "ar")
    title = stage.card.ids.title
    drawn = read_window()
    x, y = title.to_window(title.x, title.y)
    columns = [
        column
        for column in range(int(x), int(x + title.width))
        if len(drawn.colors(Rect(column, y, 1, title.height))) > 1
    ]

    assert x + title.width - columns[-1] <= 4
    assert columns[-1] - columns[0] < 0.95 * isolated_width(title)


def isolated_width(title):
    from kivy.core.text import Label

    measure = Label(font_size=title.font_size, font_name="data/fonts/DejaVuSans.ttf")
    return sum(measure.get_extents(letter)[0] for letter in title.text)


def test_labels_of_the_app_do_not_inherit_the_overlays_direction(stage):
    from kivy.core.text import Label

    measure = Label(font_size=24, font_name="data/fonts/DejaVuSans.ttf")
    before = measure.get_extents(WORDS["ar"][0])
    show(stage, "tooltip", "ar", theme=Theme(title_size=24))

    assert measure.get_extents(WORDS["ar"][0]) == before


def test_every_language_of_the_overlay_fits_a_narrow_phone(stage):
    resize_window(320, 640)
    for language in ("de", "es", "pt", "fr", "he"):
        stage.overlay.close()
        stage.overlay = stage.make_overlay(labels=labels_for(language))
        stage.overlay.run("welcome-tour", restart=True)
        stage.run(make_step("one"), make_step("two"))
        labels = [one for one in stage.card.walk() if getattr(one, "texture", None)]
        assert all(is_whole(label) for label in labels), language
