"""The studio: the demo app in a window, a tour over it, and a camera."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kivy.base import EventLoop
from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels
from kivy.metrics import Metrics
from kivy.resources import resource_add_path, resource_remove_path
from PIL import Image, ImageDraw

from client_sdk import Step, SurveyPrompt, TutorialConfig
from client_sdk.testing import FakeServer, memory_client
from demo_app.app import DemoSettings, KaziApp
from demo_app.gallery.pictures import PHONE, Picture
from overlay_kivy import TutorialOverlay
from overlay_kivy.testing import (
    advance_frames,
    mount,
    resize_window,
    tap_widget,
    wait_for,
)
from overlay_kivy.theme import THEMES

__all__ = ["capture", "find_control", "open_app", "render", "touring"]

_TOUR = "gallery"
#: Has Hebrew, which Kivy's own Roboto lacks; comes with Kivy.
_RTL_FONT = "data/fonts/DejaVuSans.ttf"
#: Frames in which layout, fades and textures come to rest.
_SETTLE_FRAMES = 6


def render(picture: Picture, app: KaziApp) -> Image.Image:
    """Show a picture's step over the app, and photograph the window."""
    theme = THEMES[picture.theme]
    if picture.is_rtl:
        theme = replace(theme, font_name=_RTL_FONT)
    with touring(
        app,
        # Not alone, so that the card shows how far one is.
        _other("before", picture.step),
        picture.step,
        _other("after", picture.step),
        survey=picture.survey,
        theme=theme,
        language=picture.language,
        reduced_motion=True,
    ) as overlay:
        overlay.next()
        advance_frames(_SETTLE_FRAMES)
        for name in picture.taps:
            tap_widget(find_control(overlay, name))
            advance_frames(_SETTLE_FRAMES)
        return capture()


@contextmanager
def open_app(size: tuple[int, int] = PHONE, *, scale: float = 1.0) -> Iterator[KaziApp]:
    """Open the demo app in a window of a size in pixels; ``scale`` is its text's."""
    before = Metrics.fontscale
    Metrics.fontscale = scale
    resize_window(*size)
    with tempfile.TemporaryDirectory(prefix="gallery-") as folder:
        _draw_image(Path(folder))
        resource_add_path(folder)
        settings = DemoSettings(server="http://kazi.invalid", storage=Path(folder))
        app = KaziApp(settings, network=FakeServer())
        try:
            with mount(app.build()):
                app.on_start()
                advance_frames(_SETTLE_FRAMES)
                yield app
        finally:
            app.on_stop()
            resource_remove_path(folder)
            Metrics.fontscale = before


@contextmanager
def touring(
    app: KaziApp, *steps: Step, survey: SurveyPrompt | None = None, **properties: Any
) -> Iterator[TutorialOverlay]:
    """Run a tour of these steps over the app, with an overlay of these properties."""
    config = TutorialConfig(
        tutorial_id=_TOUR,
        version=1,
        persona="newbie",
        variant="control",
        steps=steps,
        survey=survey,
        expires=datetime.now(UTC) + timedelta(hours=1),
    )
    client = memory_client(FakeServer(config))
    overlay = TutorialOverlay(client, navigate=app.shell.go_to, **properties)
    try:
        overlay.run(_TOUR)
        client.flush()
        wait_for(lambda: overlay.is_open)
        yield overlay
    finally:
        overlay.close()
        client.close()


def find_control(overlay: TutorialOverlay, name: str) -> Any:
    """Return a control that is shown; LookupError if there is none."""
    control = overlay.control(name)
    if control is None:
        raise LookupError(f"the overlay shows no control {name!r}")
    return control


def capture() -> Image.Image:
    """Return what the window shows."""
    window = EventLoop.window
    # Into the back buffer, where it can be read; what was shown has been swapped away.
    window.dispatch("on_draw")
    width, height = window.size
    pixels = glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE)
    image = Image.frombytes("RGB", (width, height), bytes(pixels))
    return image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)


def _other(name: str, step: Step) -> Step:
    return Step(id=name, title=name.title(), screen=step.screen)


def _draw_image(folder: Path) -> None:
    """Draw the picture that a step shows: a calm scene in the app's colours."""
    image = Image.new("RGB", (960, 480), "#E0E7FF")
    draw = ImageDraw.Draw(image)
    draw.ellipse((640, 70, 800, 230), fill="#FDBA74")
    draw.polygon([(0, 480), (280, 170), (560, 480)], fill="#818CF8")
    draw.polygon([(300, 480), (610, 230), (960, 480)], fill="#4F46E5")
    image.save(folder / "gallery.png")
