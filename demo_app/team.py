"""The team: who works here, who is invited, and a field to invite by e-mail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.lang import Builder
from kivy.properties import NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from demo_app.surfaces import Card, EmptyState, Page
from demo_app.wording import count, days_ago
from demo_app.workspace import Workspace, WorkspaceError
from demo_app.workspace_model import WorkspaceModel
from overlay_kivy import TourTarget

__all__ = ["TeamScreen"]


class InviteCard(TourTarget, Card):
    """The form that invites somebody."""


class PersonRow(BoxLayout):
    """One member."""

    initials = StringProperty("")
    tone = NumericProperty(0)
    name = StringProperty("")
    detail = StringProperty("")
    role = StringProperty("")


class InviteRow(BoxLayout):
    """One pending invite.  Events: ``on_withdraw``."""

    email = StringProperty("")
    detail = StringProperty("")

    __events__ = ("on_withdraw",)

    def on_withdraw(self) -> None:
        """The user takes the invite back; does nothing by default."""


class TeamScreen(Page):
    """Members and invites."""

    subtitle = StringProperty("")

    def __init__(self, model: WorkspaceModel, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._model = model
        model.watch(self._draw)

    def invite(self) -> None:
        """Invite the address in the field, or say what is wrong with it."""
        field = self.ids.email
        model = self._model
        try:
            changed = model.workspace.invite(field.text, today=model.today)
        except WorkspaceError as exc:
            field.error = str(exc)
            return
        field.clear()
        model.change(changed)

    def _draw(self) -> None:
        workspace = self._model.workspace
        waiting = len(workspace.invites)
        self.subtitle = (
            f"{count(len(workspace.members), 'member').capitalize()}, "
            f"{count(waiting, 'invite')} pending"
        )
        self._draw_members(workspace)
        self._draw_invites(workspace)

    def _draw_members(self, workspace: Workspace) -> None:
        rows = self.ids.members
        rows.clear_widgets()
        for tone, member in enumerate(workspace.members):
            rows.add_widget(
                PersonRow(
                    initials=member.initials,
                    tone=tone,
                    name=member.name,
                    detail=member.email,
                    role=member.role,
                )
            )

    def _draw_invites(self, workspace: Workspace) -> None:
        rows = self.ids.invites
        rows.clear_widgets()
        for invite in workspace.invites:
            when = days_ago(invite.invited_on, today=self._model.today)
            row = InviteRow(email=invite.email, detail=f"Invited {when}")
            row.bind(on_withdraw=self._withdraw)
            rows.add_widget(row)
        if not workspace.invites:
            rows.add_widget(
                EmptyState(
                    icon="mail",
                    title="Nobody is waiting",
                    text="Invites that are not answered yet appear here.",
                )
            )

    def _withdraw(self, row: InviteRow) -> None:
        self._model.change(self._model.workspace.withdraw(row.email))


Builder.load_file(str(Path(__file__).with_suffix(".kv")))
