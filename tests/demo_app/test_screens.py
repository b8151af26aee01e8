"""What a person does with the app, by touches and keys in a real window."""

from __future__ import annotations

from itertools import combinations

import pytest
from kivy.base import EventLoop

from demo_app.navigation import DESTINATIONS
from overlay_kivy.geometry import Rect
from overlay_kivy.places import rect_of
from overlay_kivy.testing import advance_frames, tap_widget, type_text, wait_for
from tests.demo_app.tour_file import all_targets

pytestmark = pytest.mark.gui

SIZES = [(320, 640), (420, 860), (1000, 700)]


def texts(*roots):
    return [
        one.text
        for root in roots
        for one in root.walk(restrict=True)
        if hasattr(one, "text")
    ]


def find(root, text):
    return next(
        one for one in root.walk(restrict=True) if getattr(one, "text", None) == text
    )


def open_sheet():
    from kivy.core.window import Window
    from kivy.uix.modalview import ModalView

    return wait_for(
        lambda: next((w for w in Window.children if isinstance(w, ModalView)), None)
    )


def test_every_tab_leads_to_its_screen(kazi):
    for screen, _ in DESTINATIONS[1:] + DESTINATIONS[:1]:
        kazi.go_to(screen)
        active = [
            tab.screen for tab in kazi.app.shell.navigation.children if tab.active
        ]
        assert active == [screen]


def test_new_project_becomes_a_card_and_is_there_after_a_restart(kazi, tmp_path):
    page = kazi.page("projects")
    tap_widget(find(page, "New project"))
    sheet = open_sheet()
    advance_frames(20)
    tap_widget(sheet.ids.name.ids.field)
    type_text("Spring campaign")
    tap_widget(find(sheet, "1 week"))
    tap_widget(find(sheet, "Create project"))

    wait_for(lambda: "Spring campaign" in texts(page))

    stored = (tmp_path / "workspace.json").read_text()
    assert "Spring campaign" in stored


def test_project_without_a_name_is_explained_and_not_added(kazi):
    page = kazi.page("projects")
    before = len(page.ids.cards.children)
    tap_widget(find(page, "New project"))
    sheet = open_sheet()
    advance_frames(20)
    tap_widget(find(sheet, "Create project"))

    assert "Give the project a name." in texts(sheet)
    assert len(page.ids.cards.children) == before


def test_project_sheet_completes_a_task(kazi):
    page = kazi.page("projects")
    tap_widget(page.ids.cards.children[-1])
    sheet = open_sheet()
    advance_frames(20)
    tap_widget(find(sheet, "Complete one"))

    wait_for(lambda: "9 of 11 tasks" in texts(page))


def test_sheet_closes_on_a_touch_beside_it(kazi):
    from kivy.core.window import Window

    from overlay_kivy.testing import tap

    tap_widget(find(kazi.page("projects"), "New project"))
    sheet = open_sheet()
    advance_frames(20)
    tap(200, 800)

    wait_for(lambda: sheet not in Window.children)


def test_invite_is_checked_and_then_waits(kazi):
    page = kazi.go_to("team")
    tap_widget(page.ids.email.ids.field)
    type_text("nobody")
    tap_widget(find(page, "Send invite"))
    assert "That does not look like an e-mail address." in texts(page)

    tap_widget(page.ids.email.ids.field)
    type_text("@example.com")
    tap_widget(find(page, "Send invite"))
    wait_for(lambda: "nobody@example.com" in texts(page.ids.invites))
    assert page.subtitle == "3 members, 2 invites pending"
    assert page.ids.email.text == ""


def test_withdrawn_invite_leaves_an_empty_state(kazi):
    page = kazi.go_to("team")
    row = page.ids.invites.children[0]
    tap_widget(row.children[0])

    wait_for(lambda: "Nobody is waiting" in texts(page.ids.invites))


