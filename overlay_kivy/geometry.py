"""Where the scrim, the cut-out and the card stand: pure arithmetic, no Kivy.

Coordinates are Kivy's: pixels, the origin at the lower left, y growing upwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from client_sdk.contracts.step import Placement

__all__ = [
    "CardPlacement",
    "Rect",
    "Size",
    "beacon_center",
    "card_height_limit",
    "place_card",
    "pointed_at",
    "scrim_strips",
    "whole_lines",
]

_OPPOSITE = {
    Placement.TOP: Placement.BOTTOM,
    Placement.BOTTOM: Placement.TOP,
    Placement.LEFT: Placement.RIGHT,
    Placement.RIGHT: Placement.LEFT,
}


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Rect:
    """An upright rectangle; ``x`` and ``y`` are its lower left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of the right edge."""
        return self.x + self.width

    @property
    def top(self) -> float:
        """The y of the upper edge."""
        return self.y + self.height

    @property
    def center(self) -> tuple[float, float]:
        """The point in the middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it can be seen."""
        return self.width <= 0 or self.height <= 0

    @classmethod
    def around(cls, points: list[tuple[float, float]]) -> Rect:
        """Return the smallest rectangle that holds every point (at least one)."""
        xs, ys = zip(*points, strict=True)
        return cls(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))

    @classmethod
    def enclosing(cls, rects: list[Rect]) -> Rect:
        """Return the smallest rectangle that holds every other (at least one)."""
        ends = [((one.x, one.y), (one.right, one.top)) for one in rects]
        return cls.around([point for pair in ends for point in pair])

    def holds(self, x: float, y: float) -> bool:
        """Tell whether a point lies within, edges included."""
        return self.x <= x <= self.right and self.y <= y <= self.top

    def grown(self, by: float) -> Rect:
        """Return the rectangle with every edge moved outwards (inwards if negative)."""
        return Rect(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)

    def moved(self, x: float, y: float) -> Rect:
        """Return a rectangle of the same size so far to the right and up."""
        return Rect(self.x + x, self.y + y, self.width, self.height)

    def clipped(self, to: Rect) -> Rect:
        """Return the part inside another rectangle; empty, and inside, if there is none."""
        x = min(max(self.x, to.x), to.right)
        y = min(max(self.y, to.y), to.top)
        right, top = min(self.right, to.right), min(self.top, to.top)
        return Rect(x, y, max(0.0, right - x), max(0.0, top - y))

    def pushed_into(self, other: Rect) -> Rect:
        """Return the rectangle moved into another, as far as it fits there."""
        x = min(max(self.x, other.x), max(other.right - self.width, other.x))
        y = min(max(self.y, other.y), max(other.top - self.height, other.y))
        return Rect(x, y, self.width, self.height)

    def overlaps(self, other: Rect) -> bool:
        """Tell whether the two share more than an edge."""
        return not self.clipped(other).is_empty

    def contains(self, other: Rect) -> bool:
        """Tell whether the other lies within, edges included."""
        return (
            other.x >= self.x
            and other.y >= self.y
            and other.right <= self.right
            and other.top <= self.top
        )

    def rounded(self) -> Rect:
        """Return the rectangle on whole pixels, so that its edges are crisp."""
        x, y = round(self.x), round(self.y)
        return Rect(x, y, round(self.right) - x, round(self.top) - y)

    def towards(self, other: Rect, progress: float) -> Rect:
        """Return the rectangle between this one (0) and the other (1)."""
        return Rect(
            self.x + (other.x - self.x) * progress,
            self.y + (other.y - self.y) * progress,
            self.width + (other.width - self.width) * progress,
            self.height + (other.height - self.height) * progress,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPlacement:
    """Where the card's lower left corner goes.

    ``side`` is the side of the target on which the card stands, ``CENTER`` when it
    stands by itself.  ``arrow`` is how far along the card's facing edge the arrow
    points, in pixels from its left or lower end, as far as the card reaches; None when
    there is no arrow.
    """

    x: float
    y: float
    side: Placement
    arrow: float | None = None


@dataclass(frozen=True, slots=True)
class _Spacing:
    margin: float
    gap: float
    inset: float


def place_card(  # noqa: PLR0913 - everything that decides about a place
    window: Rect,
    target: Rect | None,
    card: Size,
    preferred: Placement = Placement.AUTO,
    *,
    margin: float = 0.0,
    gap: float = 0.0,
    inset: float = 0.0,
    is_rtl: bool = False,
) -> CardPlacement:
    """Return where a card of this size stands best beside its target.

    The preferred side wins if it has room, then its opposite, then the others; where no
    side has room the card stands at the lower or upper end of the window, where it hides
    least, and where there is no target in the middle.  A card
    that fits the window never leaves it, and beside a target never covers it.

    ``margin`` is kept free along the window's edges while there is space, ``gap`` between
    card and target; the arrow stands at least ``inset`` from the card's corners, for
    which a card may give up its margin; pixels.  Where ``is_rtl``, lines begin on the right: ``START`` is
    that side, and ``END`` the left one.
    """
    if target is not None and preferred is not Placement.CENTER:
        for side in _order(preferred, is_rtl):
            if _has_room(side, window, target, card, gap + margin):
                return _beside(side, window, target, card, _Spacing(margin, gap, inset))
    x, y = window.center
    placement = CardPlacement(
        x=_clamp(x - card.width / 2, card.width, window.x, window.right, margin),
        y=_clamp(y - card.height / 2, card.height, window.y, window.top, margin),
        side=Placement.CENTER,
    )
    if target is None or preferred is Placement.CENTER:
        return placement
    return replace(placement, y=_least_hiding(window, target, card, margin))


def card_height_limit(
    window: Rect,
    target: Rect | None,
    card_width: float,
    *,
    margin: float,
    gap: float,
    least: float,
) -> float:
    """Return how tall a card may grow before its text should scroll instead.

    As tall as the window allows, unless that would push the card onto its target: then
    as tall as the roomier of above and below, if that is at least ``least``.
    """
    whole = max(window.height - 2 * margin, 0.0)
    if target is None or window.width < card_width:
        return whole
    across = max(target.x - window.x, window.right - target.right)
    if across >= card_width + gap + margin:
        return whole
    along = max(target.y - window.y, window.top - target.top) - gap - margin
    return min(along, whole) if along >= least else whole


def beacon_center(
    window: Rect, target: Rect, beacon: Size, *, is_rtl: bool = False
) -> tuple[float, float]:
    """Return where the middle of a beacon goes: the target's upper corner at a line's end.

    A beacon that fits the window is whole in it.
    """
    corner = target.x if is_rtl else target.right
    x = _clamp(corner - beacon.width / 2, beacon.width, window.x, window.right, 0.0)
    y = _clamp(target.top - beacon.height / 2, beacon.height, window.y, window.top, 0.0)
    return x + beacon.width / 2, y + beacon.height / 2


def pointed_at(side: Placement, card: Rect, target: Rect) -> float:
    """Return where on the card's facing edge the arrow is, wherever the two are now."""
    if _is_upright(side):
        return min(max(target.center[0] - card.x, 0.0), card.width)
    return min(max(target.center[1] - card.y, 0.0), card.height)


