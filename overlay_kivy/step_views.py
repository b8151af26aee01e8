"""StepViews: makes the widget that shows a step, in the user's language and theme."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from client_sdk import Step, SurveyPrompt
from client_sdk.contracts.step import StepKind
from overlay_kivy.banner.banner import BannerStrip
from overlay_kivy.hotspot.beacon import Beacon
from overlay_kivy.itinerary import StepPlace
from overlay_kivy.labels import labels_for
from overlay_kivy.modal.modal import ModalCard
from overlay_kivy.step_view import StepView
from overlay_kivy.survey.words import survey_in
from overlay_kivy.theme import THEMES, Labels, Theme
from overlay_kivy.tooltip.tooltip import TooltipCard
from overlay_kivy.wording import StepWords, is_rtl_language, step_words

__all__ = ["StepViews"]

logger = logging.getLogger(__name__)

#: What the contract puts where a step brings no words for its button.
_DEFAULT_CTA = "Next"
_VIEWS: dict[StepKind | None, type[StepView]] = {
    StepKind.MODAL: ModalCard,
    StepKind.BANNER: BannerStrip,
}


class StepViews:
    """Makes cards, banners and beacons.

    Args:
        theme: For steps that name none.
        themes: The app's own, by the names that steps may give.
        labels: The overlay's own words; where they are the default ones, those of the
            language are taken.
        language: A tag such as ``pt-BR``; empty for the author's own words.
        is_rtl: Whether to mirror everything; a language that is read from right to left
            does so without.
    """

    def __init__(
        self,
        *,
        theme: Theme,
        themes: Mapping[str, Theme] | None,
        labels: Labels,
        language: str,
        is_rtl: bool,
    ) -> None:
        self._theme = theme
        self._themes = {**THEMES, **(themes or {})}
        self.labels = labels_for(language) if labels == Labels() else labels
        self.language = language
        self.is_rtl = is_rtl or is_rtl_language(language)

    def theme_of(self, step: Step) -> Theme:
        """Return the step's own theme; the app's where it names none, or an unknown one."""
        if step.theme is None:
            return self._theme
        if step.theme not in self._themes:
            logger.warning("step %s: there is no theme %r", step.id, step.theme)
        return self._themes.get(step.theme, self._theme)

    def words_of(self, step: Step) -> StepWords:
        """Return what the step says."""
        return step_words(step, self.language)

    def survey(self, prompt: SurveyPrompt) -> SurveyPrompt:
        """Return the survey in the user's language."""
        return survey_in(prompt, self.language, self.labels)

    def position_of(self, place: StepPlace) -> str:
        """Return where the user is, as "3 of 7"; empty in a tour of one step."""
        if place.count < 2:
            return ""
        return self.labels.progress.format(position=place.position, size=place.count)

    def make(self, place: StepPlace, step: Step) -> Any:
        """Return a card or a banner for a step."""
        words = self.words_of(step)
        return _VIEWS.get(step.kind, TooltipCard)(
            theme=self.theme_of(step),
            labels=self.labels,
            is_rtl=self.is_rtl,
            title=words.title,
            body=words.body,
            cta=self._cta(place, words),
            image=step.image or "",
            icon=step.icon or "",
            position=place.position,
            count=place.count,
            has_back=not place.is_first,
            has_skip=not place.is_last,
        )

    def make_beacon(self, step: Step, *, pulses: bool) -> Beacon:
        """Return the mark for a step's target."""
        title = self.words_of(step).title
        return Beacon(theme=self.theme_of(step), text=title, pulses=pulses)

    def _cta(self, place: StepPlace, words: StepWords) -> str:
        if words.cta != _DEFAULT_CTA:
            return words.cta
        return self.labels.done if place.is_last else self.labels.next
