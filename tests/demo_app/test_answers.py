from dataclasses import replace
from datetime import date

import pytest

from demo_app.answers import PROMPTS, answer
from demo_app.workspace_file import sample_workspace

TODAY = date(2026, 3, 4)
UNKNOWN = "I only know this workspace"


@pytest.fixture
def workspace():
    return sample_workspace(TODAY)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_offered_question_has_an_answer(workspace, prompt):
    assert UNKNOWN not in answer(prompt, workspace, today=TODAY)


def test_due_lists_the_most_urgent_first(workspace):
    lines = answer("When is my next deadline?", workspace, today=TODAY).splitlines()
    assert lines[0] == "Harbour Café website: due in 3 days."
    assert lines[1] == "Brand refresh: due in 9 days."


def test_team_names_members_and_who_is_invited(workspace):
    text = answer("Who is invited?", workspace, today=TODAY)
    assert "Amara Otieno (owner)" in text
    assert "lena@studiofischer.de (invited 2 days ago)" in text


def test_project_is_found_by_its_client(workspace):
    text = answer("How is Nuru Foundation doing?", workspace, today=TODAY)
    assert text == "Brand refresh is 36% done: 5 of 14 tasks. It is due in 9 days."


def test_draft_is_for_the_named_project(workspace):
    text = answer("Write an update on the booking app", workspace, today=TODAY)
    assert text.startswith("Hello Savanna Lodges,")
    assert "2 of 16 tasks" in text
    assert "28 March" in text
    assert text.endswith("Best, Amara")


def test_draft_admits_that_a_project_is_late(workspace):
    late = replace(workspace.projects[0], due_on=date(2026, 3, 1))
    text = answer("draft an update", replace(workspace, projects=(late,)), today=TODAY)
    assert "later than we planned" in text


def test_project_without_client_or_tasks_can_be_asked_about(workspace):
    workspace = workspace.add_project(name="Garden", client="", due_on=TODAY)
    assert answer("garden?", workspace, today=TODAY) == (
        "Garden has no tasks yet and is due today."
    )
    assert answer("draft garden", workspace, today=TODAY).startswith("Hello there,")


def test_empty_workspace_is_answered_too(workspace):
    empty = replace(workspace, projects=(), invites=())
    assert "no projects yet" in answer("What is due?", empty, today=TODAY)
    assert "No invites are pending" in answer("team?", empty, today=TODAY)
    assert "no open work" in answer("draft an update", empty, today=TODAY)


def test_what_no_rule_knows_is_admitted(workspace):
    assert UNKNOWN in answer("Will it rain?", workspace, today=TODAY)
