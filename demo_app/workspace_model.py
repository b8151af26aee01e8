"""The workspace that is open now: what the screens watch and change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from kivy.event import EventDispatcher
from kivy.properties import ObjectProperty

from demo_app.workspace import Workspace
from demo_app.workspace_file import WorkspaceFile

__all__ = ["WorkspaceModel"]


class WorkspaceModel(EventDispatcher):
    """Holds the current :class:`Workspace` and saves every change.

    Screens bind ``workspace`` and draw themselves anew when it changes.
    """

    workspace = ObjectProperty()

    def __init__(self, file: WorkspaceFile, *, today: Callable[[], date]) -> None:
        super().__init__(workspace=file.load(today=today()))
        self._file = file
        self._today = today

    @property
    def today(self) -> date:
        """The local date."""
        return self._today()

    def change(self, workspace: Workspace) -> None:
        """Show and save what became of the workspace."""
        self.workspace = workspace
        self._file.save(workspace)

    def watch(self, draw: Callable[[], None]) -> None:
        """Call ``draw`` now and after every change."""

        def redraw(*_: Any) -> None:
            draw()

        self.bind(workspace=redraw)
        draw()
