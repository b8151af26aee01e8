"""docs/overlay.md tells the truth, and all of it."""

from __future__ import annotations

import functools
import re
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kivy.base import EventLoop
from kivy.uix.widget import Widget

from client_sdk import TutorialClient
from client_sdk.testing import FakeServer, memory_client
from overlay_kivy import (
    CloseReason,
    Labels,
    StepError,
    StepTrouble,
    Theme,
    TutorialOverlay,
    testing,
)
from overlay_kivy.events import OverlayEvents
from overlay_kivy.layer import OverlayLayer
from overlay_kivy.targets import rect_of
from overlay_kivy.testing import mount, resize_window, wait_for
from tests.overlay_kivy.tours import TOUR, make_step, make_tour

PAGE = (Path(__file__).parents[2] / "docs/overlay.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


def example(words):
    """Return the one example of the page that has these words."""
    (found,) = (one for one in EXAMPLES if words in one)
    return found


def own_names(cls):
    return [name for name in vars(cls) if not name.startswith("_")]


#: Some are names of two things.
NAMES = dict.fromkeys(
    [
        *own_names(OverlayEvents),
        *(name for name in own_names(TutorialOverlay) if name != "fail"),
        *(field.name for field in fields(StepError)),
        *StepTrouble,
        *(field.name for field in fields(Theme)),
        *(field.name for field in fields(Labels)),
        *CloseReason,
        *(name for name in testing.__all__ if name != "TouchProvider"),
    ]
)


@pytest.mark.parametrize("name", NAMES)
def test_everything_public_is_on_the_page(name):
    assert re.search(rf"`[^`]*\b{name}\b[^`]*`", PAGE)


@pytest.mark.parametrize("name", ["target_wait_seconds", "motion_seconds"])
def test_defaults_on_the_page_are_those_of_the_code(name):
    default = getattr(OverlayEvents, name).defaultvalue

    assert f"| `{name}` | {default} |" in PAGE


@pytest.mark.gui
def test_example_of_embedding_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    server = FakeServer(
        make_tour(make_step("new", target="new-project", screen="projects"))
    )
    namespace: dict[str, Any] = {"__name__": "example"}
    exec(example("class NotesApp"), namespace)
    namespace["TutorialClient"] = functools.partial(TutorialClient, transport=server)
    resize_window(420, 860)

    app = namespace["NotesApp"]()
    app.root = app.build()
    with mount(app.root):
        app.on_start()
        wait_for(lambda: app.overlay.is_open)
        app.on_resume()
        button = app.root.current_screen.children[0]
        layer = next(
            x for x in EventLoop.window.children if isinstance(x, OverlayLayer)
        )
        spotlight = layer.spotlight
        wait_for(lambda: spotlight.hole.contains(rect_of(button)))

        assert app.overlay.session.tutorial_id == TOUR
        app.on_stop()


def test_example_of_the_systems_settings_runs():
    namespace: dict[str, Any] = {}
    exec(example("system_settings"), namespace)

    assert isinstance(namespace["theme"], Theme)
    assert isinstance(namespace["still"], bool)


def test_example_of_a_theme_runs():
    namespace: dict[str, Any] = {}
    exec(example("card_radius"), namespace)

    assert namespace["theme"].card_radius == 12
    assert namespace["labels"].done == "Fertig"


@pytest.mark.gui
def test_example_of_conditions_hooks_and_events_runs(stage):
    app = SimpleNamespace(team=["Amara"], open_menu=lambda step: None)

    exec(example("overlay.hooks"), {"overlay": stage.overlay, "app": app})

    assert stage.overlay.conditions["has_team"]() is True
    assert stage.overlay.hooks["open_menu"] is app.open_menu


@pytest.mark.gui
def test_example_of_a_checklist_runs(stage):
    namespace: dict[str, Any] = {"overlay": stage.overlay}

    exec(example("Checklist("), namespace)

    with mount(namespace["checklist"]):
        assert len(namespace["checklist"].items) == 2


@pytest.mark.gui
def test_example_of_an_apps_own_test_runs():
    client = memory_client(FakeServer(make_tour(make_step("one"), make_step("two"))))
    namespace: dict[str, Any] = {
        **{name: getattr(testing, name) for name in testing.__all__},
        "TutorialOverlay": TutorialOverlay,
        "client": client,
        "app": SimpleNamespace(build=Widget),
    }
    # The content is there at the second start, as with every app.
    client.tutorial(TOUR)
    client.flush()

    exec(example("with mount"), namespace)

    assert namespace["overlay"].current_step.id == "two"
    namespace["overlay"].close()
    client.close()
