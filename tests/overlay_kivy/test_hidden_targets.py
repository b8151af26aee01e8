"""Targets behind a dialog, in a fold that is closed, in a menu that is not open."""

from __future__ import annotations

import pytest
from kivy.base import EventLoop
from kivy.lang import Builder
from kivy.uix.accordion import Accordion, AccordionItem
from kivy.uix.actionbar import (
    ActionBar,
    ActionButton,
    ActionGroup,
    ActionPrevious,
    ActionView,
)
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.button import Button
from kivy.uix.modalview import ModalView
from kivy.uix.popup import Popup
from kivy.uix.spinner import Spinner
from kivy.uix.tabbedpanel import TabbedPanel, TabbedPanelItem
from kivy.uix.widget import Widget

from client_sdk.contracts.behaviour import AdvanceKind, AdvanceOn, MissingTarget
from overlay_kivy.testing import advance_frames, resize_window, tap_widget, wait_for
from tests.overlay_kivy.places import assert_lit, in_window
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui

Builder.load_string(
    """
<NamedOption@SpinnerOption>:
    tour_id: self.text
""",
    filename="named_option.kv",
)


@pytest.fixture
def dialog():
    """A dialog that covers the middle of the window, with a button in it."""
    view = ModalView(size_hint=(0.8, 0.3))
    view.add_widget(Button(text="OK"))
    yield view
    view.dismiss(animation=False)


def waits(step_id="new", **fields):
    return make_step(
        step_id,
        target="new-project",
        on_missing_target=MissingTarget.WAIT,
        target_wait_ms=50,
        **fields,
    )


class TestBehindADialog:
    def test_target_is_not_lit_until_the_dialog_is_closed(self, stage, dialog):
        dialog.open(animation=False)
        stage.publish(waits())
        stage.overlay.run(TOUR)
        wait_for(lambda: stage.seen("error"))
        assert stage.layer is None
        tap_widget(dialog.children[0])

        dialog.dismiss(animation=False)
        stage.wait_for_step("new")

        assert_lit(stage, stage.app.ids.add)
        assert stage.seen("error", "recovered") == [
            ("error", "new: target_missing"),
            ("recovered", "new"),
        ]

    def test_dialog_that_opens_in_the_midst_of_a_step_has_the_touches(
        self, stage, dialog
    ):
        pressed: list[object] = []
        dialog.children[0].bind(on_release=pressed.append)
        stage.run(waits())
        dialog.open(animation=False)
        wait_for(lambda: stage.layer is None)
        tap_widget(dialog.children[0])
        assert len(pressed) == 1

        dialog.dismiss(animation=False)
        wait_for(lambda: stage.layer)

        assert_lit(stage, stage.app.ids.add)
        assert stage.events.count(("step", "new")) == 1

    def test_card_in_the_middle_stands_above_the_dialog(self, stage, dialog):
        dialog.open(animation=False)
        step = make_step("new", target="new-project", target_wait_ms=50)
        stage.run(step, make_step("two"))
        assert stage.layer.spotlight.hole is None
        assert EventLoop.window.children[0] is stage.layer

        stage.press("next")
        stage.wait_for_step("two")

    def test_of_two_widgets_with_a_name_the_one_in_the_dialog_is_lit(
        self, stage, dialog
    ):
        inside = dialog.children[0]
        stage.overlay.register(inside, "new-project")
        dialog.open(animation=False)
        stage.run(make_step("new", target="new-project"))

        assert_lit(stage, inside)

    def test_dialog_above_a_dialog_hides_what_is_in_the_lower_one(self, stage, dialog):
        inside = dialog.children[0]
        stage.overlay.register(inside, "inside")
        upper = Popup(title="Sure?", size_hint=(0.6, 0.2))
        dialog.open(animation=False)
        stage.run(make_step("in", target="inside", on_missing_target="wait"))
        upper.open(animation=False)
        wait_for(lambda: stage.layer is None)

        upper.dismiss(animation=False)
        wait_for(lambda: stage.layer)

        assert_lit(stage, inside)

    def test_further_target_behind_a_dialog_is_left_out(self, stage, dialog):
        inside = dialog.children[0]
        stage.overlay.register(inside, "inside")
        dialog.open(animation=False)
        stage.run(
            make_step("in", target="inside", extra_targets=("new-project", "row-2"))
        )

        assert_lit(stage, inside)


@pytest.fixture(params=["vertical", "horizontal"])
def folds(request):
    """An accordion of three items, a button in each; the first one is open."""
    accordion = Accordion(orientation=request.param, anim_duration=0.1)
    accordion.buttons = []
    for number in range(3):
        item = AccordionItem(title=f"Part {number}")
        button = Button(text=str(number), size_hint=(0.5, 0.3))
        button.tour_id = f"part-{number}"
        accordion.buttons.append(button)
        item.add_widget(button)
        accordion.add_widget(item)
    with in_window(accordion):
        accordion.select(accordion.children[-1])
        wait_for(lambda: accordion.children[-1].collapse_alpha == 0)
        yield accordion


