"""Whatever authors write and apps do: no exception, and the app gets its touches."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from kivy.base import EventLoop
from kivy.uix.button import Button

from client_sdk import Placement, SurveyPrompt
from client_sdk.contracts.behaviour import (
    AdvanceKind,
    AdvanceOn,
    Branch,
    Hook,
    MissingTarget,
)
from client_sdk.contracts.step import StepKind, StepText
from client_sdk.contracts.tutorial import SurveyText
from overlay_kivy.layer import OverlayLayer
from overlay_kivy.testing import advance_frames, press_key, tap, tap_widget, wait_for
from tests.overlay_kivy.surveys import LONG
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = [pytest.mark.gui, pytest.mark.timeout(300)]

NAMES = ["yes", "no", "odd", "raises", "unknown"]
TARGETS = ["new-project", "row-1", "row-11", "invite", "team-tab", "nowhere", "twice"]
STEPS_IN_ALL = 500
THANKS = SurveyText(language="he", thanks="תודה רבה")
STEPS_OF_ONE = 20


def some(rng, *choices):
    """Return one of these, or None as often as not."""
    return rng.choice(choices) if rng.random() < 0.5 else None


def random_hook(rng):
    name = rng.choice(["done", "late", "never", "raises", "unknown"])
    return Hook(name=name, timeout_ms=rng.choice([0, 20]))


def random_step(rng, number, count):
    branch = Branch(condition=rng.choice(NAMES), to=f"step-{rng.randrange(count + 1)}")
    kinds = [AdvanceKind.EVENT, AdvanceKind.CONDITION]
    advance = AdvanceOn(kind=rng.choice(kinds), name=rng.choice(NAMES))
    tap_it = AdvanceOn(kind=AdvanceKind.TAP)
    fields = {
        "body": rng.choice(["", "word " * rng.randrange(200), "ab" * 300]),
        "target": some(rng, *TARGETS),
        "screen": some(rng, "projects", "team", "no-such-screen"),
        "placement": rng.choice(list(Placement)),
        "kind": some(rng, *StepKind),
        "extra_targets": some(rng, ("row-0", "nowhere"), ("team-tab",)),
        "image": some(rng, "no-such-picture.png"),
        "texts": some(rng, (StepText(language="he", title="כן", body="word " * 60),)),
        "theme": some(rng, "dark", "no-such-theme"),
        "spotlight_padding": some(rng, 0, 40, 1000),
        "spotlight_radius": some(rng, 0, 500),
        "tap_through": some(rng, True, False),
        "advance_on": some(rng, advance, tap_it, AdvanceOn()),
        "before": some(rng, random_hook(rng)),
        "after": some(rng, random_hook(rng)),
        "show_on": some(rng, *NAMES),
        "branches": some(rng, (branch,)),
        "on_missing_target": some(rng, *MissingTarget),
        "target_wait_ms": rng.choice([0, 30]),
    }
    return make_step(f"step-{number}", **fields)


class RandomUser:
    """Does something at random, as user or as app."""

    def __init__(self, stage, rng):
        self.stage, self.rng = stage, rng
        self.late: list[Any] = []
        overlay = stage.overlay
        overlay.conditions.update(
            yes=lambda: True,
            no=lambda: False,
            odd=lambda: rng.random() < 0.5,
            raises=lambda: 1 / 0,
        )
        overlay.hooks.update(
            done=lambda: None,
            late=lambda done: self.late.append(done),
            never=lambda done: None,
            raises=lambda: 1 / 0,
        )

    def do_something(self):
        overlay, rng, app = self.stage.overlay, self.rng, self.stage.app
        step_id = f"step-{rng.randrange(STEPS_OF_ONE)}"
        rng.choice(
            [
                *[overlay.next] * 4,
                *[self.press] * 8,
                overlay.back,
                lambda: overlay.go_to(step_id),
                overlay.pause,
                *[overlay.resume] * 4,
                lambda: overlay.suspend("call"),
                *[lambda: overlay.unsuspend("call")] * 3,
                lambda: overlay.emit(rng.choice(NAMES)),
                overlay.refresh,
                lambda: press_key(rng.choice(["tab", "enter", "left", "right"])),
                lambda: tap(rng.randrange(420), rng.randrange(860)),
                lambda: app.show(rng.choice(["projects", "team"])),
                self.change_the_app,
                lambda: self.late and self.late.pop()(),
                lambda: overlay.run(TOUR, restart=rng.random() < 0.5),
            ]
        )()
        advance_frames(rng.randrange(4))

    def press(self):
        control = self.stage.overlay.control(
            self.rng.choice(["next", "back", "submit"])
        )
        if control is not None:
            tap_widget(control)

    def change_the_app(self):
        """Take a widget away, or bring one."""
        rows = self.stage.app.ids.rows
        if len(rows.children) > 4 and self.rng.random() < 0.5:
            rows.remove_widget(self.rng.choice(rows.children))
        else:
            button = Button(size_hint_y=None, height=self.rng.choice([0, 40, 2000]))
            self.stage.overlay.register(button, "twice")
            rows.add_widget(button)


def layers():
    return [x for x in EventLoop.window.children if isinstance(x, OverlayLayer)]


@pytest.mark.parametrize("seed", range(STEPS_IN_ALL // STEPS_OF_ONE))
def test_random_tour_never_raises_nor_keeps_the_apps_touches(stage, caplog, seed):
    rng = random.Random(seed)
    steps = [random_step(rng, number, STEPS_OF_ONE) for number in range(STEPS_OF_ONE)]
    survey = some(rng, SurveyPrompt(question="?"), replace(LONG, texts=(THANKS,)))
    stage.overlay.language = rng.choice(["", "he-IL", "pt-BR"])
    stage.publish(*steps, survey=survey)
    user = RandomUser(stage, rng)
    show = stage.app.show

    def navigate(screen):
        if screen == "no-such-screen":
            raise LookupError(screen)
        show(screen)

    stage.overlay._navigate = navigate
    stage.overlay.run(TOUR)
    wait_for(lambda: stage.client.tutorial(TOUR).config)
    for _ in range(30):
        user.do_something()
        assert len(layers()) <= 1
        if layers():
            assert layers()[0].content is not None, "a layer that shows nothing"

    stage.overlay.close()
    stage.app.show("projects")
    assert layers() == []
    wait_for(lambda: not stage.app.ids.screens.transition.is_active)
    before = stage.app.additions
    tap_widget(stage.app.ids.add)
    assert stage.app.additions == before + 1
    failed = [one.getMessage() for one in caplog.records if "overlay failed" in one.msg]
    assert [one for one in failed if "circle" not in caplog.text] == []
    for event in ("on_touch_up", "on_flip", "on_keyboard"):
        observers = EventLoop.window.get_property_observers(event)
        # Kivy forgets those of a widget that is gone when it tells them next.
        living = [repr(one) for one in observers if not one.is_dead()]
        assert not [one for one in living if "overlay_kivy" in one]
