"""What each kind of step looks like and lets the user do."""

from __future__ import annotations

import logging
import struct
import zlib

import pytest
from kivy.clock import Clock
from kivy.resources import resource_add_path, resource_remove_path

from client_sdk.contracts.behaviour import AdvanceKind, AdvanceOn, MissingTarget
from client_sdk.contracts.step import StepText
from overlay_kivy.geometry import Rect
from overlay_kivy.targets import rect_of
from overlay_kivy.testing import (
    advance_frames,
    drag,
    press_key,
    resize_window,
    tap,
    tap_widget,
    wait_for,
)
from overlay_kivy.theme import Theme
from tests.overlay_kivy.pixels import read_window
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui

EXPORTED = AdvanceOn(kind=AdvanceKind.EVENT, name="exported")
HEBREW = StepText(language="he", title="ברוכים הבאים", body="כאן מתחילים.")


def await_no_look():
    """Let the time pass in which a target is looked for."""
    wait_for(lambda: not any("TargetSearch" in repr(x) for x in Clock.get_events()))


def chunk(kind, data):
    """Return a chunk of a PNG file."""
    crc = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + crc


def png(width, rows):
    """Return a picture of lines of one colour each, the uppermost first."""
    pixels = b"".join(b"\0" + color * width for color in rows)
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(pixels))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


@pytest.fixture
def pictures(tmp_path):
    """Pictures that the app ships.

    red.png is twice as wide as high; tall.png is blue, red and green, from top to bottom;
    broken.png is none.
    """
    red, blue, green = b"\xff\0\0", b"\0\0\xff", b"\0\xff\0"
    (tmp_path / "red.png").write_bytes(png(64, [red] * 32))
    rows = [blue] * 40 + [red] * 40 + [green] * 40
    (tmp_path / "tall.png").write_bytes(png(40, rows))
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    resource_add_path(str(tmp_path))
    yield
    resource_remove_path(str(tmp_path))


def test_modal_stands_in_the_middle_and_is_wider_than_a_card(stage):
    resize_window(900, 860)
    stage.run(make_step("one", kind="modal", target="new-project"))

    assert stage.layer.spotlight.hole is None
    assert stage.card.center_x == pytest.approx(450, abs=1)
    assert stage.card.center_y == pytest.approx(430, abs=1)
    assert stage.card.width > Theme().card_width


@pytest.mark.parametrize("placement", ["top", "bottom", "auto"])
def test_banner_stands_at_its_edge_and_leaves_the_app_to_the_user(stage, placement):
    stage.run(make_step("one", kind="banner", placement=placement), make_step("two"))
    banner = stage.card

    edge = banner.y if placement != "top" else 860 - banner.top
    assert edge == 0
    assert banner.height < 860 / 3
    assert stage.layer.spotlight.opacity == 0

    if placement != "top":
        tap_widget(stage.app.ids.add)
        assert stage.app.additions == 1
    stage.press("next")
    stage.wait_for_step("two")


def test_app_keeps_its_keys_while_a_banner_is_shown(stage):
    stage.run(make_step("one", kind="banner"), make_step("two"))
    press_key("right")

    assert stage.shown == "one"


@pytest.mark.parametrize("kind", ["tooltip", "modal", "banner"])
def test_cross_dismisses_the_tour(stage, kind):
    stage.run(make_step("one", kind=kind), make_step("two"))
    stage.press("close")

    assert stage.layer is None
    assert stage.events[-1] == ("dismiss", "dismissed")
    assert ("one", "dismissed") in stage.delivered()


def test_hotspot_is_a_beacon_whose_tap_opens_the_card(stage):
    stage.run(make_step("one", kind="hotspot", target="new-project"), make_step("two"))
    assert stage.overlay.control("next") is None
    tap_widget(stage.app.row(0))
    assert stage.overlay.control("next") is None

    stage.press("beacon")

    assert stage.hole.contains(rect_of(stage.app.ids.add))
    stage.press("next")
    stage.wait_for_step("two")


def test_app_can_be_used_beside_a_beacon(stage):
    stage.run(make_step("one", kind="hotspot", target="team-tab"), make_step("two"))
    tap_widget(stage.app.ids.add)

    assert stage.app.additions == 1


