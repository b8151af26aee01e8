"""What an app may set on the overlay, and what the overlay tells the app."""

from __future__ import annotations

from enum import StrEnum

from kivy.event import EventDispatcher
from kivy.properties import NumericProperty, ObjectProperty

from client_sdk import Step, SurveyPrompt
from overlay_kivy.theme import Labels, Theme

__all__ = ["CloseReason", "OverlayEvents"]


class CloseReason(StrEnum):
    """Why nothing is shown any more."""

    #: The last step and the survey are done.
    FINISHED = "finished"
    #: The user skipped the rest.
    SKIPPED = "skipped"
    #: The user left with the back key.
    DISMISSED = "dismissed"
    #: The app closed the overlay; the tour goes on where it was next time.
    CLOSED = "closed"
    #: The overlay failed; the log says why.
    FAILED = "failed"


class OverlayEvents(EventDispatcher):
    """Properties and events of :class:`~overlay_kivy.TutorialOverlay`.

    :Events:
        `on_pre_open`: the tutorial is about to appear.
        `on_open`: its first card (or the survey) is in the window.
        `on_step`: step; the tutorial came to a step, and its card is shown.
        `on_survey`: prompt; the survey is shown.
        `on_dismiss`: reason, a :class:`CloseReason`; nothing is shown any more.
    """

    __events__ = ("on_pre_open", "on_open", "on_step", "on_survey", "on_dismiss")

    theme = ObjectProperty(Theme())
    """Colours and sizes.

    :attr:`theme` is an :class:`~kivy.properties.ObjectProperty` and defaults to the
    light :class:`~overlay_kivy.theme.Theme`.
    """

    labels = ObjectProperty(Labels())
    """The overlay's own words.

    :attr:`labels` is an :class:`~kivy.properties.ObjectProperty` and defaults to English
    :class:`~overlay_kivy.theme.Labels`.
    """

    target_wait_seconds = NumericProperty(1.5)
    """How long a step waits for its target before its card stands in the middle.

    :attr:`target_wait_seconds` is a :class:`~kivy.properties.NumericProperty` and
    defaults to 1.5.
    """

    motion_seconds = NumericProperty(0.18)
    """How long a card takes to move in; 0 shows everything at once.

    :attr:`motion_seconds` is a :class:`~kivy.properties.NumericProperty` and defaults to
    0.18.
    """

    def on_pre_open(self) -> None:
        """Handle the tutorial's being about to appear; does nothing by default."""

    def on_open(self) -> None:
        """Handle the first card's being shown; does nothing by default."""

    def on_step(self, step: Step) -> None:
        """Handle a step's being shown; does nothing by default."""

    def on_survey(self, prompt: SurveyPrompt) -> None:
        """Handle the survey's being shown; does nothing by default."""

    def on_dismiss(self, reason: CloseReason) -> None:
        """Handle the end; does nothing by default."""
