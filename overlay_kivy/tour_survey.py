"""TourSurvey: asks a tour's survey, hands in what was answered, and thanks."""

from __future__ import annotations

from collections.abc import Callable

from kivy.clock import Clock

from overlay_kivy.survey.form import FilledSurvey
from overlay_kivy.tour_news import TourNews
from overlay_kivy.tour_show import TourShow
from overlay_kivy.tour_state import TourState

__all__ = ["TourSurvey"]

#: How long the thanks stay after the survey.
_THANKS_SECONDS = 1.8


class TourSurvey:
    """The survey in one of a tour's steps, or after the last one.

    Args:
        state: Where the tour stands.
        show: Shows the sheet.
        news: Knows whether the user was asked.
        on_thanked: Called when the thanks have been there for long enough.
    """

    def __init__(
        self,
        state: TourState,
        show: TourShow,
        news: TourNews,
        on_thanked: Callable[[], None],
    ) -> None:
        self._state = state
        self._show = show
        self._news = news
        self._on_thanked = on_thanked
        self._thanks = Clock.create_trigger(self._end_thanks, _THANKS_SECONDS)

    @property
    def is_thanking(self) -> bool:
        """Whether the thanks are shown."""
        return bool(self._thanks.is_triggered)

    def ask(self) -> bool:
        """Show the sheet, if it may appear; False if there is nothing to ask."""
        config = self._state.session.config
        prompt = config.survey if config is not None else None
        if prompt is None:
            return False
        self._show.show_survey(prompt)
        return True

    def hand_in(self, filled: FilledSurvey) -> None:
        """Give the answers to the session, and thank for them."""
        filled.hand_in(self._state.session)
        self._show.stage.show_thanks()
        self._thanks()

    def decline(self, filled: FilledSurvey | None = None) -> None:
        """End the survey with what was answered by then, if anything was.

        Who was shown it was asked; what never appeared does not count.
        """
        session = self._state.session
        if filled is not None:
            filled.hand_in(session)
        else:
            session.decline_survey(was_shown=self._news.has_asked)

    def stop(self) -> None:
        """Thank no more."""
        self._thanks.cancel()

    def _end_thanks(self, _dt: float) -> None:
        self._on_thanked()
