"""The assistant: a chat that answers from the workspace, on the device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.clock import Clock
from kivy.lang import Builder
from kivy.metrics import dp
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.stacklayout import StackLayout
from kivy.uix.widget import Widget

from demo_app.answers import PROMPTS, WELCOME, answer
from demo_app.controls import Chip
from demo_app.surfaces import Page
from demo_app.workspace_model import WorkspaceModel
from overlay_kivy import TourTarget

__all__ = ["AssistantScreen"]

BUBBLE_SHARE = 0.82


class Message(Widget):
    """One message, on the right when it is the user's own."""

    text = StringProperty("")
    mine = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bind(width=self._wrap)

    def _wrap(self, *_: Any) -> None:
        """Let short messages be narrow and wrap long ones."""
        words = self.ids.words
        widest = max(dp(120), self.width * BUBBLE_SHARE)
        words.text_size = (None, None)
        words.texture_update()
        if words.texture_size[0] > widest:
            words.text_size = (widest, None)


class PromptChips(TourTarget, StackLayout):
    """Questions to begin with."""


class AssistantScreen(Page):
    """The chat; it starts anew with every start of the app."""

    def __init__(self, model: WorkspaceModel, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._model = model
        for prompt in PROMPTS:
            chip = Chip(text=prompt)
            chip.bind(on_release=lambda chosen: self.ask(chosen.text))
            self.ids.prompts.add_widget(chip)
        self._say(WELCOME, mine=False)

    def ask(self, question: str) -> None:
        """Show a question and its answer; an empty one is ignored."""
        question = " ".join(question.split())
        if not question:
            return
        self.ids.question.clear()
        self._say(question, mine=True)
        model = self._model
        self._say(answer(question, model.workspace, today=model.today), mine=False)
        Clock.schedule_once(self._scroll_down)

    def _say(self, text: str, *, mine: bool) -> None:
        self.ids.bubbles.add_widget(Message(text=text, mine=mine))

    def _scroll_down(self, _: float) -> None:
        scroll = self.ids.scroll
        if scroll.viewport_size[1] > scroll.height:
            scroll.scroll_y = 0


Builder.load_file(str(Path(__file__).with_suffix(".kv")))
