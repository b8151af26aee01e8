"""What the user works on: projects, team and invites, as immutable values.

Nothing here knows a screen, a file or a clock: every change returns a new
:class:`Workspace`, and dates come in from outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

__all__ = ["Invite", "Member", "Project", "Workspace", "WorkspaceError"]

MAX_NAME_LENGTH = 80
DUE_SOON_DAYS = 7

# One "@", something before it, and a dotted domain: what a person can mistype.
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


class WorkspaceError(ValueError):
    """A change that the workspace cannot take; the text is meant for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One piece of work; ``client`` is empty while there is none."""

    name: str
    client: str
    due_on: date
    tasks_done: int
    tasks_total: int

    @property
    def progress(self) -> float:
        """Share of the tasks that are done, 0.0 to 1.0; 0.0 without tasks."""
        return self.tasks_done / self.tasks_total if self.tasks_total else 0.0

    @property
    def tasks_open(self) -> int:
        """Tasks still to do."""
        return self.tasks_total - self.tasks_done

    def days_left(self, today: date) -> int:
        """Return the days until the due date, negative when it has passed."""
        return (self.due_on - today).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody who works here."""

    name: str
    email: str
    role: str

    @property
    def initials(self) -> str:
        """First letters of the first and the last name."""
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """An address that was asked to join and has not answered yet."""

    email: str
    invited_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Everything the app shows; the first member is the person who uses it."""

    name: str
    members: tuple[Member, ...]
    projects: tuple[Project, ...] = ()
    invites: tuple[Invite, ...] = ()

    @property
    def owner(self) -> Member:
        """The person who uses the app."""
        return self.members[0]

    def by_due_date(self) -> tuple[Project, ...]:
        """Return the projects, the most urgent first."""
        return tuple(sorted(self.projects, key=lambda p: (p.due_on, p.name)))

    def due_soon(self, today: date) -> tuple[Project, ...]:
        """Return the projects due within a week or overdue, the most urgent first."""
        return tuple(
            p for p in self.by_due_date() if p.days_left(today) <= DUE_SOON_DAYS
        )

    def add_project(self, *, name: str, client: str, due_on: date) -> Workspace:
        """Return the workspace with one more project, which has no tasks yet.

        WorkspaceError when the name is empty, too long or taken.
        """
        name, client = " ".join(name.split()), " ".join(client.split())
        if not name:
            raise WorkspaceError("Give the project a name.")
        if len(name) > MAX_NAME_LENGTH or len(client) > MAX_NAME_LENGTH:
            raise WorkspaceError(f"Keep names within {MAX_NAME_LENGTH} characters.")
        if any(p.name.casefold() == name.casefold() for p in self.projects):
            raise WorkspaceError(f"There is already a project called {name}.")
        project = Project(
            name=name,
            client=client,
            due_on=due_on,
            tasks_done=0,
            tasks_total=0,
        )
        return replace(self, projects=(*self.projects, project))

    def add_task(self, project_name: str) -> Workspace:
        """Return the workspace with one more open task in a project."""
        return self._change(
            project_name, lambda p: replace(p, tasks_total=p.tasks_total + 1)
        )

    def complete_task(self, project_name: str) -> Workspace:
        """Return the workspace with one more task of a project done, if any is open."""
        return self._change(
            project_name,
            lambda p: replace(p, tasks_done=min(p.tasks_done + 1, p.tasks_total)),
        )

    def invite(self, email: str, *, today: date) -> Workspace:
        """Return the workspace with one more pending invite, the newest first.

        WorkspaceError when the address is malformed, invited or already a member.
        """
        email = email.strip().lower()
        if not email:
            raise WorkspaceError("Enter an e-mail address.")
        if not _EMAIL.fullmatch(email):
            raise WorkspaceError("That does not look like an e-mail address.")
        if any(member.email == email for member in self.members):
            raise WorkspaceError("This person is already in your team.")
        if any(pending.email == email for pending in self.invites):
            raise WorkspaceError("This person is already invited.")
        return replace(
            self, invites=(Invite(email=email, invited_on=today), *self.invites)
        )

    def withdraw(self, email: str) -> Workspace:
        """Return the workspace without the invite to an address."""
        return replace(self, invites=tuple(i for i in self.invites if i.email != email))

    def _change(
        self, project_name: str, change: Callable[[Project], Project]
    ) -> Workspace:
        projects = tuple(
            change(p) if p.name == project_name else p for p in self.projects
        )
        return replace(self, projects=projects)
