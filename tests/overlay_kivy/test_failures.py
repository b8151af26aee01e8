"""Whatever fails in or around the overlay, the app goes on and nothing stays behind."""

from __future__ import annotations

import gc
import weakref

import pytest
from kivy.base import EventLoop
from kivy.uix.button import Button

from client_sdk import SurveyPrompt
from overlay_kivy.testing import advance_frames, press_key, tap_widget, wait_for
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui


class BrokenSession:
    """A session whose chosen method raises."""

    def __init__(self, session, broken):
        self._session = session
        self._broken = broken

    def __getattr__(self, name):
        if name == self._broken:
            raise RuntimeError(f"{name} is broken")
        return getattr(self._session, name)


class BrokenClient:
    """The client of a stage, with a session that breaks."""

    def __init__(self, client, broken):
        self._client = client
        self._broken = broken

    def tutorial(self, tutorial_id):
        return BrokenSession(self._client.tutorial(tutorial_id), self._broken)

    def subscribe(self, listener):
        return self._client.subscribe(listener)


@pytest.fixture
def broken(stage):
    """Run a tour over a session that breaks at a method."""

    def run(method, *steps, survey=None):
        stage.client.tutorial(TOUR)
        overlay = stage.overlay
        overlay._client = BrokenClient(stage.client, method)
        stage.publish(*(steps or [make_step("one"), make_step("two")]), survey=survey)
        overlay.run(TOUR)
        return stage

    return run


def assert_app_goes_on(stage, caplog):
    assert stage.layer is None
    assert stage.overlay.session is None
    assert "the overlay failed" in caplog.text
    tap_widget(stage.app.ids.add)
    assert stage.app.additions == 1


def test_session_that_cannot_start_ends_the_overlay(broken, caplog):
    stage = broken("start")
    wait_for(lambda: stage.overlay.session is None)

    assert_app_goes_on(stage, caplog)


@pytest.mark.parametrize(
    ("button", "method"), [("next", "next"), ("skip", "skip"), ("back", "go_to")]
)
def test_button_whose_move_raises_ends_the_overlay(broken, caplog, button, method):
    stage = broken(method)
    wait_for(lambda: stage.overlay.is_open)
    if button == "back":
        stage.press("next")
        stage.wait_for_step("two")
    stage.press(button)

    assert_app_goes_on(stage, caplog)
    assert stage.events[-1] == ("dismiss", "failed")


def test_key_whose_move_raises_ends_the_overlay(broken, caplog):
    stage = broken("dismiss")
    wait_for(lambda: stage.overlay.is_open)
    press_key("escape")

    assert_app_goes_on(stage, caplog)


def test_answer_that_raises_ends_the_overlay(broken, caplog):
    stage = broken("submit_survey", make_step("one"), survey=SurveyPrompt(question="?"))
    wait_for(lambda: stage.overlay.is_open)
    stage.press("next")
    stage.press("nps-3")
    stage.press("submit")

    assert_app_goes_on(stage, caplog)


def test_navigation_that_raises_costs_the_step_only_its_target(stage, caplog):
    def navigate(screen):
        raise KeyError(screen)

    stage.overlay._navigate = navigate
    stage.run(make_step("team", target="invite", screen="team"))

    assert stage.shown == "team"
    assert stage.layer.spotlight.hole is None
    assert "navigate('team') failed" in caplog.text


def test_handler_of_the_app_that_raises_ends_the_overlay_only(stage, caplog):
    def on_step(_overlay, _step):
        raise ZeroDivisionError

    stage.overlay.bind(on_step=on_step)
    stage.publish(make_step("one"))
    stage.overlay.run(TOUR)
    wait_for(lambda: stage.overlay.session is None)

    assert_app_goes_on(stage, caplog)


@pytest.mark.parametrize("event", ["on_pre_open", "on_open", "on_step", "on_survey"])
def test_app_may_close_the_overlay_whenever_it_hears_of_it(stage, event):
    stage.overlay.bind(**{event: lambda overlay, *_args: overlay.close()})
    stage.publish(make_step("one"), survey=SurveyPrompt(question="?"))
    stage.overlay.run(TOUR)
    if event == "on_survey":
        wait_for(lambda: stage.overlay.is_open)
        stage.press("next")
    wait_for(lambda: stage.overlay.session is None)

    assert stage.layer is None
    tap_widget(stage.app.ids.add)
    assert stage.app.additions == 1


