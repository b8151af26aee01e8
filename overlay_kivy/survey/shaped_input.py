"""ShapedInput: a text field whose lines run either way.

Kivy's own field draws each letter of Hebrew or Arabic apart and from the left, in a font
that has none of them, with the cursor at the wrong end.
"""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, Rectangle
from kivy.uix.textinput import TextInput

from overlay_kivy.text import ShapedText, is_drawn_rtl

__all__ = ["ShapedInput"]

_MIRRORED = {"cursor_left": "cursor_right", "cursor_right": "cursor_left"}
#: What of Kivy's line options the text that is drawn here takes.
_OPTIONS = ("font_size", "font_name", "anchor_x", "anchor_y", "padding")


class ShapedInput(TextInput):
    """Draws lines of right-to-left text as labels do, and mirrors the cursor in them.

    A line that has runs of both directions is drawn right; the cursor within the shorter
    run is only about where it belongs.
    """

    def cursor_offset(self) -> float:
        """Return how far the cursor is from the left end of its line, in pixels."""
        offset: float = super().cursor_offset()
        row = int(self.cursor_row)
        return self._get_row_width(row) - offset if self._is_rtl_row(row) else offset

    def get_cursor_from_xy(self, x: float, y: float) -> tuple[int, int]:
        """Return column and row at a place of the widget's own coordinates."""
        column, row = super().get_cursor_from_xy(x, y)
        if not self._is_rtl_row(row):
            return column, row
        left, width = self._row_left(row), self._get_row_width(row)
        mirrored: tuple[int, int] = super().get_cursor_from_xy(2 * left + width - x, y)
        return mirrored

    def do_cursor_movement(
        self, action: str, control: bool = False, alt: bool = False
    ) -> None:
        """Move the cursor; the left arrow key leads to the left, whatever that means."""
        if self._is_rtl_row(int(self.cursor_row)):
            action = _MIRRORED.get(action, action)
        super().do_cursor_movement(action, control, alt)

    def _is_rtl_row(self, row: int) -> bool:
        return row < len(self._lines) and is_drawn_rtl(self._lines[row])

    def _row_left(self, row: int) -> float:
        left, _, right, _ = self.padding
        free = self.width - left - right - self._get_row_width(row)
        return self.x + left + (max(free, 0) if self.halign == "right" else 0)

    def _shaped(self, text: str) -> ShapedText:
        options = self._get_line_options()
        return ShapedText(text=text, **{name: options[name] for name in _OPTIONS})

    def _create_line_label(self, text: str, hint: bool = False) -> Any:
        if not is_drawn_rtl(text):
            return super()._create_line_label(text, hint)
        label = self._shaped(text.replace("\n", ""))
        label.refresh()
        return label.texture

    def _get_text_width(self, text: str, tab_width: int, label: Any) -> float:
        if not is_drawn_rtl(text):
            width: float = super()._get_text_width(text, tab_width, label)
            return width
        return self._shaped(text).natural_width(text)

    def _draw_selection(
        self,
        pos: tuple[float, float],
        size: tuple[float, float],
        line_num: int,
        selection_start: tuple[int, int],
        selection_end: tuple[int, int],
        *others: Any,
    ) -> None:
        if not self._is_rtl_row(line_num):
            super()._draw_selection(
                pos, size, line_num, selection_start, selection_end, *others
            )
            return
        (first, first_row), (last, last_row) = selection_start, selection_end
        line = self._lines[line_num]
        begin = self._width_of(line[:first]) if line_num == first_row else 0.0
        end = self._width_of(line[:last]) if line_num == last_row else size[0]
        if first_row <= line_num <= last_row and end > begin:
            self.canvas.add(Color(*self.selection_color, group="selection"))
            place = pos[0] + size[0] - end, pos[1]
            self.canvas.add(
                Rectangle(pos=place, size=(end - begin, size[1]), group="selection")
            )

    def _width_of(self, text: str) -> float:
        return self._get_text_width(text, self.tab_width, self._label_cached)
