"""Checklist: the tutorials that a user is to do, with what is done of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

from kivy.clock import Clock
from kivy.lang import Builder
from kivy.properties import (
    AliasProperty,
    BooleanProperty,
    ListProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from client_sdk import EventKind, SessionStatus
from overlay_kivy import text  # noqa: F401 - its class is in the KV rules
from overlay_kivy.containment import contained
from overlay_kivy.theme import Labels, Theme

if TYPE_CHECKING:
    from client_sdk import ClientEvent

__all__ = ["Checklist", "ChecklistBox", "ChecklistItem", "ChecklistRow"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

#: What happens all the time, and finishes no tutorial.
_NO_NEWS = (EventKind.QUEUE_CHANGED, EventKind.SYNC_FAILED, EventKind.CLOSED)


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One tutorial of the list, and what the list calls it."""

    tutorial_id: str
    label: str


class ChecklistBox(Widget):
    """An empty circle, or a filled one with a tick."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours; see :class:`~overlay_kivy.theme.Theme`."""

    is_done = BooleanProperty(False)
    """Whether there is a tick."""


class ChecklistRow(ButtonBehavior, BoxLayout):
    """One item; a tap runs its tutorial."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    tutorial_id = StringProperty()
    """What a tap runs."""

    text = StringProperty()
    """What the item is called."""

    is_done = BooleanProperty(False)
    """Whether the user has done it."""

    is_first = BooleanProperty(False)
    """Whether no line is drawn above it."""


class Checklist(BoxLayout):
    """Shows tutorials with their progress, and runs the one that is tapped.

    What is done is the client's word and nothing else, so it is there after a restart,
    and what another device has done is there after a sync.

        Checklist(overlay=overlay, items=[ChecklistItem("welcome-tour", "Look around")])
    """

    overlay = ObjectProperty(None, allownone=True)
    """The :class:`~overlay_kivy.TutorialOverlay` that runs them, and whose client is asked.

    :attr:`overlay` is an :class:`~kivy.properties.ObjectProperty` and defaults to None.
    """

    items = ListProperty()
    """The tutorials, each a :class:`ChecklistItem`, in order.

    :attr:`items` is a :class:`~kivy.properties.ListProperty` and defaults to [].
    """

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    labels = ObjectProperty(Labels(), rebind=True)
    """The overlay's own words; ``progress`` is used."""

    title = StringProperty("Getting started")
    """What the list is headed with."""

    done_title = StringProperty("You are all set")
    """What it is headed with when everything is done."""

    empty_text = StringProperty("There is nothing to do here yet.")
    """What it says without items."""

    done = NumericProperty(0)
    """How many items are done; the list sets it."""

    def _get_count(self) -> int:
        return len(self.items)

    count = AliasProperty(_get_count, bind=["items"])
    """How many items there are."""

    def _get_caption(self) -> str:
        if not self.count:
            return ""
        return str(
            self.labels.progress.format(position=int(self.done), size=self.count)
        )

    caption = AliasProperty(_get_caption, bind=["items", "done", "labels"])
    """How far the user is: "2 of 4"."""

    def _get_is_complete(self) -> bool:
        return 0 < self.count <= self.done

    is_complete = AliasProperty(_get_is_complete, bind=["items", "done"])
    """Whether everything is done."""

    def __init__(self, **kwargs: Any) -> None:
        self._unsubscribe: Any = None
        super().__init__(**kwargs)
        self._update = Clock.create_trigger(self._show_progress, -1)
        self.fbind("items", self._make_rows)
        self.fbind("theme", self._make_rows)
        self.fbind("overlay", self._follow)
        self._make_rows()
        self._follow()

    def refresh(self) -> None:
        """Ask the client again; it does so by itself when there is news."""
        self._update()

    def fail(self) -> None:
        """Do nothing: what failed was logged, and the list stays as it is."""

    @contained
    def _follow(self, *_args: Any) -> None:
        """Listen to the client for as long as somebody holds the list."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self.overlay is None:
            return
        unsubscribe: Any = None
        news = WeakMethod(self._note)

        def listen(event: ClientEvent) -> None:
            note = news()
            if note is not None:
                note(event)
            elif unsubscribe is not None:
                unsubscribe()

        self._unsubscribe = unsubscribe = self.overlay.client.subscribe(listen)
        self._update()

    def _note(self, event: ClientEvent) -> None:
        # On any thread: Kivy's clock brings it to the window's.
        if event.kind not in _NO_NEWS:
            Clock.schedule_once(lambda _dt: self._update(), 0)

    def _make_rows(self, *_args: Any) -> None:
        rows = self.ids.rows
        rows.clear_widgets()
        for place, item in enumerate(self.items):
            row = ChecklistRow(
                theme=self.theme,
                tutorial_id=item.tutorial_id,
                text=item.label,
                is_first=place == 0,
            )
            row.bind(on_release=self._run)
            rows.add_widget(row)
        self._update()

    @contained
    def _show_progress(self, *_args: Any) -> None:
        if self.overlay is None:
            return
        for row in self.ids.rows.children:
            row.is_done = self._is_done(row.tutorial_id)
        self.done = sum(row.is_done for row in self.ids.rows.children)

    def _is_done(self, tutorial_id: str) -> bool:
        client = self.overlay.client
        if client.tutorial(tutorial_id).status is SessionStatus.FINISHED:
            return True
        progress = client.progress(tutorial_id)
        return progress is not None and progress.is_completed

    @contained
    def _run(self, row: ChecklistRow) -> None:
        # Also what the user skipped, or wants to see again.
        self.overlay.run(row.tutorial_id, restart=True)
