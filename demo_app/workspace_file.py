"""The workspace as a JSON file in the app's storage folder."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from demo_app.workspace import Invite, Member, Project, Workspace

__all__ = ["WorkspaceFile", "sample_workspace"]

logger = logging.getLogger(__name__)


class WorkspaceFile:
    """Reads and writes one workspace; a write is whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self, *, today: date) -> Workspace:
        """Return the stored workspace, or the sample one on the first start.

        A file that cannot be read as a workspace is kept beside the new one, with the
        suffix ``.unreadable``, so that nothing of the user's is overwritten.
        """
        try:
            return _decode(json.loads(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return sample_workspace(today)
        except (OSError, ValueError, KeyError, TypeError) as exc:
            logger.warning("%s is not a workspace: %s", self.path, type(exc).__name__)
            self._set_aside()
            return sample_workspace(today)

    def save(self, workspace: Workspace) -> None:
        """Write the workspace; a full or read-only disk is logged, never raised."""
        draft = self.path.with_suffix(".new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("w", encoding="utf-8") as file:
                json.dump(asdict(workspace), file, default=date.isoformat, indent=2)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        except OSError as exc:
            logger.warning("the workspace was not saved: %s", exc.strerror)

    def _set_aside(self) -> None:
        try:
            self.path.replace(self.path.with_suffix(".unreadable"))
        except OSError as exc:
            logger.warning("%s stays where it is: %s", self.path, exc.strerror)


def sample_workspace(today: date) -> Workspace:
    """Return what a new user finds: a small studio with work that is due around now."""

    def project(name: str, client: str, days: int, done: int, total: int) -> Project:
        return Project(
            name=name,
            client=client,
            due_on=today + timedelta(days=days),
            tasks_done=done,
            tasks_total=total,
        )

    return Workspace(
        name="Studio Baraka",
        members=(
            Member(name="Amara Otieno", email="amara@baraka.studio", role="Owner"),
            Member(name="Jonas Weber", email="jonas@baraka.studio", role="Designer"),
            Member(name="Mei Tanaka", email="mei@baraka.studio", role="Developer"),
        ),
        projects=(
            project("Harbour Café website", "Harbour Café", 3, 8, 11),
            project("Brand refresh", "Nuru Foundation", 9, 5, 14),
            project("Booking app", "Savanna Lodges", 24, 2, 16),
        ),
        invites=(
            Invite(email="lena@studiofischer.de", invited_on=today - timedelta(days=2)),
        ),
    )


def _decode(data: dict[str, Any]) -> Workspace:
    members = tuple(Member(**member) for member in data["members"])
    if not members:
        raise ValueError("a workspace has at least one member")
    return Workspace(
        name=data["name"],
        members=members,
        projects=tuple(
            Project(**{**p, "due_on": date.fromisoformat(p["due_on"])})
            for p in data["projects"]
        ),
        invites=tuple(
            Invite(email=i["email"], invited_on=date.fromisoformat(i["invited_on"]))
            for i in data["invites"]
        ),
    )
