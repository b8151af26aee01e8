"""SurveySheet: asks a survey page by page at the lower end of the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.clock import Clock
from kivy.lang import Builder
from kivy.metrics import dp
from kivy.properties import (
    BooleanProperty,
    NumericProperty,
    ObjectProperty,
)
from kivy.uix.boxlayout import BoxLayout

from client_sdk import SurveyPrompt
from client_sdk.contracts.questions import Question
from overlay_kivy.containment import contained
from overlay_kivy.motion import Glide
from overlay_kivy.survey import progress  # noqa: F401 - its class is in the KV rule
from overlay_kivy.survey.actions import SurveyActions
from overlay_kivy.survey.form import FilledSurvey, SurveyForm
from overlay_kivy.survey.keys import SurveyKeys
from overlay_kivy.survey.on_screen_keyboard import OnScreenKeyboard
from overlay_kivy.survey.question import QuestionView
from overlay_kivy.survey.question_views import view_for
from overlay_kivy.survey.spoken import spoken_page
from overlay_kivy.survey.text import AnswerField, TextQuestion
from overlay_kivy.survey.thanks import SurveyThanks
from overlay_kivy.theme import Labels, Theme

__all__ = ["SurveySheet"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

#: With less room above a keyboard than this, buttons make way for the field.
_LEAST_ROOM_DP = 180


class SurveySheet(BoxLayout):
    """Asks the questions, then says thanks.

    :Events:
        `on_submit`: a :class:`~overlay_kivy.survey.form.FilledSurvey`; the user is done.
        `on_decline`: what was answered so far, or None; the user wants no more of it.
        `on_say`: title, text and position of a page, of what is missing, of the thanks.
    """

    __events__ = ("on_submit", "on_decline", "on_say")

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    labels = ObjectProperty(Labels(), rebind=True)
    """The overlay's own words; see :class:`~overlay_kivy.theme.Labels`."""

    is_rtl = BooleanProperty(False)
    """Whether it is read from right to left."""

    seconds = NumericProperty(0)
    """How long the change to another page takes; 0 shows it at once."""

    form = ObjectProperty(SurveyForm(SurveyPrompt(question="?")))
    """What is asked and answered, a :class:`~overlay_kivy.survey.form.SurveyForm`."""

    fail = ObjectProperty(lambda: None)
    """Called after a failure that was logged; nothing of it reaches the app."""

    is_thanking = BooleanProperty(False)
    """Whether the answer was given."""

    max_height = NumericProperty("640dp")
    """Where a page begins to scroll instead of growing."""

    body_height = NumericProperty(0)
    """Height of the page; moves to that of the next one."""

    veil = NumericProperty(0)
    """How much a page that comes is still hidden, 1 to 0.

    What it is made of lies one on the other, and would show through if it faded itself.
    """

    progress = NumericProperty(0)
    """How much of the progress line is filled, 0 to 1."""

    keyboard_height = NumericProperty(0)
    """What the keyboard on the screen covers of the sheet: nothing stands there."""

    pushed_out = NumericProperty(0)
    """What a keyboard moves out at the window's upper end."""

    is_cramped = BooleanProperty(False)
    """Whether a keyboard leaves room for the field alone."""

    def __init__(self, **kwargs: Any) -> None:
        self.views: list[QuestionView] = []
        self._is_moving = False
        self._glide = Glide(on_rest=self._come_to_rest, fail=self._fail)
        super().__init__(**kwargs)
        self._actions = SurveyActions(
            self.ids.actions,
            on_decline=self.decline,
            on_back=self.go_back,
            on_next=self.go_on,
        )
        self.keys = SurveyKeys(self)
        self._screen_keyboard = OnScreenKeyboard(self._make_room)
        self.fbind("max_height", self._make_room)
        self._reveal_field = Clock.create_trigger(self._scroll_to_field, 0)
        # Kept alive while a keyboard has taken their room.
        self._makes_way = self.ids.progress.__self__, self.ids.actions.__self__
        self.ids.body.bind(height=self._follow_body)
        self.ids.scroll.bind(height=self._reveal_field)
        self.fbind("labels", self._update_controls)
        self.fbind("theme", self._update_controls)
        self._show_page()

    @property
    def field(self) -> AnswerField | None:
        """The text field of the page that has the keyboard."""
        fields = (view.field for view in self.views if isinstance(view, TextQuestion))
        return next((field for field in fields if field.focus), None)

    @contained
    def go_on(self) -> None:
        """Go to the next page, or give the answers; say so where one is missing."""
        if self.is_thanking or self._show_missing():
            return
        self.leave_field()
        if not self.form.is_last:
            self.form.forward()
            self._show_page()
            return
        filled = self.form.filled(is_complete=True)
        if filled is None:
            # Nothing was required, and nothing answered: there is nothing to give.
            self.dispatch("on_decline", None)
        else:
            self.dispatch("on_submit", filled)

    @contained
    def go_back(self) -> None:
        """Go to the page before, or leave from the first one."""
        if self.form.is_first:
            self.decline()
            return
        self.leave_field()
        self.form.back()
        self._show_page()

    @contained
    def decline(self) -> None:
        """Leave; what was answered so far is not lost."""
        self.leave_field()
        self.dispatch("on_decline", self.form.filled(is_complete=False))

    def say(self) -> None:
        """Announce the page."""
        form, position = self.form, ""
        if len(form.pages) > 1:
            place = {"position": form.index + 1, "size": len(form.pages)}
            position = self.labels.progress.format(**place)
        self.dispatch("on_say", *spoken_page(form.page, self.labels), position)

    def thank(self) -> None:
        """Show the thanks in place of the questions."""
        self.leave_field()
        self.keys.hide_ring()
        self.is_thanking = True
        self._finish_moving()
        # The sheet keeps its height without buttons, and goes from there to the thanks'.
        around = self.padding[1] + self.padding[3]
        self.body_height = self.height - around
        for widget in self._makes_way:
            self.remove_widget(widget)
        self.views, self.is_cramped, self.keyboard_height = [], True, 0
        self._move()
        body = self.ids.body
        body.clear_widgets()
        thanks = SurveyThanks(theme=self.theme, text=self.form.prompt.thanks)
        body.add_widget(thanks)
        self.dispatch("on_say", self.form.prompt.thanks, "", "")

    def leave_field(self) -> None:
        """Take the keyboard from the text field."""
        field = self.field
        if field is not None:
            field.focus = False

    @contained
    def reveal(self, control: Any) -> None:
        """Scroll a control of the page into view."""
        if control.parent is not None and self.ids.body in _ancestors(control):
            self.ids.scroll.scroll_to(control, padding=dp(12), animate=False)

    @contained
    def on_parent(self, _sheet: SurveySheet, parent: Any) -> None:
        """Follow the keyboard on the screen while the sheet is shown."""
        if parent is not None:
            self._screen_keyboard.follow()
        else:
            self.keys.hide_ring()
            self._screen_keyboard.leave()
            self._finish_moving()

    def on_touch_down(self, touch: Any) -> bool:
        """Hide the ring of the keys: the user goes on with a finger."""
        self.keys.hide_ring()
        return bool(super().on_touch_down(touch))

    def on_submit(self, filled: FilledSurvey) -> None:
        """Handle the answers; does nothing by default."""

    def on_decline(self, filled: FilledSurvey | None) -> None:
        """Handle "Not now"; does nothing by default."""

    def on_say(self, title: str, body: str, position: str) -> None:
        """Handle what a voice is to say; does nothing by default."""

    def _show_page(self) -> None:
        self.keys.hide_ring()
        self.views = [self._view(question) for question in self.form.page]
        body = self.ids.body
        body.clear_widgets()
        for view in self.views:
            body.add_widget(view)
        self.ids.scroll.scroll_y = 1
        self._update_controls()
        self._move()
        if self.parent is not None:
            self.say()

    def _view(self, question: Question) -> QuestionView:
        view = view_for(
            question,
            is_lead=question is self.form.page[0],
            theme=self.theme,
            labels=self.labels,
            is_rtl=self.is_rtl,
            answer=self.form.answer_to(question.id),
        )
        view.bind(on_given=self._take, on_field=self._reveal_field)
        if isinstance(view, TextQuestion):
            view.field.bind(on_tab=lambda _, step: self.keys.move(step))
            view.field.bind(on_finish=lambda _: self.go_on())
        return view

    @contained
    def _take(self, view: QuestionView) -> None:
        self.form.give(view.answer)
        self._update_controls()

    def _show_missing(self) -> bool:
        """Say at each question what is missing; False if nothing is."""
        missing = self.form.missing()
        for view in self.views:
            view.error = view.missing_text if view.question in missing else ""
        lacking = [view for view in self.views if view.error]
        if lacking:
            self.dispatch("on_say", lacking[0].error, "", "")
            self._is_moving = bool(self.seconds)
            Clock.schedule_once(lambda _: self._reveal_missing(lacking[0]), 0)
        return bool(lacking)

    def _reveal_missing(self, view: QuestionView) -> None:
        """Scroll to the control, and to what is said of it wherever that stands."""
        self.reveal(view.stop)
        self.reveal(view.missing_line)

    @contained
    def _update_controls(self, *_args: Any) -> None:
        """Let the buttons and the line say where the answers lead."""
        form, count = self.form, len(self.form.pages)
        self._actions.show(form, self.labels, self.theme)
        self.ids.progress.position, self.ids.progress.count = form.index + 1, count
        self._animate(self, progress=(form.index + 1) / max(count, 1))

    def _move(self) -> None:
        """Let height and page change as one movement."""
        if self.parent is None or not self.seconds:
            return
        self._is_moving = True
        self.veil = 1
        self._animate(self, veil=0)

    @contained
    def _follow_body(self, _body: Any, height: float) -> None:
        if self._is_moving:
            self._animate(self, body_height=height)
        else:
            self.body_height = height

    def _animate(self, widget: Any, **goals: float) -> None:
        seconds = 0 if self.parent is None else self.seconds
        self._glide.to(seconds, widget, **goals)

    def _come_to_rest(self) -> None:
        self._is_moving = False

    def _fail(self) -> None:
        self.fail()

    def _finish_moving(self) -> None:
        self._glide.finish()
        self.body_height, self.veil = self.ids.body.height, 0
        self._is_moving = False

    @contained
    def _make_room(self, *_args: Any) -> None:
        """Stand above the keyboard on the screen."""
        if self.is_thanking:
            return
        keyboard = self._screen_keyboard
        self.pushed_out = keyboard.pushed_out
        taken = keyboard.covered + keyboard.pushed_out
        room = self.max_height - taken - self.ids.actions.height
        self._cramp(is_cramped=taken > 0 and room < dp(_LEAST_ROOM_DP))
        self._animate(self, keyboard_height=keyboard.covered)

    def _cramp(self, *, is_cramped: bool) -> None:
        """Take buttons and progress away, or put them back."""
        if is_cramped == self.is_cramped:
            return
        self.is_cramped = is_cramped
        line, actions = self._makes_way
        if is_cramped:
            self.remove_widget(line)
            self.remove_widget(actions)
        else:
            self.add_widget(line, index=len(self.children))
            self.add_widget(actions)

    @contained
    def _scroll_to_field(self, *_args: Any) -> None:
        if self.field is not None:
            self.reveal(self.field)


def _ancestors(widget: Any) -> list[Any]:
    found = []
    while (parent := widget.parent) is not None and parent is not widget:
        found.append(parent)
        widget = parent
    return found
