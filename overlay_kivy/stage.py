"""Stage: puts cards and the survey into the window, and reports what the user does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import ref

from kivy.base import EventLoop
from kivy.event import EventDispatcher

from client_sdk import Step, SurveyPrompt
from client_sdk.contracts.behaviour import AdvanceKind
from client_sdk.contracts.step import Placement, StepKind
from overlay_kivy.announcements import Announce
from overlay_kivy.card_keys import CardKeys
from overlay_kivy.containment import contained
from overlay_kivy.itinerary import StepPlace
from overlay_kivy.keyboard import Key, OverlayKeyboard
from overlay_kivy.layer import OverlayLayer
from overlay_kivy.step_card import StepCard
from overlay_kivy.step_view import StepView
from overlay_kivy.step_views import StepViews
from overlay_kivy.survey.drafts import SurveyDrafts
from overlay_kivy.survey.form import FilledSurvey
from overlay_kivy.survey.sheet import SurveySheet
from overlay_kivy.theme import Labels, Theme
from overlay_kivy.wording import spoken_body

__all__ = ["Stage"]


def lets_through(step: Step) -> bool:
    """Tell whether the app gets the taps on a step's target."""
    awaits_tap = step.advance_on is not None and step.advance_on.kind is AdvanceKind.TAP
    return bool(step.tap_through) or awaits_tap


def _weakly(stage: Stage) -> Callable[[], None]:
    """Return the stage's ``fail`` for a sheet that outlives it.

    Kivy holds the last text field until there is another one, and with it the sheet.
    """
    reference = ref(stage)

    def fail() -> None:
        found = reference()
        if found is not None:
            found.fail()

    return fail


