"""Functions of the app that a step has called before and after it."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from kivy.base import EventLoop

from client_sdk.contracts.behaviour import Hook
from overlay_kivy.hooks import HookRunner
from overlay_kivy.testing import advance_frames, tap_widget, wait_for
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui

OPEN = Hook(name="open_menu")
SHORT = Hook(name="open_menu", timeout_ms=50)


def run(stage, *steps, hook=None):
    if hook is not None:
        stage.overlay.hooks["open_menu"] = hook
    stage.publish(*steps)
    stage.overlay.run(TOUR)


def hook_errors(stage):
    return [value for name, value in stage.events if name == "error"]


def test_hook_runs_on_the_steps_screen_and_before_its_card(stage):
    seen = []

    def open_menu():
        seen.append((stage.app.ids.screens.current, stage.layer))

    run(stage, make_step("one", screen="team", before=OPEN), hook=open_menu)
    stage.wait_for_step("one")

    assert seen == [("team", None)]


def test_nothing_is_shown_until_the_hook_says_that_it_is_done(stage):
    calls = []
    run(
        stage,
        make_step("one"),
        make_step("two", before=OPEN),
        hook=lambda done: calls.append(done),
    )
    stage.wait_for_step("one")
    stage.press("next")
    wait_for(lambda: calls)
    stage.settle()
    assert stage.layer is None
    tap_widget(stage.app.ids.add)
    assert stage.app.additions == 1

    thread = threading.Thread(target=calls[0])
    thread.start()
    thread.join()

    stage.wait_for_step("two")


def test_hook_that_takes_too_long_is_not_waited_for(stage, caplog):
    calls = []
    run(stage, make_step("one", before=SHORT), hook=lambda done: calls.append(done))

    stage.wait_for_step("one")

    assert hook_errors(stage) == ["one: hook_timed_out"]
    calls[0]()
    advance_frames(3)
    assert stage.events.count(("step", "one")) == 1


@pytest.mark.parametrize("fault", ["unknown", "raises"])
def test_hook_that_fails_costs_the_tour_nothing(stage, caplog, fault):
    run(
        stage,
        make_step("one", before=OPEN),
        hook=(lambda: 1 / 0) if fault == "raises" else None,
    )

    stage.wait_for_step("one")

    assert hook_errors(stage) == ["one: hook_failed"]


def test_hook_that_comes_to_its_end_after_the_tour_changes_nothing(stage):
    calls = []
    run(stage, make_step("one", before=OPEN), hook=lambda done: calls.append(done))
    wait_for(lambda: calls)
    stage.overlay.close()

    calls[0]()
    advance_frames(5)

    assert stage.layer is None
    assert stage.events == []


def test_hook_of_a_step_that_was_left_opens_no_other_step(stage):
    calls = []
    run(
        stage,
        make_step("one", before=OPEN),
        make_step("two", before=OPEN),
        hook=lambda done: calls.append(done),
    )
    wait_for(lambda: len(calls) == 1)
    stage.overlay.next()
    wait_for(lambda: len(calls) == 2)

    calls[0]()
    advance_frames(5)
    assert stage.layer is None

    calls[1]()
    stage.wait_for_step("two")


def test_hook_after_a_step_runs_only_if_the_step_was_completed(stage):
    calls = []
    run(
        stage,
        make_step("one"),
        make_step("two", after=OPEN),
        make_step("three"),
        hook=lambda: calls.append(1),
    )
    stage.wait_for_step("one")
    stage.press("next")
    stage.wait_for_step("two")
    stage.press("back")
    stage.wait_for_step("one")
    assert calls == []

    stage.press("next")
    stage.wait_for_step("two")
    stage.press("next")
    stage.wait_for_step("three")

    assert calls == [1]


def test_tour_waits_for_the_hook_after_its_last_step(stage):
    calls = []
    run(stage, make_step("one", after=OPEN), hook=lambda done: calls.append(done))
    stage.wait_for_step("one")
    stage.press("next")
    advance_frames(3)
    assert stage.layer is None
    assert stage.overlay.is_running

    calls[0]()
    wait_for(lambda: not stage.overlay.is_running)

    assert stage.events[-1] == ("dismiss", "finished")
    assert ("one", "completed") in stage.delivered()


async def outcome_of(function):
    """Run a hook as an app does whose main loop is asyncio's; return what it came to."""
    ends: list[Any] = []
    runner = HookRunner({"open_menu": function}, fail=lambda: ends.append("failed"))
    runner.call(OPEN, lambda trouble, _detail: ends.append(trouble))
    async with asyncio.timeout(10):
        while not ends:
            EventLoop.idle()
            await asyncio.sleep(0)
    return ends


def test_async_hook_runs_in_the_loop_of_the_app(app):
    steps = []

    async def open_menu():
        steps.append("began")
        await asyncio.sleep(0)
        steps.append("ended")

    assert asyncio.run(outcome_of(open_menu)) == [None]
    assert steps == ["began", "ended"]


def test_async_hook_that_raises_is_told(app, caplog):
    async def open_menu():
        raise KeyError("menu")

    assert asyncio.run(outcome_of(open_menu)) == ["hook_failed"]
    assert "hook 'open_menu' failed" in caplog.text


def test_async_hook_without_a_loop_is_told_and_the_tour_goes_on(stage, caplog):
    async def open_menu():
        raise AssertionError("it cannot run")

    run(stage, make_step("one", before=OPEN), hook=open_menu)
    stage.wait_for_step("one")

    assert hook_errors(stage) == ["one: hook_failed"]
    assert "needs the app to run in asyncio" in caplog.text
