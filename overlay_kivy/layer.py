"""OverlayLayer: what lies over the app while a step or the survey is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.animation import Animation
from kivy.metrics import dp
from kivy.properties import NumericProperty, ObjectProperty
from kivy.uix.widget import Widget

from client_sdk.contracts.tutorial import Placement
from overlay_kivy.containment import contained
from overlay_kivy.geometry import Rect, Size, card_height_limit, place_card
from overlay_kivy.spotlight.spotlight import Spotlight
from overlay_kivy.survey.sheet import SurveySheet
from overlay_kivy.targets import TargetFollower, visible_rect
from overlay_kivy.theme import Theme
from overlay_kivy.tooltip.tooltip import TooltipCard

__all__ = ["OverlayLayer"]

_SLIDE_DP = 10
#: A card with less height than this is better off in the middle.
_LEAST_CARD_DP = 240


class OverlayLayer(Widget):
    """Scrim, cut-out and card (or sheet) over the whole window.

    While it is in the window it takes every touch, and something is to be seen; while
    there is nothing to show it is not in the window at all.

    :Events:
        `on_target_lost`: the target went away; nothing is shown any more.
    """

    __events__ = ("on_target_lost",)

    theme = ObjectProperty(Theme())
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    progress = NumericProperty(1)
    """How far what is shown has moved in, 0 to 1."""

    def __init__(self, *, fail: Callable[[], None], **kwargs: Any) -> None:
        self.fail = fail
        self.content: Any = None
        self._window: Any = None
        self._target: Any = None
        self._placement = Placement.AUTO
        self._from: Rect | None = None
        self._to: Rect | None = None
        super().__init__(**kwargs)
        self._follower = TargetFollower(self._arrange)
        self.spotlight = Spotlight(theme=self.theme)
        self.add_widget(self.spotlight)
        self.bind(pos=self._follower.notice, size=self._follower.notice)
        self.bind(progress=self._move)

    @property
    def is_shown(self) -> bool:
        """Whether the layer is in a window."""
        return self._window is not None

    def show_card(
        self,
        window: Any,
        card: TooltipCard,
        *,
        target: Any = None,
        placement: Placement = Placement.AUTO,
        seconds: float = 0.0,
    ) -> None:
        """Show a step's card beside its target, or in the middle without one."""
        self._target, self._placement = target, placement
        self._show(window, card, seconds)

    def show_sheet(
        self, window: Any, sheet: SurveySheet, *, seconds: float = 0
    ) -> None:
        """Show the survey at the lower end of the window."""
        self._target = None
        self._show(window, sheet, seconds)

    def hide(self) -> None:
        """Leave the window; touches reach the app again."""
        Animation.cancel_all(self)
        self._follower.stop()
        self._target = self._from = self._to = None
        self._set_content(None)
        if self._window is not None:
            self._window.remove_widget(self)
            self._window = None

    def on_target_lost(self) -> None:
        """Handle the target's going away; does nothing by default."""

    @contained
    def on_touch_down(self, touch: Any) -> bool:
        """Give the touch to the card if it is on it; the app never gets it."""
        touch.ud[self._touch_key] = True
        if self.content is not None and self.content.collide_point(*touch.pos):
            self.content.dispatch("on_touch_down", touch)
        return True

    @contained
    def on_touch_move(self, touch: Any) -> bool:
        """Keep the touches that began here; let those go on that began before."""
        return self._continue("on_touch_move", touch)

    @contained
    def on_touch_up(self, touch: Any) -> bool:
        """Keep the touches that began here; let those end that began before."""
        return self._continue("on_touch_up", touch)

    @property
    def _touch_key(self) -> str:
        return f"tour.{self.uid}"

    def _continue(self, event: str, touch: Any) -> bool:
        if self._touch_key not in touch.ud:
            return False
        if self.content is not None:
            self.content.dispatch(event, touch)
        return True

    def _show(self, window: Any, content: Any, seconds: float) -> None:
        Animation.cancel_all(self)
        self._from = self._to if self.is_shown else None
        is_new = not self.is_shown
        self._set_content(content)
        self._raise(window)
        # Nothing of it may be seen where it does not belong yet.
        self.progress = 0 if seconds else 1
        self.spotlight.opacity = 0 if is_new and seconds else 1
        self._arrange()
        self._follower.notice()
        if seconds:
            animation = Animation(progress=1, duration=seconds, transition="out_cubic")
            animation.start(self)

    def _set_content(self, content: Any) -> None:
        if content is self.content:
            return
        if self.content is not None:
            self.content.unbind(size=self._follower.notice)
            self.remove_widget(self.content)
        self.content = content
        if content is not None:
            content.bind(size=self._follower.notice)
            self.add_widget(content)

    def _raise(self, window: Any) -> None:
        """Become what is drawn last, above anything that has come since."""
        if window.children and window.children[0] is self:
            return
        if self._window is not None:
            self._window.remove_widget(self)
        self._window = window
        window.add_widget(self)

    @contained
    def _arrange(self) -> None:
        """Measure target and card, and put everything in its place."""
        if not self.is_shown:
            return
        self.spotlight.pos, self.spotlight.size = self.pos, self.size
        self._to = self._cut_out()
        if self._target is not None and self._to is None:
            self.hide()
            self.dispatch("on_target_lost")
            return
        self._fit_content()
        self._move()

    def _cut_out(self) -> Rect | None:
        if self._target is None:
            self._follower.follow(None)
            return None
        if self._target.get_root_window() is not self._window:
            return None
        self._follower.follow(self._target)
        seen = visible_rect(self._target, self._window)
        if seen.is_empty:
            return None
        return seen.grown(dp(self.theme.spotlight_padding)).clipped(self._bounds)

    @property
    def _bounds(self) -> Rect:
        return Rect(self.x, self.y, self.width, self.height)

    def _fit_content(self) -> None:
        margin = dp(self.theme.margin)
        if isinstance(self.content, TooltipCard):
            room = max(self.width - 2 * margin, 0)
            self.content.width = min(room, dp(self.theme.card_width))
            self.content.max_height = card_height_limit(
                self._bounds,
                self._to,
                self.content.width,
                margin=margin,
                gap=dp(self.theme.gap),
                least=dp(_LEAST_CARD_DP),
            )
        else:
            self.content.width = min(self.width, dp(self.theme.sheet_width))
            self.content.max_height = self.height - 2 * margin

    def _move(self, *_args: Any) -> None:
        if self.content is None:
            return
        self.spotlight.opacity = max(self.spotlight.opacity, self.progress)
        self.spotlight.hole = self._hole()
        if isinstance(self.content, TooltipCard):
            self._move_card(self.content)
        else:
            self._move_sheet(self.content)

    def _hole(self) -> Rect | None:
        if self._to is None or self.progress >= 1:
            return self._to
        start = self._from or Rect(*self._to.center, 0, 0)
        return start.towards(self._to, self.progress)

    def _move_card(self, card: TooltipCard) -> None:
        placement = place_card(
            self._bounds,
            self._to,
            Size(card.width, card.height),
            self._placement,
            margin=dp(self.theme.margin),
            gap=dp(self.theme.gap),
        )
        card.place(
            placement,
            lift=(1 - self.progress) * dp(_SLIDE_DP),
            text_opacity=self.progress,
        )

    def _move_sheet(self, sheet: SurveySheet) -> None:
        sheet.center_x = self.center_x
        sheet.y = self.y - (1 - self.progress) * sheet.height