def whole_lines(height: float, room: float, above: float, line: float) -> float:
    """Return how much of a text is shown: all of it, or as many whole lines as there is room.

    ``above`` is what stands above its first line, and all that is shown where there is
    room for no line.  Where not even that fits, what does.
    """
    least = above or line
    if height <= room or line <= 0 or room < least:
        return min(height, room)
    return above + (room - above) // line * line


def scrim_strips(window: Rect, hole: Rect) -> tuple[Rect, Rect, Rect, Rect]:
    """Return the strips left of, right of, below and above a hole.

    Together with the hole they cover the window, and they do not overlap: a pixel
    darkened twice would show as a seam.
    """
    hole = hole.clipped(window)
    return (
        Rect(window.x, window.y, hole.x - window.x, window.height),
        Rect(hole.right, window.y, window.right - hole.right, window.height),
        Rect(hole.x, window.y, hole.width, hole.y - window.y),
        Rect(hole.x, hole.top, hole.width, window.top - hole.top),
    )


def _order(preferred: Placement, is_rtl: bool) -> list[Placement]:
    start, end = Placement.LEFT, Placement.RIGHT
    if is_rtl:
        start, end = end, start
    # Below first: the eye reads on from the target.  Beside it only where neither fits,
    # because phones are narrow.
    ranked = [Placement.BOTTOM, Placement.TOP, end, start]
    if preferred is Placement.AUTO:
        return ranked
    wish = {Placement.START: start, Placement.END: end}.get(preferred, preferred)
    first = [wish, _OPPOSITE[wish]]
    return first + [side for side in ranked if side not in first]