def test_list_is_not_torn_back_to_a_beacon_that_the_user_scrolls_away(stage):
    stage.run(make_step("one", kind="hotspot", target="row-0"), make_step("two"))
    scroll = stage.app.ids.scroll

    drag((200, 200), (200, 780))
    wait_for(lambda: stage.layer is None)
    await_no_look()

    assert scroll.scroll_y < 0.6
    assert stage.seen("error") == []


def test_beacon_is_there_again_when_the_user_scrolls_back(stage):
    stage.run(make_step("one", kind="hotspot", target="row-0"), make_step("two"))
    scroll = stage.app.ids.scroll
    scroll.scroll_y = 0
    wait_for(lambda: stage.layer is None)
    await_no_look()

    scroll.scroll_y = 1

    wait_for(lambda: stage.overlay.control("beacon"))


@pytest.mark.parametrize("policy", list(MissingTarget))
def test_hotspot_shows_nothing_on_a_screen_that_the_user_goes_to(stage, policy):
    stage.run(
        make_step("one", kind="hotspot", target="row-0", on_missing_target=policy),
        make_step("two"),
    )

    stage.app.show("team")
    wait_for(lambda: stage.layer is None)
    await_no_look()

    assert stage.overlay.current_step.id == "one"
    assert not stage.overlay.is_open
    stage.app.show("projects")
    wait_for(lambda: stage.overlay.control("beacon"))


def test_card_of_a_hotspot_stays_open_when_its_target_comes_back(stage):
    stage.run(make_step("one", kind="hotspot", target="row-0"), make_step("two"))
    stage.press("beacon")
    row = stage.app.row(0)
    rows = row.parent
    rows.remove_widget(row)
    wait_for(lambda: not stage.overlay.is_open)

    rows.add_widget(row, len(rows.children))

    wait_for(lambda: stage.overlay.control("next"))


def test_step_that_waits_shows_nothing_and_takes_no_touch(stage):
    stage.run(
        make_step("zero"),
        make_step("one", kind="wait", advance_on=EXPORTED),
        make_step("two"),
    )
    stage.press("next")
    advance_frames(3)

    assert stage.layer is None
    tap_widget(stage.app.ids.add)
    assert stage.app.additions == 1


def seen_progress(stage):
    card = stage.card
    return card.ids.caption.text, (card.position, card.count)


def test_steps_that_show_nothing_are_not_counted(stage):
    said = []
    stage.overlay.announce = lambda _title, _body, position: said.append(position)
    wait = make_step("wait", kind="wait", advance_on=EXPORTED)
    stage.run(make_step("one"), wait, make_step("two"), make_step("three"))
    seen = [seen_progress(stage)]
    stage.press("next")
    wait_for(lambda: stage.shown == "wait")
    stage.overlay.emit("exported")
    stage.wait_for_step("two")
    seen.append(seen_progress(stage))
    stage.press("next")
    stage.wait_for_step("three")
    seen.append(seen_progress(stage))

    assert seen == [("1 of 3", (1, 3)), ("2 of 3", (2, 3)), ("3 of 3", (3, 3))]
    assert said == ["1 of 3", "2 of 3", "3 of 3"]
    # The app's own numbers are those of the tutorial.
    assert (stage.overlay.index, stage.overlay.size) == (3, 4)


def test_first_and_last_are_what_the_user_sees_as_such(stage):
    waits = [make_step(x, kind="wait", advance_on=EXPORTED) for x in ("start", "end")]
    stage.publish(waits[0], make_step("one"), make_step("two"), waits[1])
    stage.overlay.run(TOUR)
    wait_for(lambda: stage.shown == "start")
    stage.overlay.emit("exported")
    stage.wait_for_step("one")
    assert stage.overlay.control("back") is None
    assert stage.overlay.control("next").text == "Next"

    stage.press("next")
    stage.wait_for_step("two")

    assert seen_progress(stage) == ("2 of 2", (2, 2))
    assert stage.overlay.control("next").text == "Done"
    assert stage.overlay.control("skip") is None


