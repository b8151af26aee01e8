from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from demo_app.workspace import Invite, Member, Project, Workspace, WorkspaceError

TODAY = date(2026, 3, 4)


def make_workspace(**changes) -> Workspace:
    owner = Member(name="Amara Otieno", email="amara@baraka.studio", role="Owner")
    return Workspace(**{"name": "Studio", "members": (owner,), **changes})


def make_project(name: str = "Site", *, days: int = 10, done: int = 0, total: int = 0):
    return Project(
        name=name,
        client="",
        due_on=TODAY + timedelta(days=days),
        tasks_done=done,
        tasks_total=total,
    )


def test_new_project_keeps_its_words_and_starts_empty():
    changed = make_workspace().add_project(
        name="  Spring   campaign ", client=" Nuru ", due_on=TODAY
    )

    (project,) = changed.projects
    assert (project.name, project.client) == ("Spring campaign", "Nuru")
    assert (project.tasks_total, project.progress) == (0, 0.0)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("   ", "Give the project a name", id="empty"),
        pytest.param("x" * 81, "80 characters", id="too long"),
        pytest.param("SITE", "already a project called SITE", id="taken"),
    ],
)
def test_project_name_that_does_not_fit_is_explained(name, reason):
    workspace = make_workspace(projects=(make_project("Site"),))

    with pytest.raises(WorkspaceError, match=reason):
        workspace.add_project(name=name, client="", due_on=TODAY)


def test_invite_is_pending_and_the_newest_comes_first():
    workspace = make_workspace().invite("a@b.example", today=TODAY)
    workspace = workspace.invite(" New@Example.COM ", today=TODAY)

    assert workspace.invites[0] == Invite(email="new@example.com", invited_on=TODAY)
    assert workspace.withdraw("new@example.com").invites[0].email == "a@b.example"


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        pytest.param("", "Enter an e-mail", id="empty"),
        pytest.param("amara", "does not look like", id="no at"),
        pytest.param("a@b", "does not look like", id="no dot"),
        pytest.param("a b@c.de", "does not look like", id="space"),
        pytest.param("a@@c.de", "does not look like", id="two ats"),
        pytest.param("a@c.de.", "does not look like", id="trailing dot"),
        pytest.param("AMARA@baraka.studio", "already in your team", id="member"),
        pytest.param("x@y.example", "already invited", id="invited"),
    ],
)
def test_invite_that_does_not_fit_is_explained(email, reason):
    workspace = make_workspace().invite("x@y.example", today=TODAY)

    with pytest.raises(WorkspaceError, match=reason):
        workspace.invite(email, today=TODAY)


def test_projects_are_ordered_by_urgency():
    late, soon, far = (
        make_project("late", days=-2),
        make_project("soon", days=7),
        make_project("far", days=8),
    )
    workspace = make_workspace(projects=(far, soon, late))

    assert workspace.by_due_date() == (late, soon, far)
    assert workspace.due_soon(TODAY) == (late, soon)


def test_initials_are_of_the_first_and_the_last_name():
    names = ["Amara Otieno", "Mei", "Jean Luc de la Tour"]
    members = [Member(name=name, email="", role="") for name in names]
    assert [member.initials for member in members] == ["AO", "M", "JT"]


@given(st.lists(st.sampled_from(["add", "complete"]), max_size=30))
def test_tasks_done_never_exceed_the_tasks_there_are(steps):
    workspace = make_workspace(projects=(make_project("Site", done=1, total=2),))
    for step in steps:
        change = workspace.add_task if step == "add" else workspace.complete_task
        workspace = change("Site")

        (project,) = workspace.projects
        assert 0 <= project.tasks_done <= project.tasks_total
        assert 0.0 <= project.progress <= 1.0
