"""OverlayText: the overlay's words, in whichever direction they run.

Kivy's SDL2 provider shapes Arabic and draws to the left only if it is told to for each
label, measures before it was told, and keeps that state on a font that it shares with the
app's own labels.  :class:`ShapedText` mends the three.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.core.text import Label as CoreLabel
from kivy.lang import Builder
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty
from kivy.resources import resource_find
from kivy.uix.label import Label

from overlay_kivy.bidi import is_rtl_text, script_of, visual_order
from overlay_kivy.theme import Theme

__all__ = ["OverlayText", "ShapedLabel", "ShapedText", "is_drawn_rtl"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

#: Kivy's default font has neither Arabic nor Hebrew letters; this one, shipped with Kivy,
#: has both.
_DEFAULT_FONT, _RTL_FONT = "Roboto", "data/fonts/DejaVuSans.ttf"
#: Pango orders and shapes by itself.
_IS_SDL2 = CoreLabel.__name__ == "LabelSDL2"


def is_drawn_rtl(text: str) -> bool:
    """Tell whether a text runs to the left, and Kivy's provider must be told so."""
    return _IS_SDL2 and is_rtl_text(text)


class ShapedText(CoreLabel):
    """What Kivy draws text with, for text of either direction."""

    def resolve_font_name(self) -> None:
        """Choose direction, script and font file; Kivy calls it before it measures."""
        super().resolve_font_name()
        is_rtl = is_drawn_rtl(self.text)
        self.options["font_direction"] = "rtl" if is_rtl else "ltr"
        self.options["font_script_name"] = script_of(self.text) if is_rtl else "Latn"
        if is_rtl and self.options["font_name"] == _DEFAULT_FONT:
            self.options["font_name_r"] = resource_find(_RTL_FONT)

    def get_extents(self, text: str) -> tuple[int, int]:
        """Return width and height of a line, in pixels, as it will be drawn."""
        if self.options["font_direction"] == "rtl":
            # SDL takes direction and script only when it draws: let it draw nothing much.
            self._size = (1, 1)
            self._render_begin()
            self._render_text(" ", 0, 0)
        return super().get_extents(text)

    def render(self, real: bool = False) -> Any:
        """Measure or draw; Kivy calls it."""
        if real or not _IS_SDL2:
            return super().render(real)
        words = self.text
        self._text = visual_order(words)
        try:
            return super().render(real)
        finally:
            self._text = words

    @property
    def line_count(self) -> int:
        """How many lines the text took when it was laid out last."""
        return len(self._cached_lines)

    def natural_width(self, text: str) -> float:
        """Return the width of a text in one line, in pixels."""
        self.text = text
        self.resolve_font_name()
        return self.get_extents(visual_order(text))[0]

    def _get_font_id(self) -> str:
        # A font of our own: the app's labels must not inherit direction and script.
        way = self.options["font_direction"], self.options["font_script_name"]
        return "|".join(("tour", *way, super()._get_font_id()))


class ShapedLabel(Label):
    """A label that draws with :class:`ShapedText`."""

    def _create_label(self) -> None:
        options = {name: getattr(self, name) for name in self._font_properties}
        options["usersize"] = self.text_size
        if self.disabled:
            options["color"] = self.disabled_color
        self._label = ShapedText(**options)


class OverlayText(ShapedLabel):
    """Wrapped text, as tall as it needs to be."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    is_rtl = BooleanProperty(False)
    """Whether the text stands at the right, as its card is mirrored."""

    wanted_size = NumericProperty("15sp")
    """Type size, in pixels."""

    least_size = NumericProperty(0)
    """How small type may become so that no word has to be broken, in pixels; 0: not at all."""

    wraps = BooleanProperty(True)
    """Whether it takes the width that it gets; else it is as wide as its text."""

    line_step = NumericProperty(0)
    """From one line to the next, in pixels; 0 while there is none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bind(texture_size=self._measure_lines)
        fit = self._fit_words
        self.bind(text=fit, width=fit, padding=fit, wanted_size=fit, least_size=fit)
        self.bind(font_name=fit, bold=fit)
        fit()

    def _measure_lines(self, *_args: Any) -> None:
        height = self.texture_size[1] - self.padding[1] - self.padding[3]
        self.line_step = height / max(1, self._label.line_count)

    def _fit_words(self, *_args: Any) -> None:
        """Let the longest word have its line, if that does not make the type too small."""
        self.font_size = self.wanted_size
        if not self.least_size or not self.text.strip():
            return
        measure = ShapedText(
            font_size=self.wanted_size, font_name=self.font_name, bold=self.bold
        )
        longest = max(measure.natural_width(word) for word in self.text.split())
        room = self.width - self.padding[0] - self.padding[2]
        if longest > room > 0:
            fitting = self.wanted_size * room / longest * 0.99
            self.font_size = max(fitting, self.least_size)
