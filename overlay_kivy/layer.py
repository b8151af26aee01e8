"""OverlayLayer: what lies over the app while a step or the survey is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kivy.metrics import dp
from kivy.properties import ObjectProperty

from client_sdk.contracts.step import Placement
from overlay_kivy.choreography import Choreography
from overlay_kivy.containment import contained
from overlay_kivy.follower import TargetFollower
from overlay_kivy.geometry import Rect
from overlay_kivy.layer_touches import LayerTouches
from overlay_kivy.places import visible_rect
from overlay_kivy.recycled import Anchor
from overlay_kivy.scenes import Banner, Beacon, Card, Scene, Sheet
from overlay_kivy.smooth_lines import keep_smooth_lines
from overlay_kivy.spotlight.spotlight import Spotlight
from overlay_kivy.theme import Theme

__all__ = ["OverlayLayer"]


class OverlayLayer(LayerTouches):
    """Scrim, cut-out and card (or sheet, banner, beacon) over the whole window.

    While it is in the window something is to be seen, and it takes no touch that is not
    on that or on the scrim; while there is nothing to show it is not in the window.  Of
    one that fades away every touch is the app's.

    :Events:
        `on_target_lost`: the target went away; nothing is shown any more.
        `on_target_tap`: the target was tapped, whether or not the app got the tap.
    """

    __events__ = ("on_target_lost",)

    theme = ObjectProperty(Theme())
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    def __init__(self, *, fail: Callable[[], None], **kwargs: Any) -> None:
        self._tell_failure = fail
        self._is_leaving = False
        self._window: Any = None
        self._scene: Scene | None = None
        self._targets: list[Anchor] = []
        self._target_rects: list[Rect] = []
        self._padding: float | None = None
        self._lets_through = False
        self._hole: Rect | None = None
        super().__init__(**kwargs)
        keep_smooth_lines()
        self._follower = TargetFollower(self._arrange)
        self.spotlight = Spotlight(theme=self.theme)
        self.bind(theme=self.spotlight.setter("theme"))
        self.add_widget(self.spotlight)
        self._choreography = Choreography(self, self.spotlight, self.fail)
        self.bind(pos=self._follower.notice, size=self._follower.notice)

    @property
    def is_shown(self) -> bool:
        """Whether the layer is in a window, and stays there."""
        return self._window is not None and not self._is_leaving

    @property
    def is_moving(self) -> bool:
        """Whether something of it is not in its place yet."""
        return self._choreography.is_moving

    @property
    def bounds(self) -> Rect:
        """Its own place."""
        return Rect(self.x, self.y, self.width, self.height)

    def show_card(  # noqa: PLR0913 - a step says that much of its place
        self,
        window: Any,
        card: Any,
        *,
        target: Any = None,
        extra_targets: Sequence[Any] = (),
        placement: Placement = Placement.AUTO,
        padding: float | None = None,
        radius: float | None = None,
        lets_through: bool = False,
        seconds: float = 0.0,
        is_rtl: bool = False,
    ) -> None:
        """Show a step's card beside its target, or in the middle without one.

        The spotlight holds ``extra_targets``, too, as far as they can be seen. ``padding``
        and ``radius`` are dp, the theme's where None.  With ``lets_through`` touches that
        begin in the cut-out are the app's.
        """
        self._padding, self._lets_through = padding, lets_through
        scene = Card(content=card, theme=self.theme, placement=placement, is_rtl=is_rtl)
        targets = [] if target is None else [target, *extra_targets]
        self._show(window, scene, targets, seconds, radius)

    def show_sheet(self, window: Any, sheet: Any, *, seconds: float = 0) -> None:
        """Show the survey at the lower end of the window."""
        self._show(window, Sheet(content=sheet, theme=self.theme), [], seconds)

    def show_banner(
        self, window: Any, banner: Any, *, at_top: bool = False, seconds: float = 0
    ) -> None:
        """Show a strip at the window's upper or lower end; the app gets other touches."""
        scene = Banner(content=banner, theme=self.theme, at_top=at_top)
        self._show(window, scene, [], seconds)

    def show_beacon(
        self,
        window: Any,
        beacon: Any,
        *,
        target: Any,
        seconds: float = 0,
        is_rtl: bool = False,
    ) -> None:
        """Show a mark on a target; the app gets every touch that is not on the mark."""
        self._padding = 0
        scene = Beacon(content=beacon, theme=self.theme, is_rtl=is_rtl)
        self._show(window, scene, [target], seconds)

    def hide(self) -> None:
        """Leave the window at once; touches reach the app again."""
        self._let_go()
        self._choreography.end()
        self._set_content(None)
        self._is_leaving = False
        if self._window is not None:
            self._window.remove_widget(self)
            self._window = None

    def leave(self, seconds: float) -> None:
        """Fade out of the window; touches reach the app again from now on."""
        if not self.is_shown:
            return
        self._is_leaving = True
        self._let_go()
        self.content.unbind(size=self._follower.notice)
        self._choreography.leave(seconds, self.hide)

    def fail(self) -> None:
        """Tell of a failure that was logged; one that only fades is gone then."""
        if self._is_leaving:
            self.hide()
        else:
            self._tell_failure()

    def _let_go(self) -> None:
        """Follow nothing, and light nothing that could be tapped."""
        self._follower.stop()
        self._tell_of_tap.cancel()
        self._targets, self._target_rects = [], []
        self._scene = self._hole = None

    def on_target_lost(self) -> None:
        """Handle the target's going away; does nothing by default."""

    def takes(self, x: float, y: float) -> bool:
        """Tell whether a touch that begins here, beside the content, is kept."""
        if self._scene is None or not self._scene.has_scrim:
            return False
        hole = self._hole if self._lets_through else None
        return hole is None or not hole.holds(x, y)

    def is_on_target(self, x: float, y: float) -> bool:
        """Tell whether a part of the target can be seen here."""
        return any(rect.holds(x, y) for rect in self._target_rects)

    def _show(
        self,
        window: Any,
        scene: Scene,
        targets: list[Any],
        seconds: float,
        radius: float | None = None,
    ) -> None:
        if self._is_leaving:
            self.hide()
        self._tell_of_tap.cancel()
        if radius is None:
            radius = self.theme.spotlight_radius
        self._choreography.begin(scene, radius=dp(radius), seconds=seconds)
        self._scene = scene
        self._targets = [Anchor(target) for target in targets]
        self._set_content(scene.content)
        self._raise(window)
        self._arrange()
        self._follower.notice()

    def _set_content(self, content: Any) -> None:
        if content is self.content:
            return
        if self.content is not None:
            self.content.unbind(size=self._follower.notice)
            if not self._choreography.is_leaving(self.content):
                self.remove_widget(self.content)
        self.content = content
        if content is not None:
            content.bind(size=self._follower.notice)
            # Under the one that fades away; the spotlight is the last child.
            self.add_widget(content, len(self.children) - 1)

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
        if self._scene is None:
            if self._is_leaving:
                self.hide()  # the window has another size: what fades has no place in it
            return
        self.spotlight.pos, self.spotlight.size = self.pos, self.size
        self._hole = self._cut_out()
        if self._targets and self._hole is None:
            self.hide()
            self.dispatch("on_target_lost")
            return
        self._scene.fit(self.bounds, self._hole)
        self._choreography.arrange(self.bounds, self._hole)

    def _cut_out(self) -> Rect | None:
        """Return the box around what can be seen of the targets; None without the first."""
        targets = [anchor.widget for anchor in self._targets]
        here = [
            one
            for one in targets
            if one is not None and one.get_root_window() is self._window
        ]
        self._follower.follow(*here)
        rects = [visible_rect(one, self._window) for one in here]
        self._target_rects = [rect for rect in rects if not rect.is_empty]
        if not here or here[0] is not targets[0] or rects[0].is_empty:
            return None
        padding = self._padding
        if padding is None:
            padding = self.theme.spotlight_padding
        box = Rect.enclosing(self._target_rects)
        return box.grown(dp(padding)).clipped(self.bounds)