def test_one_card_beside_steps_that_wait_has_no_progress(stage):
    wait = make_step("wait", kind="wait", advance_on=EXPORTED)
    stage.run(make_step("one"), wait)

    assert stage.card.ids.progress.height == 0


def test_picture_is_there_in_the_first_frame_and_nothing_jumps(stage, pictures):
    stage.run(make_step("one", image="red.png"))
    first = rect_of(stage.card)
    advance_frames(20)

    assert rect_of(stage.card) == first
    assert (255, 0, 0) in read_window().colors(first)


def test_middle_of_a_tall_picture_is_shown_and_not_all_of_it_flattened(stage, pictures):
    stage.run(make_step("one", image="tall.png"))
    picture = stage.card.ids.picture
    middle, low = picture.to_window(picture.center_x, picture.y)
    window = read_window()

    for height in (8, picture.height / 2, picture.height - picture.inset - 8):
        assert window.at(middle, low + height) == (255, 0, 0)


def test_corners_of_the_picture_are_round(stage, pictures):
    stage.run(make_step("one", image="red.png"))
    picture = stage.card.ids.picture
    drawn = read_window()

    left, low = picture.to_window(picture.x + picture.inset, picture.y)
    assert drawn.at(left + 1, low + 1) == (255, 255, 255)
    assert drawn.at(left + 20, low + 20) == (255, 0, 0)


def test_corners_of_the_picture_have_no_stairs(stage, pictures):
    stage.run(make_step("one", image="red.png"))
    picture = stage.card.ids.picture
    left, low = picture.to_window(picture.x + picture.inset, picture.y)
    drawn = read_window()

    corner = {drawn.at(left + x, low + y) for x in range(7) for y in range(7)}
    between = corner - {(255, 255, 255), (255, 0, 0)}
    assert len(between) >= 4


def test_picture_that_the_app_has_moved_is_found(stage, pictures, tmp_path):
    stage.run(make_step("one", image="red.png"), make_step("two", image="red.png"))
    shown = stage.card.ids.picture.height
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (tmp_path / "red.png").rename(folder / "red.png")
    resource_add_path(str(folder))
    stage.press("next")
    stage.wait_for_step("two")
    resource_remove_path(str(folder))

    assert stage.card.ids.picture.height == shown > 0


@pytest.mark.parametrize("name", ["nowhere.png", "broken.png"])
@pytest.mark.parametrize("role", ["image", "icon"])
def test_picture_that_is_missing_leaves_no_gap_and_one_line(
    stage, pictures, caplog, name, role
):
    stage.run(make_step("one", title="A"), make_step("two", title="B", **{role: name}))
    plain = stage.card.height
    with caplog.at_level(logging.WARNING, logger="overlay_kivy"):
        stage.press("next")
        stage.wait_for_step("two")
        advance_frames(5)

    assert stage.card.height == plain
    ours = [one for one in caplog.records if one.name.startswith("overlay_kivy")]
    assert [name in one.getMessage() for one in ours] == [True]


def test_icon_stands_beside_the_title(stage, pictures):
    stage.run(make_step("one", icon="red.png"))
    icon, title = stage.card.ids.icon, stage.card.ids.title

    assert icon.width == icon.height == Theme().icon_size
    assert title.x == pytest.approx(icon.right + 12)
    assert title.top >= icon.center_y >= title.y


def test_step_is_shown_in_its_own_theme_and_the_next_in_the_apps(stage):
    stage.run(make_step("one", theme="dark"), make_step("two"))
    assert stage.card.theme == Theme.dark()
    assert stage.layer.spotlight.theme == Theme.dark()

    stage.press("next")
    stage.wait_for_step("two")

    assert stage.card.theme == Theme()
    assert stage.layer.spotlight.theme == Theme()


def test_app_names_its_themes_and_an_unknown_one_is_only_logged(stage, caplog):
    sea = Theme(card_radius=3)
    stage.overlay = stage.make_overlay(themes={"sea": sea})
    with caplog.at_level(logging.WARNING, logger="overlay_kivy"):
        stage.run(make_step("one", theme="sea"), make_step("two", theme="land"))
        assert stage.card.theme == sea
        stage.press("next")
        stage.wait_for_step("two")

    assert stage.card.theme == Theme()
    assert "land" in caplog.text