def test_app_may_close_the_overlay_while_it_navigates(stage):
    stage.overlay._navigate = lambda _screen: stage.overlay.close()
    stage.publish(make_step("team", target="invite", screen="team"))
    stage.overlay.run(TOUR)
    wait_for(lambda: stage.overlay.session is None)
    advance_frames(5)

    assert stage.layer is None
    assert stage.events == []


class FragileButton(Button):
    """Cannot be measured once it is broken."""

    is_broken = False

    def to_window(self, *args, **kwargs):
        if self.is_broken:
            raise ArithmeticError
        return super().to_window(*args, **kwargs)


@pytest.mark.parametrize("moment", ["looking for it", "following it"])
def test_target_that_cannot_be_measured_ends_the_overlay(stage, caplog, moment):
    target = FragileButton()
    stage.overlay.register(target, "fragile")
    stage.app.ids.bar.add_widget(target)
    stage.publish(make_step("fragile", target="fragile"))
    if moment == "looking for it":
        target.is_broken = True
        stage.overlay.run(TOUR)
        wait_for(lambda: stage.overlay.session is None)
    else:
        stage.overlay.run(TOUR)
        wait_for(lambda: stage.overlay.is_open)
        target.is_broken = True
        target.width += 10
        advance_frames(2)

    assert_app_goes_on(stage, caplog)


def test_what_has_failed_is_gone_at_once_and_does_not_fade(stage):
    stage.overlay = stage.make_overlay(motion_seconds=5)
    stage.run(make_step("one"), make_step("two"))
    stage.settle()

    stage.overlay.fail()

    assert stage.layer is None
    assert stage.events[-1] == ("dismiss", "failed")


def test_overlay_dies_with_its_last_reference_after_the_tour(stage):
    stage.run(
        make_step("new", target="new-project"),
        make_step("row", target="row-9"),
        survey=SurveyPrompt(question="?"),
    )
    stage.press("next")
    stage.wait_for_step("row")
    # The sheet is not among them: Kivy holds the last text field until there is another.
    mortals = [weakref.ref(one) for one in (stage.overlay, stage.layer, stage.card)]
    stage.press("next")
    stage.press("not-now")

    stage.overlay = stage.make_overlay()
    # A scroll view of Kivy's fades its bar for a second, and is held for that long.
    wait_for(lambda: gc.collect() >= 0 and not any(mortal() for mortal in mortals))


def described(observer):
    try:
        return repr(observer)
    except ReferenceError:
        return "an observer that is gone"


def bindings_of_ours(dispatcher, *names):
    descriptions = [
        described(observer)
        for name in names or dispatcher.properties()
        for observer in dispatcher.get_property_observers(name)
    ]
    ours = ("<overlay_kivy.", "TargetFollower")
    return [one for one in descriptions if any(name in one for name in ours)]


@pytest.mark.parametrize("way_out", ["next", "escape", "close"])
def test_nothing_of_the_overlay_is_left_in_the_app(stage, way_out):
    row, rows, scroll = stage.app.row(4), stage.app.ids.rows, stage.app.ids.scroll
    window = EventLoop.window

    stage.run(make_step("row", target="row-4"))
    for widget in (row, rows, scroll, stage.app):
        assert bindings_of_ours(widget)
    assert bindings_of_ours(window, "on_keyboard")

    if way_out == "next":
        stage.press("next")
    elif way_out == "escape":
        press_key("escape")
    else:
        stage.overlay.close()

    for widget in (row, rows, scroll, stage.app):
        assert not bindings_of_ours(widget)
    assert not bindings_of_ours(window, "on_keyboard")
    assert window.children == [stage.app]


def test_target_that_was_left_is_followed_no_more(stage):
    stage.run(make_step("row", target="row-4"), make_step("new", target="new-project"))
    stage.press("next")
    stage.wait_for_step("new")

    assert bindings_of_ours(stage.app.ids.add)
    assert not bindings_of_ours(stage.app.row(4))


def test_overlay_that_nobody_holds_runs_its_tour(stage):
    stage.publish(make_step("one"))
    stage.make_overlay().run(TOUR)
    gc.collect()

    wait_for(lambda: stage.layer)
    press_key("right")
    wait_for(lambda: stage.layer is None)

    assert stage.events[-1] == ("dismiss", "finished")
