"""What an app may set on the overlay, and what the overlay tells the app."""

from __future__ import annotations

from enum import StrEnum

from kivy.event import EventDispatcher
from kivy.properties import (
    BooleanProperty,
    DictProperty,
    NumericProperty,
    ObjectProperty,
    OptionProperty,
    StringProperty,
)

from client_sdk import Step, SurveyPrompt
from overlay_kivy.motion import MOVE_SECONDS
from overlay_kivy.step_errors import StepError
from overlay_kivy.theme import Labels, Theme

__all__ = ["CloseReason", "OverlayEvents"]


class CloseReason(StrEnum):
    """Why nothing is shown any more."""

    #: The last step and the survey are done.
    FINISHED = "finished"
    #: The user skipped the rest.
    SKIPPED = "skipped"
    #: The user left with the cross or the back key.
    DISMISSED = "dismissed"
    #: A target was not to be seen, and the step ends the tour then; or no step was shown.
    TARGET_MISSING = "target_missing"
    #: The app closed the overlay; the tour goes on where it was next time.
    CLOSED = "closed"
    #: Another tutorial took its place; it goes on where it was next time.
    REPLACED = "replaced"
    #: The overlay failed; the log says why.
    FAILED = "failed"


class OverlayEvents(EventDispatcher):
    """Properties and events of :class:`~overlay_kivy.TutorialOverlay`.

    :Events:
        `on_pre_open`: the tutorial is about to appear.
        `on_open`: its first card (or the survey) is in the window.
        `on_step`: step; the tutorial came to a step, and its card is shown, or it waits.
        `on_step_error`: error, a :class:`~overlay_kivy.step_errors.StepError`; the tour
            goes on as the step says.
        `on_step_recovered`: the same error; the target has appeared after all.
        `on_survey`: prompt; the survey is shown.
        `on_pause`, `on_resume`: the tour was paused, or goes on at the same step.
        `on_dismiss`: reason, a :class:`CloseReason`; nothing is shown any more.
    """

    __events__ = (
        "on_pre_open",
        "on_open",
        "on_step",
        "on_step_error",
        "on_step_recovered",
        "on_survey",
        "on_pause",
        "on_resume",
        "on_dismiss",
    )

    theme = ObjectProperty(Theme())
    """Colours and sizes.

    :attr:`theme` is an :class:`~kivy.properties.ObjectProperty` and defaults to the
    light :class:`~overlay_kivy.theme.Theme`.
    """

    themes = DictProperty()
    """Themes by the names that steps use; ``light``, ``dark`` and ``high-contrast`` are
    there anyway.

    :attr:`themes` is a :class:`~kivy.properties.DictProperty` and defaults to {}.
    """

    labels = ObjectProperty(Labels())
    """The overlay's own words.

    :attr:`labels` is an :class:`~kivy.properties.ObjectProperty` and defaults to English
    :class:`~overlay_kivy.theme.Labels`.
    """

    language = StringProperty()
    """The user's language, as `pt-BR`; steps show their words in it where they have them.

    :attr:`language` is a :class:`~kivy.properties.StringProperty` and defaults to '': the
    author's own words.
    """

    is_rtl = BooleanProperty(False)
    """Whether the app is read from right to left; cards and arrow keys are mirrored then.

    :attr:`is_rtl` is a :class:`~kivy.properties.BooleanProperty` and defaults to False.
    """

    reduced_motion = BooleanProperty(False)
    """Whether everything is shown at once, without moving.

    :attr:`reduced_motion` is a :class:`~kivy.properties.BooleanProperty` and defaults to
    False.
    """

    target_wait_seconds = NumericProperty(1.5)
    """How long a step waits for its target before it is missing, unless the step says so.

    :attr:`target_wait_seconds` is a :class:`~kivy.properties.NumericProperty` and
    defaults to 1.5.
    """

    motion_seconds = NumericProperty(MOVE_SECONDS)
    """How long a card takes to move in; 0 shows everything at once.

    :attr:`motion_seconds` is a :class:`~kivy.properties.NumericProperty` and defaults to
    0.28.
    """

    escape_action = OptionProperty("back", options=["back", "dismiss", "none"])
    """What Esc and Android's back key do on a card.

    ``back`` goes a step back, and dismisses the tour on the first one; ``dismiss`` always
    does that; ``none`` does nothing.

    :attr:`escape_action` is an :class:`~kivy.properties.OptionProperty` and defaults to
    ``back``.
    """

    announce = ObjectProperty(None, allownone=True)
    """Called with title, text and position ("3 of 7") of everything that is shown.

    For the app's text-to-speech: Kivy itself has none, and no screen reader.

    :attr:`announce` is an :class:`~kivy.properties.ObjectProperty` and defaults to None.
    """

    def on_pre_open(self) -> None:
        """Handle the tutorial's being about to appear; does nothing by default."""

    def on_open(self) -> None:
        """Handle the first card's being shown; does nothing by default."""

    def on_step(self, step: Step) -> None:
        """Handle a step's being shown; does nothing by default."""

    def on_step_error(self, error: StepError) -> None:
        """Handle a step's trouble; does nothing by default."""

    def on_step_recovered(self, error: StepError) -> None:
        """Handle the end of a step's trouble; does nothing by default."""

    def on_survey(self, prompt: SurveyPrompt) -> None:
        """Handle the survey's being shown; does nothing by default."""

    def on_pause(self) -> None:
        """Handle the tour's being paused; does nothing by default."""

    def on_resume(self) -> None:
        """Handle the tour's going on; does nothing by default."""

    def on_dismiss(self, reason: CloseReason) -> None:
        """Handle the end; does nothing by default."""
