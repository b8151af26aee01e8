"""How everything of the overlay moves: durations, and the spring that they share.

What is shown stands at its goal plus an offset, and the offset springs back to nothing.
So a transition that is interrupted goes on from where things are, at the speed that they
have; a target that moves meanwhile takes its cut-out with it; and all ends in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from typing import Any

from kivy.clock import Clock

from overlay_kivy.containment import contained

__all__ = [
    "FOCUS_DP",
    "LEAVING_SHARE",
    "MOVE_SECONDS",
    "PULSE_SECONDS",
    "RISE_DP",
    "Glide",
    "Motion",
    "Spring",
]

#: How long a card takes to its next place where the app says nothing.
MOVE_SECONDS = 0.28
#: How far below its place a first card appears.
RISE_DP = 10
#: How much larger the first cut-out is when it begins to close in on its target.
FOCUS_DP = 28
#: How long a beacon's ring takes to widen and fade.
PULSE_SECONDS = 1.6
#: The part of a transition in which the old words are gone.
LEAVING_SHARE = 0.5

#: Of a spring that is 99.9 % there when its seconds are over.
_STIFFNESS = 9.2
#: Less than this, in pixels or in thousandths of opacity, nobody sees.
_UNSEEN = 0.4
#: The part of a way whose end nobody sees, for numbers of any unit.
_UNSEEN_SHARE = 0.002
#: A frame that took longer does not let things jump.
_LONGEST_FRAME_SECONDS = 1 / 20


class Spring:
    """Numbers that go to zero without swinging over it."""

    __slots__ = ("_speeds", "unseen", "values")

    def __init__(self, count: int, *, unseen: float = _UNSEEN) -> None:
        self.values = (0.0,) * count
        self.unseen = unseen
        self._speeds = (0.0,) * count

    @property
    def rests(self) -> bool:
        """Whether it is at zero."""
        return not any(self.values)

    def pull(self, *values: float) -> None:
        """Go on from these values at the speed that it has."""
        self.values = values

    def shift(self, *by: float) -> None:
        """Move the values at once."""
        self.values = tuple(a + b for a, b in zip(self.values, by, strict=True))

    def release(self) -> None:
        """Be at zero at once."""
        self.values = self._speeds = (0.0,) * len(self.values)

    def advance(self, seconds: float, rate: float) -> None:
        """Let time pass; exact for any number of seconds (critical damping)."""
        decay = exp(-rate * seconds)
        values, speeds = [], []
        for value, speed in zip(self.values, self._speeds, strict=True):
            drive = speed + rate * value
            values.append((value + drive * seconds) * decay)
            speeds.append((speed - rate * drive * seconds) * decay)
        self.values, self._speeds = tuple(values), tuple(speeds)
        least = self.unseen
        if all(
            abs(value) < least and abs(speed) < least * rate
            for value, speed in zip(values, speeds, strict=True)
        ):
            self.release()


class Motion:
    """The offsets of what a layer shows; one clock event drives them while any is left.

    ``on_frame`` is called in every frame while something moves, and once when all is in
    its place.
    """

    def __init__(self, on_frame: Callable[[], None]) -> None:
        self._on_frame = on_frame
        self._seconds = 0.0
        self._is_first_frame = False
        self._event = Clock.create_trigger(self._advance, 0, interval=True)
        #: Left, lower, right and upper edge of the cut-out, and its radius.
        self.hole = Spring(5)
        #: x and y of the card.
        self.card = Spring(2)
        #: Width and height of the card's surface.
        self.surface = Spring(2)
        #: Opacity of the scrim.
        self.scrim = Spring(1, unseen=0.002)
        #: Opacity of what the content says.
        self.content = Spring(1, unseen=0.002)
        #: What is still to be seen of something that leaves, 1 to 0.
        self.presence = Spring(1, unseen=0.002)
        self._springs = (
            *(self.hole, self.card, self.surface),
            *(self.scrim, self.content, self.presence),
        )

    @property
    def is_still(self) -> bool:
        """Whether everything is in its place."""
        return all(spring.rests for spring in self._springs)

    def start(self, seconds: float) -> None:
        """Let every offset go back to nothing in about ``seconds``; at once if that is 0."""
        self._seconds = seconds
        if seconds <= 0 or self.is_still:
            self.stop()
        else:
            # Nothing moves before what has come was laid out: sizes are not known yet.
            self._is_first_frame = True
            self._event()

    def stop(self) -> None:
        """Put everything in its place."""
        self._event.cancel()
        for spring in self._springs:
            spring.release()

    def _advance(self, dt: float) -> None:
        passed = 0.0 if self._is_first_frame else min(dt, _LONGEST_FRAME_SECONDS)
        self._is_first_frame = False
        for spring in self._springs:
            if not spring.rests:
                spring.advance(passed, _STIFFNESS / self._seconds)
        if self.is_still:
            self._event.cancel()
        self._on_frame()


class Glide:
    """Properties of widgets that go to new values; one clock event drives them all.

    ``on_rest`` is called when all have arrived, ``fail`` after a failure that was logged.
    """

    def __init__(
        self, *, on_rest: Callable[[], None], fail: Callable[[], None]
    ) -> None:
        self.fail = fail
        self._on_rest = on_rest
        self._seconds = 0.0
        self._ways: dict[tuple[Any, str], tuple[float, Spring]] = {}
        self._event = Clock.create_trigger(self._advance, 0, interval=True)

    def to(self, seconds: float, widget: Any, **goals: float) -> None:
        """Let properties of a widget go to these values; at once if that takes no time.

        One that is on its way goes on from where it is, at the speed that it has.
        """
        widget = widget.__self__  # what `ids` holds is a proxy
        for name, goal in goals.items():
            _, spring = self._ways.pop((widget, name), (0.0, Spring(1)))
            way = getattr(widget, name) - goal
            if seconds <= 0 or not way:
                setattr(widget, name, goal)
                continue
            spring.unseen = abs(way) * _UNSEEN_SHARE
            spring.pull(way)
            self._ways[widget, name] = goal, spring
            self._seconds = seconds
            self._event()

    def finish(self) -> None:
        """Put everything where it goes, at once and without a word."""
        self._event.cancel()
        ways, self._ways = self._ways, {}
        for (widget, name), (goal, _) in ways.items():
            setattr(widget, name, goal)

    @contained
    def _advance(self, dt: float) -> None:
        passed = min(dt, _LONGEST_FRAME_SECONDS)
        for (widget, name), (goal, spring) in tuple(self._ways.items()):
            spring.advance(passed, _STIFFNESS / self._seconds)
            if spring.rests:
                del self._ways[widget, name]
            setattr(widget, name, goal + spring.values[0])
        if not self._ways:
            self._event.cancel()
            self._on_rest()
