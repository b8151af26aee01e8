"""LayerTouches: which touches are the overlay's, and which are the app's."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.uix.widget import Widget

from overlay_kivy.containment import contained

__all__ = ["LayerTouches"]

#: A finger that went further than this did not tap.
_TAP_DP = 20


class LayerTouches(Widget):
    """Sorts touches, each from its beginning to its end.

    A touch belongs to whom it began with: what began before the layer came ends in the
    app, and what began on the layer never gets there.

    :Events:
        `on_target_tap`: the target was tapped, whether or not the app got the tap.
    """

    __events__ = ("on_target_tap",)

    content: Any = None

    @property
    def is_shown(self) -> bool:
        """Whether there is something that may take a touch."""
        raise NotImplementedError

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # After the app had the touch: what it does upon that comes first.
        self._tell_of_tap = Clock.create_trigger(self._dispatch_tap, -1)

    def takes(self, x: float, y: float) -> bool:
        """Tell whether a touch that begins here, beside the content, is kept."""
        raise NotImplementedError

    def is_on_target(self, x: float, y: float) -> bool:
        """Tell whether a part of the target can be seen here."""
        raise NotImplementedError

    def on_target_tap(self) -> None:
        """Handle a tap on the target; does nothing by default."""

    @contained
    def on_touch_down(self, touch: Any) -> bool:
        """Give the touch to the content if it is on it, else to the app or to nobody."""
        if not self.is_shown:
            return False
        if self.content is not None and self.content.collide_point(*touch.pos):
            touch.ud[self._touch_key] = True
            self.content.dispatch("on_touch_down", touch)
            return True
        if self.is_on_target(*touch.pos) and not touch.is_mouse_scrolling:
            touch.ud[self._tap_key] = True
        if not self.takes(*touch.pos):
            return False
        touch.ud[self._touch_key] = True
        return True

    @contained
    def on_touch_move(self, touch: Any) -> bool:
        """Keep the touches that began here; let the app's go on."""
        return self._continue("on_touch_move", touch)

    @contained
    def on_touch_up(self, touch: Any) -> bool:
        """Keep the touches that began here; let the app's end."""
        if self._tap_key in touch.ud and self._is_tap(touch):
            self._tell_of_tap()
        return self._continue("on_touch_up", touch)

    @property
    def _touch_key(self) -> str:
        return f"tour.{self.uid}"

    @property
    def _tap_key(self) -> str:
        return f"tour-tap.{self.uid}"

    def _is_tap(self, touch: Any) -> bool:
        way = max(abs(touch.x - touch.ox), abs(touch.y - touch.oy))
        return way <= dp(_TAP_DP) and self.is_on_target(*touch.pos)

    def _continue(self, event: str, touch: Any) -> bool:
        if self._touch_key not in touch.ud:
            return False
        if self.content is not None and self.is_shown:
            self.content.dispatch(event, touch)
        return True

    @contained
    def _dispatch_tap(self, _dt: float) -> None:
        self.dispatch("on_target_tap")
