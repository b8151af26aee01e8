"""SurveyActions: the buttons below a survey's page."""

from __future__ import annotations

from collections.abc import Callable

from overlay_kivy.buttons import ActionRow, OverlayButton
from overlay_kivy.survey.form import SurveyForm
from overlay_kivy.theme import Labels, Theme

__all__ = ["SurveyActions"]


class SurveyActions:
    """ "Not now", "Back" where there is a page before, and what leads on."""

    def __init__(
        self,
        row: ActionRow,
        *,
        on_decline: Callable[[], None],
        on_back: Callable[[], None],
        on_next: Callable[[], None],
    ) -> None:
        self._row = row
        self._not_now = OverlayButton(name="not-now", is_leading=True)
        self._back = OverlayButton(name="back")
        self._main = OverlayButton(name="submit", is_filled=True)
        self._not_now.bind(on_release=lambda _: on_decline())
        self._back.bind(on_release=lambda _: on_back())
        self._main.bind(on_release=lambda _: on_next())

    def show(self, form: SurveyForm, labels: Labels, theme: Theme) -> None:
        """Let the buttons say where the answers so far lead."""
        self._not_now.text, self._back.text = labels.not_now, labels.back
        self._main.text = labels.submit if form.is_last else labels.next
        self._main.name = "submit" if form.is_last else "next"
        wanted = [self._not_now, self._back, self._main]
        if form.is_first:
            wanted.remove(self._back)
        if self._row.children[::-1] != wanted:
            self._row.clear_widgets()
            for button in wanted:
                self._row.add_widget(button)
        for button in wanted:
            button.theme = theme
