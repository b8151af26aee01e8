"""The sheet that says why there is a tour, or none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.lang import Builder
from kivy.properties import BooleanProperty, ColorProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from client_sdk import Explanation
from demo_app import theme
from demo_app.surfaces import Sheet
from demo_app.why import Reason, headline, reasons

__all__ = ["WhySheet"]

#: The icon's colour and its ground, by whether a rule is met; None is a fact.
_MARKS = {
    True: (theme.GOOD, theme.GOOD_SOFT),
    False: (theme.ACCENT, theme.ACCENT_SOFT),
    None: (theme.INK_FAINT, theme.SUNKEN),
}


class ReasonRow(BoxLayout):
    """One rule or fact."""

    title = StringProperty("")
    detail = StringProperty("")
    icon = StringProperty("info")
    color = ColorProperty(theme.INK_FAINT)
    fill = ColorProperty(theme.SUNKEN)
    is_against = BooleanProperty(False)

    def __init__(self, reason: Reason, **kwargs: Any) -> None:
        color, fill = _MARKS[reason.is_met]
        super().__init__(
            title=reason.title,
            detail=reason.detail,
            icon=reason.icon,
            color=color,
            fill=fill,
            is_against=reason.is_met is False,
            **kwargs,
        )


class WhySheet(Sheet):
    """Shows what ``client.explain()`` found when it was opened."""

    headline = StringProperty("")
    #: Whether it is faded in.
    is_settled = BooleanProperty(False)

    def __init__(self, found: Explanation, **kwargs: Any) -> None:
        super().__init__(headline=headline(found), **kwargs)
        for reason in reasons(found):
            self.ids.rows.add_widget(ReasonRow(reason))

    def on_open(self) -> None:
        """Note that all of it can be seen."""
        self.is_settled = True


Builder.load_file(str(Path(__file__).with_suffix(".kv")))
