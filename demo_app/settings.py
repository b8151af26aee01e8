"""The settings: profile, working offline, the tour again, where the data lies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.lang import Builder
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout

from demo_app import __version__
from demo_app.surfaces import Card, Page
from demo_app.workspace_model import WorkspaceModel
from overlay_kivy import TourTarget

__all__ = ["SettingsScreen"]


class SettingRow(BoxLayout):
    """An icon, a text and what it switches."""


class OfflineCard(TourTarget, Card):
    """Holds the switch that cuts the app off from the network."""

    active = BooleanProperty(False)


class ReplayCard(TourTarget, ButtonBehavior, Card):
    """Starts the tour again."""


class WhyCard(ButtonBehavior, Card):
    """Asks why there is a tour, or none."""


class SettingsScreen(Page):
    """Events: ``on_offline(active)``, ``on_replay()``, ``on_why()``."""

    workspace_name = StringProperty("")
    owner = StringProperty("")
    email = StringProperty("")
    initials = StringProperty("")
    storage = StringProperty("")
    server = StringProperty("")
    version = StringProperty(__version__)

    __events__ = ("on_offline", "on_replay", "on_why")

    def __init__(self, model: WorkspaceModel, **kwargs: Any) -> None:
        workspace = model.workspace
        super().__init__(
            workspace_name=workspace.name,
            owner=workspace.owner.name,
            email=workspace.owner.email,
            initials=workspace.owner.initials,
            **kwargs,
        )

    def on_offline(self, active: bool) -> None:
        """The user wants to work offline, or no longer; does nothing by default."""

    def on_replay(self) -> None:
        """The user wants to see the tour again; does nothing by default."""

    def on_why(self) -> None:
        """The user asks why there is a tour, or none; does nothing by default."""


Builder.load_file(str(Path(__file__).with_suffix(".kv")))
