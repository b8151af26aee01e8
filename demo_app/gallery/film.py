"""The animated picture: the cut-out and its card move from target to target."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kivy.clock import Clock
from PIL import Image, ImageDraw

from demo_app.gallery.pictures import PHONE, morph_steps
from demo_app.gallery.studio import capture, find_control, open_app, touring
from overlay_kivy import TutorialOverlay
from overlay_kivy.testing import advance_frames, tap_widget

__all__ = ["Film", "shoot"]

#: Of the picture; Kivy's clock goes on twice as often.
_FRAME_SECONDS = 0.04
_FRAMES_OF_MOTION = 16
_REST_SECONDS = 1.4
_FINGER_SECONDS = 0.24
#: The lower part of the window shows nothing that moves.
_CROP = (0, 0, PHONE[0], 690)
_WIDTH = 280
_COLORS = 64


@dataclass
class Film:
    """Frames, and how long each is shown, in milliseconds."""

    frames: list[Image.Image] = field(default_factory=list)
    durations: list[int] = field(default_factory=list)

    def add(self, image: Image.Image, seconds: float) -> None:
        """Append what the window shows."""
        image = image.crop(_CROP)
        height = round(image.height * _WIDTH / image.width)
        small = image.resize((_WIDTH, height), Image.Resampling.LANCZOS)
        self.frames.append(small)
        self.durations.append(round(seconds * 1000))

    def save(self, path: Path) -> None:
        """Write a GIF that runs for ever, all frames in the colours of one palette."""
        strip = Image.new("RGB", (_WIDTH, sum(one.height for one in self.frames)))
        top = 0
        for frame in self.frames:
            strip.paste(frame, (0, top))
            top += frame.height
        palette = strip.quantize(_COLORS, method=Image.Quantize.FASTOCTREE)
        first, *others = (
            one.quantize(palette=palette, dither=Image.Dither.NONE)
            for one in self.frames
        )
        first.save(
            path,
            save_all=True,
            append_images=others,
            duration=self.durations,
            loop=0,
            optimize=True,
        )


def shoot() -> Film:
    """Step through a tour of three targets, and film it."""
    film = Film()
    steps = morph_steps()
    with (
        open_app(PHONE) as app,
        touring(app, *steps) as overlay,
        _slow_motion() as tick,
    ):
        for _ in range(_FRAMES_OF_MOTION * 2):
            tick()
        for _ in steps[1:]:
            film.add(capture(), _REST_SECONDS)
            film.add(_with_finger(capture(), overlay), _FINGER_SECONDS)
            tap_widget(find_control(overlay, "next"))
            for _ in range(_FRAMES_OF_MOTION):
                tick()
                film.add(capture(), _FRAME_SECONDS)
    return film


def _with_finger(image: Image.Image, overlay: TutorialOverlay) -> Image.Image:
    """Draw where the button is touched."""
    button = find_control(overlay, "next")
    x, y = button.to_window(*button.center)
    top, radius = image.height - y, 17
    shade = Image.new("RGBA", image.size)
    ImageDraw.Draw(shade).ellipse(
        (x - radius, top - radius, x + radius, top + radius),
        fill=(255, 255, 255, 150),
        outline=(20, 20, 40, 160),
        width=2,
    )
    return Image.alpha_composite(image.convert("RGBA"), shade).convert("RGB")


@contextmanager
def _slow_motion() -> Iterator[Callable[[], None]]:
    """Yield what lets a frame of the film pass, for Kivy, however long it takes to draw."""
    now = Clock.time()

    def tick() -> None:
        nonlocal now
        for _ in range(2):
            now += _FRAME_SECONDS / 2
            advance_frames(1)

    # Kivy would wait for the next frame's time, which comes by tick() alone.
    Clock.time, frames_per_second = lambda: now, Clock._max_fps  # noqa: SLF001
    Clock._max_fps = 0  # noqa: SLF001
    try:
        yield tick
    finally:
        del Clock.time
        Clock._max_fps = frames_per_second  # noqa: SLF001
