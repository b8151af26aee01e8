"""The projects: the week at a glance, a card for each, a form for a new one."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kivy.lang import Builder
from kivy.properties import (
    BooleanProperty,
    NumericProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior

from demo_app.controls import Chip, PillButton
from demo_app.surfaces import Card, EmptyState, Page, Sheet
from demo_app.wording import count, due, greeting
from demo_app.workspace import Project, Workspace, WorkspaceError
from demo_app.workspace_model import WorkspaceModel
from overlay_kivy import TourTarget

__all__ = ["ProjectsScreen"]

#: Label and days of the due dates that the form offers.
SPANS = (("1 week", 7), ("2 weeks", 14), ("1 month", 30), ("3 months", 90))
URGENT_DAYS = 3


class NewProjectButton(TourTarget, PillButton):
    """Opens the form."""


class WeekSummary(TourTarget, Card):
    """How the week stands, in one sentence and one bar."""

    headline = StringProperty("")
    done_text = StringProperty("")
    progress = NumericProperty(0.0)

    def show(self, workspace: Workspace, model: WorkspaceModel) -> None:
        """Sum up the projects."""
        soon = workspace.due_soon(model.today)
        done = sum(p.tasks_done for p in workspace.projects)
        total = sum(p.tasks_total for p in workspace.projects)
        self.headline = f"{count(len(soon), 'project').capitalize()} due within 7 days"
        self.done_text = f"{done} of {total} tasks done"
        self.progress = done / total if total else 0.0


class ProjectCard(TourTarget, ButtonBehavior, Card):
    """One project; a touch opens it."""

    name = StringProperty("")
    client = StringProperty("")
    due_text = StringProperty("")
    tasks_text = StringProperty("")
    progress = NumericProperty(0.0)
    urgent = BooleanProperty(False)


class ProjectForm(Sheet):
    """Asks for name, client and due date of a new project."""

    def __init__(self, model: WorkspaceModel, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._model = model
        self._days = SPANS[1][1]
        for label, days in SPANS:
            chip = Chip(text=label, selected=days == self._days)
            chip.bind(on_release=lambda chosen, days=days: self._choose(chosen, days))
            self.ids.spans.add_widget(chip)

    def submit(self) -> None:
        """Add the project and close, or say what is wrong with it."""
        model = self._model
        try:
            changed = model.workspace.add_project(
                name=self.ids.name.text,
                client=self.ids.client.text,
                due_on=model.today + timedelta(days=self._days),
            )
        except WorkspaceError as exc:
            self.ids.name.error = str(exc)
            return
        self.dismiss()
        model.change(changed)

    def _choose(self, chosen: Chip, days: int) -> None:
        self._days = days
        for chip in self.ids.spans.children:
            chip.selected = chip is chosen


class ProjectSheet(Sheet):
    """One project, with what can be done to it."""

    name = StringProperty("")
    facts = StringProperty("")
    progress = NumericProperty(0.0)
    open_tasks = NumericProperty(0)

    def __init__(self, model: WorkspaceModel, name: str, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self._model = model
        self._show()

    def add_task(self) -> None:
        """Give the project one more open task."""
        self._model.change(self._model.workspace.add_task(self.name))
        self._show()

    def complete_task(self) -> None:
        """Mark one open task as done."""
        self._model.change(self._model.workspace.complete_task(self.name))
        self._show()

    def _show(self) -> None:
        model = self._model
        project = next(p for p in model.workspace.projects if p.name == self.name)
        self.progress = project.progress
        self.open_tasks = project.tasks_open
        client = f"For {project.client}. " if project.client else ""
        self.facts = (
            f"{client}{due(project.days_left(model.today))}.\n"
            f"{project.tasks_done} of {count(project.tasks_total, 'task')} done."
        )


class ProjectsScreen(Page):
    """The first screen."""

    title = StringProperty("")
    greeting = StringProperty("")
    initials = StringProperty("")

    def __init__(self, model: WorkspaceModel, *, now: datetime, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._model = model
        owner = model.workspace.owner
        self.greeting = f"{greeting(now.hour)}, {owner.name.split()[0]}"
        self.initials = owner.initials
        model.watch(self._draw)

    def open_form(self) -> None:
        """Ask for a new project."""
        ProjectForm(self._model).open()

    def _draw(self) -> None:
        workspace = self._model.workspace
        self.title = workspace.name
        self.ids.summary.show(workspace, self._model)
        cards = self.ids.cards
        cards.clear_widgets()
        for index, project in enumerate(workspace.by_due_date()):
            cards.add_widget(self._card(project, first=index == 0))
        if not workspace.projects:
            cards.add_widget(
                EmptyState(
                    icon="projects",
                    title="No projects yet",
                    text="Add your first one and KAZI keeps its dates and tasks.",
                )
            )

    def _card(self, project: Project, *, first: bool) -> ProjectCard:
        days = project.days_left(self._model.today)
        card = ProjectCard(
            name=project.name,
            client=project.client or "No client yet",
            due_text=due(days),
            urgent=days <= URGENT_DAYS,
            progress=project.progress,
            tasks_text=f"{project.tasks_done} of {count(project.tasks_total, 'task')}",
            tour_id="project-card" if first else "",
        )
        card.bind(on_release=lambda _: ProjectSheet(self._model, project.name).open())
        return card


Builder.load_file(str(Path(__file__).with_suffix(".kv")))
