"""SurveyKeys: the survey by keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kivy.metrics import dp

from overlay_kivy.keyboard import Key
from overlay_kivy.survey.focus import FocusRing
from overlay_kivy.survey.text import AnswerField

if TYPE_CHECKING:
    from overlay_kivy.survey.sheet import SurveySheet

__all__ = ["SurveyKeys"]

_TURNS = {Key.LEFT: -1, Key.RIGHT: 1, Key.UP: -1, Key.DOWN: 1}


class SurveyKeys:
    """What each key does on a sheet; never does one reach the app below it.

    Tab goes from control to control and never out of the sheet, arrows choose within a
    question, Enter and space press what has the ring; without one Enter goes on.  Escape
    leaves the field, then the page, then the survey.
    """

    def __init__(self, sheet: SurveySheet) -> None:
        self._sheet = sheet
        self._ring = FocusRing()

    @property
    def control(self) -> Any:
        """What has the ring or the keyboard; None without."""
        return self._sheet.field or self._ring.control

    def press(self, key: Key) -> bool:
        """Take a key; False for those that the text field is to have."""
        sheet = self._sheet
        if sheet.field is not None:
            if key is Key.ESCAPE:
                sheet.leave_field()
            return key is Key.ESCAPE
        match key:
            case Key.ESCAPE:
                sheet.go_back()
            case Key.TAB | Key.BACK_TAB:
                self.move(1 if key is Key.TAB else -1)
            case Key.ENTER | Key.SPACE if self._ring.control is not None:
                self._ring.control.dispatch("on_release")
            case Key.ENTER:
                sheet.go_on()
            case Key.LEFT | Key.RIGHT | Key.UP | Key.DOWN:
                self._turn(key)
        return True

    def move(self, step: int) -> None:
        """Go to the control after or before this one, around the end."""
        stops, control = self._stops, self.control
        at = self._place(control, stops)
        if at is None:
            at = -1 if step > 0 else 0
        self._sheet.leave_field()
        self._go_to(stops[(at + step) % len(stops)])

    def hide_ring(self) -> None:
        """Show no ring until a key is pressed."""
        self._ring.hide()

    @property
    def _stops(self) -> list[Any]:
        buttons = self._sheet.ids.actions.children[::-1]
        return [*(view.stop for view in self._sheet.views), *buttons]

    def _place(self, control: Any, stops: list[Any]) -> int | None:
        view = self._view_of(control)
        stop = view.stop if view is not None else control
        return stops.index(stop) if stop in stops else None

    def _view_of(self, control: Any) -> Any:
        views = self._sheet.views
        return next(
            (view for view in views if control in view.walk(restrict=True)), None
        )

    def _turn(self, key: Key) -> None:
        control = self._ring.control
        view = self._view_of(control)
        if view is None:
            return
        step = _TURNS[key]
        if self._sheet.is_rtl and key in (Key.LEFT, Key.RIGHT):
            step = -step
        self._go_to(view.neighbour(control, step))

    def _go_to(self, control: Any) -> None:
        self._ring.hide()
        if isinstance(control, AnswerField):
            control.focus = True
            return
        theme = self._sheet.theme
        self._ring.show(control, theme.focus, dp(theme.button_radius))
        self._sheet.reveal(control)