def _is_upright(side: Placement) -> bool:
    return side in (Placement.TOP, Placement.BOTTOM)


def _has_room(
    side: Placement,
    window: Rect,
    target: Rect,
    card: Size,
    clearance: float,
) -> bool:
    free = {
        Placement.TOP: window.top - target.top,
        Placement.BOTTOM: target.y - window.y,
        Placement.LEFT: target.x - window.x,
        Placement.RIGHT: window.right - target.right,
    }[side]
    if _is_upright(side):
        return free >= card.height + clearance and window.width >= card.width
    return free >= card.width + clearance and window.height >= card.height


def _beside(
    side: Placement,
    window: Rect,
    target: Rect,
    card: Size,
    spacing: _Spacing,
) -> CardPlacement:
    gap = spacing.gap
    if _is_upright(side):
        bounds, span = (window.x, window.right), (target.x, target.right)
        x, arrow = _along(span, card.width, bounds, spacing)
        y = target.top + gap if side is Placement.TOP else target.y - gap - card.height
    else:
        bounds, span = (window.y, window.top), (target.y, target.top)
        y, arrow = _along(span, card.height, bounds, spacing)
        rightwards = side is Placement.RIGHT
        x = target.right + gap if rightwards else target.x - gap - card.width
    return CardPlacement(x=x, y=y, side=side, arrow=arrow)


def _least_hiding(window: Rect, target: Rect, card: Size, margin: float) -> float:
    """Return how high a card stands that hides the least of its target: low, or high."""
    low, high = (
        _clamp(y, card.height, window.y, window.top, margin)
        for y in (window.y, window.top - card.height)
    )
    is_above = target.center[1] < window.center[1]
    return high if is_above else low


def _along(
    span: tuple[float, float],
    length: float,
    bounds: tuple[float, float],
    spacing: _Spacing,
) -> tuple[float, float | None]:
    """Return where a card begins along its target's span, and where on it the arrow is.

    The card is centred on the span as far as the window's bounds let it be.
    """
    start, end = span
    middle = (start + end) / 2
    inset = min(spacing.inset, length / 2)
    grip = min(inset / 2, (end - start) / 2)
    position = _clamp(middle - length / 2, length, *bounds, spacing.margin)
    # At the window's edge the margin may go, or the arrow would miss a small target.
    position = min(position, max(end - grip - inset, bounds[0]))
    position = max(position, min(start + grip + inset, bounds[1]) - length)
    arrow = min(max(middle - position, inset), length - inset)
    is_on_it = start <= position + arrow <= end
    return position, arrow if is_on_it else None


def _clamp(
    position: float, length: float, low: float, high: float, margin: float
) -> float:
    """Keep a stretch between two bounds; at ``low`` when it is longer than they allow.

    The buttons are at the card's lower end: of a card that is too tall for its window
    that end must stay in reach.
    """
    free = high - low - length
    if free <= 0:
        return low
    margin = min(margin, free / 2)
    return min(max(position, low + margin), high - margin - length)
