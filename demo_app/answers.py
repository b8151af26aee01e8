"""The assistant: answers that a few rules find in the workspace, on the device.

It is no language model and does not pretend to be one.  A question is matched word by
word against what the rules know; what none of them knows gets an honest reply.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from demo_app.wording import count, days_ago, due, listing
from demo_app.workspace import Project, Workspace

__all__ = ["PROMPTS", "WELCOME", "answer"]

#: Questions offered as chips; every one of them has an answer.
PROMPTS = ("What is due next?", "Draft a client update", "Who is on the team?")

WELCOME = (
    "Hi! I look things up in your projects and your team, here on your device. "
    "Ask me what is due, who is invited, or for a draft update."
)

_UNKNOWN = (
    "I only know this workspace: ask me what is due, how far a project is, "
    "who is on the team, or for a draft update to a client."
)

Rule = Callable[[Workspace, date], str]


def answer(question: str, workspace: Workspace, *, today: date) -> str:
    """Return the reply to a question about the workspace."""
    words = set(re.findall(r"\w+", question.casefold()))
    project = _named_project(question, workspace)
    if words & _DRAFT_WORDS:
        return _draft(project or _next_project(workspace), workspace, today)
    if project is not None:
        return _progress(project, today)
    for known, rule in _RULES:
        if words & known:
            return rule(workspace, today)
    return _UNKNOWN


def _named_project(question: str, workspace: Workspace) -> Project | None:
    asked = question.casefold()
    for project in workspace.by_due_date():
        names = (project.name, project.client) if project.client else (project.name,)
        if any(name.casefold() in asked for name in names):
            return project
    return None


def _next_project(workspace: Workspace) -> Project | None:
    return next((p for p in workspace.by_due_date() if p.tasks_open), None)


def _due(workspace: Workspace, today: date) -> str:
    ordered = workspace.by_due_date()
    if not ordered:
        return "Nothing is due: there are no projects yet."
    lines = [f"{p.name}: {due(p.days_left(today)).lower()}." for p in ordered[:3]]
    first = ordered[0]
    return (
        "\n".join(lines)
        + f"\n\nStart with {first.name}, {_open_tasks(first)} open there."
    )


def _team(workspace: Workspace, today: date) -> str:
    people = [f"{m.name} ({m.role.lower()})" for m in workspace.members]
    text = f"Your team is {listing(people)}."
    if not workspace.invites:
        return text + " No invites are pending."
    waiting = [
        f"{i.email} (invited {days_ago(i.invited_on, today=today)})"
        for i in workspace.invites
    ]
    return text + f"\n\nStill waiting for {listing(waiting)}."


def _overview(workspace: Workspace, today: date) -> str:
    done = sum(p.tasks_done for p in workspace.projects)
    total = sum(p.tasks_total for p in workspace.projects)
    soon = len(workspace.due_soon(today))
    return (
        f"{count(len(workspace.projects), 'project').capitalize()}, "
        f"{done} of {total} tasks done. {count(soon, 'project').capitalize()} due within a week."
    )


def _progress(project: Project, today: date) -> str:
    when = due(project.days_left(today)).lower()
    if not project.tasks_total:
        return f"{project.name} has no tasks yet and is {when}."
    return f"{_state(project)} It is {when}."


def _draft(project: Project | None, workspace: Workspace, today: date) -> str:
    if project is None:
        return "There is no open work to report. Add a project, then ask me again."
    if project.days_left(today) < 0:
        outlook = "That is later than we planned; you get a new date from me today."
    else:
        outlook = f"We are on course for {project.due_on.day} {project.due_on:%B}."
    return (
        f"Hello {project.client or 'there'},\n\n{_state(project)} {outlook}\n\n"
        f"Best, {workspace.owner.name.split()[0]}"
    )


def _state(project: Project) -> str:
    if not project.tasks_total:
        return f"We are planning the tasks of {project.name}."
    return (
        f"{project.name} is {project.progress:.0%} done: {project.tasks_done} of "
        f"{count(project.tasks_total, 'task')}."
    )


def _open_tasks(project: Project) -> str:
    return count(project.tasks_open, "task")


_DRAFT_WORDS = {"draft", "write", "update", "email", "mail", "report"}
_RULES: tuple[tuple[set[str], Rule], ...] = (
    ({"due", "next", "deadline", "deadlines", "urgent", "overdue", "when"}, _due),
    ({"team", "who", "invited", "invite", "invites", "member", "members"}, _team),
    ({"progress", "status", "summary", "overview", "tasks", "projects"}, _overview),
)