def test_card_speaks_the_users_language_and_runs_its_way(stage):
    stage.overlay = stage.make_overlay(language="he-IL")
    stage.run(make_step("zero"), make_step("one", texts=(HEBREW,)), make_step("two"))
    stage.press("next")
    stage.wait_for_step("one")
    card, control = stage.card, stage.overlay.control

    assert card.title == "ברוכים הבאים"
    assert card.ids.caption.text == "2 מתוך 3"
    assert [control(name).text for name in ("next", "back", "skip")] == [
        "הבא",
        "חזרה",
        "דילוג",
    ]
    assert control("next").x < control("back").x < control("skip").x
    assert control("close").center_x < card.center_x < card.ids.title.right
    assert card.ids.title.halign == "right"


def test_words_that_the_app_sets_win_over_the_language(stage):
    from overlay_kivy import Labels

    stage.overlay = stage.make_overlay(language="de", labels=Labels(skip="Nein danke"))
    stage.run(make_step("one"), make_step("two"))

    assert stage.overlay.control("skip").text == "Nein danke"


@pytest.mark.parametrize("language", ["en", "he"])
@pytest.mark.parametrize("count", [3, 12])
def test_progress_fills_from_where_reading_begins(stage, language, count):
    stage.overlay = stage.make_overlay(language=language)
    stage.run(*(make_step(f"s{number}") for number in range(count)))
    (dots,) = (one for one in stage.card.walk() if type(one).__name__ == "StepProgress")
    drawn = read_window()
    first = dots.right - 8 if language == "he" else dots.x + 8

    reached = drawn.at(first, dots.center_y)
    assert reached == tuple(round(255 * part) for part in Theme().primary[:3])


def test_many_steps_are_a_bar(stage):
    stage.run(*(make_step(f"s{number}") for number in range(40)))
    (bar,) = (one for one in stage.card.walk() if type(one).__name__ == "StepProgress")
    drawn = read_window()
    row = [drawn.at(x, bar.center_y) for x in range(int(bar.x) + 8, int(bar.x) + 110)]

    assert set(row) == {tuple(round(255 * part) for part in Theme().outline_soft[:3])}


@pytest.mark.parametrize("language", ["en", "he"])
def test_cross_and_button_of_a_narrow_banner_end_in_one_line(stage, language):
    resize_window(320, 640)
    stage.overlay = stage.make_overlay(language=language)
    stage.run(make_step("one", kind="banner", body="What it is about."))
    drawn, strip = read_window(), stage.card
    cross = rect_of(stage.overlay.control("close")).grown(-8)
    surface = drawn.at(*cross.center[:1], cross.top)
    columns = [
        x
        for x in range(int(cross.x), int(cross.right))
        if set(drawn.colors(Rect(x, cross.y, 1, cross.height))) != {surface}
    ]
    button = stage.overlay.control("next")

    if language == "en":
        assert columns[-1] + 1 == pytest.approx(button.right, abs=2)
        assert strip.strip_right - button.right == 20
    else:
        assert columns[0] == pytest.approx(button.x, abs=2)
        assert button.x - strip.strip_x == 20


@pytest.mark.parametrize("language", ["en", "he"])
def test_scroll_bar_of_a_banner_is_beside_its_words(stage, language):
    resize_window(320, 640)
    stage.overlay = stage.make_overlay(language=language)
    body = "What you do waits on this device until you are back. " * 12
    stage.run(make_step("one", kind="banner", body=body))
    scroll, words = stage.card.ids.scroll, rect_of(stage.card.ids.body)
    bar = scroll.x + scroll.bar_width if language == "he" else scroll.right

    assert scroll.do_scroll_y
    if language == "he":
        assert (scroll.bar_pos_y, bar <= words.x) == ("left", True)
    else:
        assert bar - scroll.bar_width >= words.right


def test_touch_beside_a_floating_banner_reaches_the_app(stage):
    stage.run(make_step("one", kind="banner"))
    banner = stage.card
    before = len(stage.app.visited)
    tap(3, banner.strip_y - 5)

    assert len(stage.app.visited) == before + 1