class TestInAFold:
    def test_closed_one_is_opened_and_the_light_comes_when_it_rests(self, stage, folds):
        stage.run(make_step("one", target="part-2"))

        assert not folds.children[0].collapse
        assert folds.children[0].collapse_alpha == 0
        assert_lit(stage, folds.buttons[2])
        assert stage.seen("error") == []

    def test_open_one_stays_open(self, stage, folds):
        stage.run(make_step("one", target="part-0"))

        assert not folds.children[-1].collapse
        assert_lit(stage, folds.buttons[0])

    def test_tour_goes_from_fold_to_fold_and_back(self, stage, folds):
        stage.run(make_step("a", target="part-0"), make_step("b", target="part-1"))
        stage.press("next")
        stage.wait_for_step("b")
        assert_lit(stage, folds.buttons[1])

        stage.press("back")
        stage.wait_for_step("a")

        assert_lit(stage, folds.buttons[0])

    def test_fold_that_the_user_closes_is_not_torn_open_again(self, stage, folds):
        stage.run(
            make_step(
                "one",
                target="part-0",
                on_missing_target=MissingTarget.WAIT,
                target_wait_ms=50,
            )
        )
        folds.select(folds.children[0])
        wait_for(lambda: stage.seen("error"))
        stage.settle()
        assert stage.layer is None
        assert folds.children[-1].collapse

        folds.select(folds.children[-1])
        wait_for(lambda: stage.layer)

        assert_lit(stage, folds.buttons[0])

    def test_paused_tour_opens_it_again(self, stage, folds):
        stage.run(make_step("one", target="part-0"))
        stage.overlay.pause()
        folds.select(folds.children[0])
        wait_for(lambda: folds.children[0].collapse_alpha == 0)
        stage.overlay.resume()
        wait_for(lambda: stage.layer)

        assert_lit(stage, folds.buttons[0])


def test_fold_on_another_tab_is_opened_there(stage):
    panel, accordion = TabbedPanel(do_default_tab=False), Accordion(anim_duration=0.05)
    first, other = TabbedPanelItem(text="A"), TabbedPanelItem(text="B")
    first.add_widget(Button())
    target = Button(text="Deep")
    for content in (Button(), target):
        item = AccordionItem()
        item.add_widget(content)
        accordion.add_widget(item)
    other.add_widget(accordion)
    for tab in (first, other):
        panel.add_widget(tab)
    with in_window(panel):
        stage.overlay.register(target, "deep")
        stage.run(make_step("one", target="deep"))

        assert panel.current_tab is other
        assert_lit(stage, target)


@pytest.fixture
def bar():
    """A bar with a group of two that are in its menu, and no room for a third one."""
    resize_window(300, 600)
    root, bar, view = BoxLayout(orientation="vertical"), ActionBar(), ActionView()
    view.add_widget(ActionPrevious(title="App", with_previous=False))
    group = ActionGroup(text="More", mode="spinner")
    for name in ("rename", "archive"):
        button = ActionButton(text=name)
        button.tour_id = name
        group.add_widget(button)
    for name in ("find", "sort", "share", "print", "export"):
        button = ActionButton(text=name, minimum_width=90)
        button.tour_id = name
        view.add_widget(button)
    view.add_widget(group)
    bar.add_widget(view)
    root.add_widget(bar)
    root.add_widget(Widget())
    with in_window(root):
        advance_frames(3)
        bar.group, bar.view = group, view
        yield bar


def in_tree(name):
    widgets = (one for root in EventLoop.window.children for one in root.walk())
    return next((x for x in widgets if getattr(x, "tour_id", "") == name), None)


class TestInAMenu:
    @pytest.mark.parametrize("name", ["archive", "export"])
    def test_it_is_opened_for_its_step_and_closed_after_it(self, stage, bar, name):
        assert in_tree(name) is None, "it is not in a menu"
        stage.run(make_step("one", target=name), make_step("two"))
        assert_lit(stage, in_tree(name))
        assert stage.seen("error") == []

        stage.press("next")
        stage.wait_for_step("two")
        wait_for(lambda: in_tree(name) is None)

    def test_button_in_it_completes_the_step_that_it_is_about(self, stage, bar):
        pressed: list[object] = []
        tap = AdvanceOn(kind=AdvanceKind.TAP)
        stage.run(make_step("one", target="archive", advance_on=tap), make_step("two"))
        button = in_tree("archive")
        button.bind(on_release=pressed.append)
        tap_widget(button)
        stage.wait_for_step("two")

        assert pressed == [button]
        assert in_tree("archive") is None

    def test_one_that_the_user_has_opened_stays_open(self, stage, bar):
        menu = bar.view.overflow_group
        menu.is_open = True
        advance_frames(3)
        name = next(x.tour_id for x in menu._dropdown.container.children)
        stage.run(make_step("one", target=name), make_step("two"))
        assert_lit(stage, in_tree(name))
        stage.press("next")
        stage.wait_for_step("two")

        assert menu.is_open
        menu.is_open = False

    def test_option_of_a_spinner_is_shown(self, stage):
        spinner = Spinner(
            text="Plan",
            values=("Plan", "Bill"),
            option_cls="NamedOption",
            size_hint=(0.5, 0.1),
            pos_hint={"x": 0.2, "y": 0.6},
        )
        with in_window(spinner):
            stage.run(make_step("one", target="Bill"))
            assert spinner.is_open
            assert_lit(stage, in_tree("Bill"))

            stage.overlay.close()

            assert not spinner.is_open