def test_assistant_answers_from_what_was_just_changed(kazi):
    model = kazi.page("projects")._model
    model.change(
        model.workspace.add_project(name="Overnight", client="", due_on=model.today)
    )
    page = kazi.go_to("assistant")
    tap_widget(find(page, "What is due next?"))

    wait_for(lambda: any("Overnight: due today." in text for text in texts(page)))


def test_typed_question_is_answered_and_the_field_emptied(kazi):
    page = kazi.go_to("assistant")
    tap_widget(page.ids.question.ids.field)
    type_text("Who is on the team?")
    page.ids.question.ids.field.dispatch("on_text_validate")

    wait_for(lambda: any("Your team is Amara Otieno" in t for t in texts(page)))
    assert page.ids.question.text == ""


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_no_label_is_cut_off(kazi, width, height):
    kazi.resize(width, height)
    try:
        for screen, _ in DESTINATIONS[1:] + DESTINATIONS[:1]:
            page = kazi.go_to(screen)
            for label in kazi.labels(page, kazi.strip, kazi.app.shell.navigation):
                assert label.texture_size[0] <= label.width + 1, label.text
                assert label.texture_size[1] <= label.height + 1, label.text
    finally:
        kazi.resize(420, 860)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_app_explains_its_tour_in_a_sheet_that_fits(touring, width, height):
    touring.touch("skip")
    wait_for(lambda: not touring.app.overlay.is_open)
    touring.resize(width, height)
    try:
        page = touring.go_to("settings")
        tap_widget(page.ids.why)
        sheet = open_sheet()
        wait_for(lambda: touring.look().why == "The tour does not start by itself")
        advance_frames(20)

        assert "Starts once; finished before" in texts(sheet)
        for label in touring.labels(sheet):
            assert label.texture_size[0] <= label.width + 1, label.text
            assert label.texture_size[1] <= label.height + 1, label.text
        assert sheet.ids.panel.top <= touring.root.height

        tap_widget(sheet.ids.close)
        wait_for(lambda: touring.look().why is None)
    finally:
        touring.resize(420, 860)


@pytest.fixture
def scaled(request):
    """How much larger the user's text is."""
    from kivy.metrics import Metrics

    before = Metrics.fontscale
    Metrics.fontscale = request.param
    yield request.param
    Metrics.fontscale = before


@pytest.mark.parametrize("scaled", [1, 1.5, 2], indirect=True)
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_strip_has_room_for_the_longest_values(scaled, kazi, width, height):
    from demo_app.sync_summary import Reach, SyncSummary

    kazi.resize(width, height)
    try:
        kazi.strip.show(
            SyncSummary(
                reach=Reach.SWITCHED_OFF,
                synced="Synced 1234 days ago",
                queued="88.8M",
                sent="88.8M",
                variant="variant_" + "x" * 190,
                persona="freelancer-pro-" + "y" * 190,
            )
        )
        advance_frames(4)
        shown = kazi.labels(kazi.strip)
        assert_apart(shown)
        assert len(shown) >= 8
        for label in shown:
            assert label.texture_size[0] <= label.width + 1, label.text
            assert label.texture_size[1] <= label.height + 1, label.text
    finally:
        kazi.resize(420, 860)


def assert_apart(widgets):
    """Assert that no two of them lie on each other, and all are in the window."""
    boxes = [rect_of(one) for one in widgets]
    window = Rect(0, 0, *EventLoop.window.size)
    assert all(window.contains(box) for box in boxes)
    for one, other in combinations(boxes, 2):
        assert not one.grown(-0.5).overlaps(other.grown(-0.5))


@pytest.mark.parametrize(("screen", "target"), all_targets())
def test_every_target_of_the_tour_is_on_its_screen(kazi, screen, target):
    kazi.app.shell.go_to(screen)
    shown = [*kazi.page(screen).walk(restrict=True), *kazi.strip.walk(restrict=True)]
    tagged = [one for one in shown if getattr(one, "tour_id", "") == target]
    assert len(tagged) == 1


def test_user_is_greeted_by_first_name(kazi):
    assert kazi.page("projects").greeting.endswith(", Amara")
