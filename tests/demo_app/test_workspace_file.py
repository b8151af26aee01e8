from datetime import date

import pytest

from demo_app.workspace_file import WorkspaceFile, sample_workspace

TODAY = date(2026, 3, 4)


@pytest.fixture
def file(tmp_path):
    return WorkspaceFile(tmp_path / "data" / "workspace.json")


def test_first_start_shows_the_sample(file):
    assert file.load(today=TODAY) == sample_workspace(TODAY)


def test_what_was_saved_is_loaded_again(file):
    changed = sample_workspace(TODAY).invite("a@b.example", today=TODAY)

    file.save(changed)

    assert file.load(today=date(2027, 1, 1)) == changed
    assert [path.name for path in file.path.parent.iterdir()] == ["workspace.json"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("{", id="cut off"),
        pytest.param("[]", id="another shape"),
        pytest.param('{"name": "x"}', id="fields missing"),
        pytest.param(
            '{"name": "x", "members": [], "projects": [], "invites": []}',
            id="nobody in it",
        ),
    ],
)
def test_unreadable_file_is_kept_aside(file, content):
    file.path.parent.mkdir()
    file.path.write_text(content)

    assert file.load(today=TODAY) == sample_workspace(TODAY)
    assert file.path.with_suffix(".unreadable").read_text() == content


def test_folder_that_cannot_be_written_is_logged_and_costs_nothing(tmp_path, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("a file where the folder should be")

    WorkspaceFile(blocked / "workspace.json").save(sample_workspace(TODAY))

    assert "was not saved" in caplog.text