class Stage(EventDispatcher):
    """The overlay's widgets and keys, from a tutorial's first card to its end.

    :Events:
        `on_next`, `on_back`, `on_skip`: a button or a key of the card.
        `on_close`: the cross of a card or a banner.
        `on_escape`: the back key on a card.
        `on_submit`: a FilledSurvey; the user is done with the survey.
        `on_decline`: what was answered so far as a FilledSurvey, or None.
        `on_seen`: a touch or a key while the thanks are shown.
        `on_target_lost`: the target went away; nothing is shown any more.
        `on_target_tap`: the target was tapped, whether or not the app got the tap.
    """

    __events__ = (
        "on_next",
        "on_back",
        "on_skip",
        "on_escape",
        "on_close",
        "on_submit",
        "on_decline",
        "on_seen",
        "on_target_lost",
        "on_target_tap",
    )

    def __init__(  # noqa: PLR0913 - keyword-only
        self,
        *,
        theme: Theme,
        labels: Labels,
        seconds: float,
        fail: Callable[[], None],
        themes: Mapping[str, Theme] | None = None,
        language: str = "",
        is_rtl: bool = False,
        announce: Announce | None = None,
    ) -> None:
        self.fail = fail
        self._theme = theme
        self._seconds = seconds
        self._announce = announce
        self._views = StepViews(
            theme=theme, themes=themes, labels=labels, language=language, is_rtl=is_rtl
        )
        self._labels = self._views.labels
        self._card: StepCard | None = None
        self._sheet: SurveySheet | None = None
        #: The hotspot whose card was opened, and stays so when its target comes back.
        self._opened: str | None = None
        super().__init__()
        self._keyboard = OverlayKeyboard(self._on_key)
        self._card_keys = CardKeys(lambda: self.controls, self.dispatch, is_rtl=is_rtl)
        self.layer = OverlayLayer(theme=theme, fail=fail)
        self.layer.bind(
            on_target_lost=self._lose_target,
            on_target_tap=lambda _layer: self.dispatch("on_target_tap"),
        )

    @property
    def window(self) -> Any:
        """The window of the app."""
        EventLoop.ensure_window()
        return EventLoop.window

    @property
    def is_shown(self) -> bool:
        """Whether a card or the survey is in the window."""
        return self.layer.is_shown

    @property
    def controls(self) -> list[Any]:
        """What the keyboard can be at in the card that is shown, in reading order."""
        return [] if self._card is None else self._card.controls

    def move_focus(self, step: int) -> None:
        """Move the keyboard's focus by so many controls of the card, around the end."""
        self._card_keys.move(step)

    def activate_focus(self) -> bool:
        """Press the control that has the focus; False without."""
        return self._card_keys.activate()

    def show_step(
        self,
        place: StepPlace,
        step: Step,
        target: Any,
        extra_targets: Sequence[Any] = (),
    ) -> None:
        """Show a step beside its target; in the middle if that is None.

        A step of kind wait shows nothing; a hotspot without a target shows its card.
        """
        self._sheet = self._card = None
        self.layer.theme = self._views.theme_of(step)
        match step.kind:
            case StepKind.WAIT:
                self.hide()
                return
            case StepKind.BANNER:
                self._show_banner(place, step)
            case StepKind.HOTSPOT if target is not None and self.awaits_opening(step):
                self._show_beacon(place, step, target, extra_targets)
            case _:
                self._show_card(place, step, target, extra_targets)
        self._say(place, step)

    def awaits_opening(self, step: Step) -> bool:
        """Tell whether a step is a hotspot whose card was not opened yet."""
        return step.kind is StepKind.HOTSPOT and self._opened != step.id

    def show_survey(self, prompt: SurveyPrompt, *, run_id: bytes | None = None) -> None:
        """Show the survey sheet, with what was answered earlier in the same run."""
        self._card = None
        self.layer.theme = self._theme
        sheet = SurveySheet(
            theme=self._theme,
            labels=self._labels,
            form=SurveyDrafts.form(self._views.survey(prompt), run_id),
            is_rtl=self._views.is_rtl,
            fail=_weakly(self),
            seconds=self._seconds,
        )
        sheet.bind(on_submit=self._submit, on_decline=self._decline, on_say=self._read)
        self._sheet = sheet
        self._keyboard.attach(self.window)
        self._keyboard.keep_field_visible()
        self.layer.show_sheet(self.window, sheet, seconds=self._seconds)
        sheet.say()

    def show_thanks(self) -> None:
        """Put the thanks in place of the survey's question."""
        if self._sheet is not None:
            self._sheet.thank()
            self.layer.bind(on_touch_down=self._see)

    def hide(self) -> None:
        """Show nothing, so that nothing takes a touch or a key."""
        self._let_go()
        self.layer.hide()

    def leave(self) -> None:
        """Fade what is shown; no touch and no key is taken from now on."""
        self._let_go()
        self.layer.leave(self._seconds)

    def _let_go(self) -> None:
        if self._sheet is not None:
            self._sheet.leave_field()
        self.layer.unbind(on_touch_down=self._see)
        self._keyboard.detach()

    def control(self, name: str) -> Any | None:
        """Return a control that is in the window, by its name, or None."""
        shown = self.layer.walk() if self.is_shown else ()
        return next((one for one in shown if getattr(one, "name", "") == name), None)

    def on_next(self) -> None:
        """Handle the wish for the next step; does nothing by default."""

    def on_back(self) -> None:
        """Handle the wish for the step before; does nothing by default."""

    def on_skip(self) -> None:
        """Handle the wish for no more steps; does nothing by default."""

    def on_escape(self) -> None:
        """Handle the back key; does nothing by default."""

    def on_close(self) -> None:
        """Handle the cross; does nothing by default."""

    def on_submit(self, filled: FilledSurvey) -> None:
        """Handle the answers; does nothing by default."""

    def on_decline(self, filled: FilledSurvey | None) -> None:
        """Handle the wish to answer no more; does nothing by default."""

    def on_seen(self) -> None:
        """Handle the thanks' having been seen; does nothing by default."""

    def on_target_lost(self) -> None:
        """Handle the target's going away; does nothing by default."""

    def on_target_tap(self) -> None:
        """Handle a tap on the target; does nothing by default."""

    def _show_card(
        self,
        place: StepPlace,
        step: Step,
        target: Any,
        extra_targets: Sequence[Any],
    ) -> None:
        # Another card each time: the one before fades from it.
        self._card = card = self._listen(self._views.make(place, step))
        self._keyboard.attach(self.window)
        is_modal = step.kind is StepKind.MODAL
        self.layer.show_card(
            self.window,
            card,
            target=None if is_modal else target,
            extra_targets=() if is_modal else extra_targets,
            placement=Placement.CENTER if is_modal else step.placement,
            padding=step.spotlight_padding,
            radius=step.spotlight_radius,
            lets_through=lets_through(step),
            seconds=self._seconds,
            is_rtl=self._views.is_rtl,
        )

    def _show_banner(self, place: StepPlace, step: Step) -> None:
        # The app is used meanwhile: it keeps its keys.
        self._keyboard.detach()
        self.layer.show_banner(
            self.window,
            self._listen(self._views.make(place, step)),
            at_top=step.placement is Placement.TOP,
            seconds=self._seconds,
        )

    def _show_beacon(
        self,
        place: StepPlace,
        step: Step,
        target: Any,
        extra_targets: Sequence[Any],
    ) -> None:
        self._keyboard.detach()
        beacon = self._views.make_beacon(step, pulses=self._seconds > 0)
        beacon.bind(
            on_release=lambda beacon: (
                self._has(beacon) and self._open(place, step, target, extra_targets)
            )
        )
        self.layer.show_beacon(
            self.window,
            beacon,
            target=target,
            seconds=self._seconds,
            is_rtl=self._views.is_rtl,
        )

    @contained
    def _open(
        self,
        place: StepPlace,
        step: Step,
        target: Any,
        extra_targets: Sequence[Any],
    ) -> None:
        """Show the card of a beacon that was tapped."""
        self._opened = step.id
        self._show_card(place, step, target, extra_targets)

    def _listen(self, view: Any) -> Any:
        for event in StepView.__events__:
            view.fbind(event, self._pass_on, event)
        return view

    def _pass_on(self, event: str, view: Any) -> None:
        if self._has(view):
            self.dispatch(event)

    def _has(self, view: Any) -> bool:
        """Tell whether a view is still shown: one that went may be under a finger yet."""
        return self.is_shown and self.layer.content is view

    def _say(self, place: StepPlace, step: Step) -> None:
        if self._announce is not None:
            words = self._views.words_of(step)
            body = spoken_body(words, step.image_text)
            self._announce(words.title, body, self._views.position_of(place))

    def _read(self, _sheet: SurveySheet, *words: str) -> None:
        if self._announce is not None:
            self._announce(*words)

    def _lose_target(self, _layer: OverlayLayer) -> None:
        self.hide()
        self.dispatch("on_target_lost")

    def _submit(self, sheet: SurveySheet, filled: FilledSurvey) -> None:
        if self._has(sheet):
            SurveyDrafts.forget(sheet.form)
            self.dispatch("on_submit", filled)

    def _decline(self, sheet: SurveySheet, filled: FilledSurvey | None) -> None:
        if self._has(sheet):
            SurveyDrafts.forget(sheet.form)
            self.dispatch("on_decline", filled)

    def _see(self, *_args: Any) -> bool:
        self.dispatch("on_seen")
        return True

    @contained
    def _on_key(self, key: Key) -> bool:
        if self._sheet is not None:
            return self._on_survey_key(key, self._sheet)
        if self._card is not None:
            self._card_keys.press(key)
        return True

    def _on_survey_key(self, key: Key, sheet: SurveySheet) -> bool:
        return self._see() if sheet.is_thanking else sheet.keys.press(key)
