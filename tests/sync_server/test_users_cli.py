"""``kazi-server users`` against a real PostgreSQL."""

from __future__ import annotations

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from click.testing import CliRunner

from sync_server.cli import main
from tests.sync_server.personal_data import COMMENT, fill

#: A database that is not there.
NOWHERE = "postgresql://kazi@127.0.0.1:1/none"


@pytest.fixture
def run(database_url):
    environ = {
        "KAZI_DATABASE_URL": database_url,
        "KAZI_JWT_SECRET": "a secret of at least thirty-two bytes",
        # as in the fixture of the settings
        "KAZI_COMMENT_KEY": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
    }

    def invoke(*arguments, answer=None, **variables):
        result = CliRunner().invoke(
            main,
            ["users", *map(str, arguments)],
            env={**environ, **variables},
            input=answer,
        )
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return invoke


@pytest.fixture
def person(settings):
    user_id = uuid4()
    fill(settings, user_id, anonymous_id=uuid4())
    return user_id


def test_an_export_goes_to_standard_output(run, person):
    result = run("export", person)

    assert json.loads(result.stdout)["held"]["surveys"][0]["comment"] == COMMENT


def test_an_export_to_a_file_is_its_owners_alone(run, person, tmp_path):
    file = tmp_path / "user.json"

    result = run("export", person, "--output", file)

    assert result.output == ""
    assert json.loads(file.read_text("utf-8"))["userId"] == str(person)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_is_one_line(run, person, tmp_path):
    file = tmp_path / "none" / "user.json"

    result = run("export", person, "--output", file)

    assert result.exit_code == 1
    assert f"cannot write {file}: No such file or directory" in result.output


def test_an_export_that_fails_leaves_the_file_of_yesterday(run, tmp_path):
    file = tmp_path / "user.json"
    file.write_text("yesterday", "utf-8")

    result = run("export", uuid4(), "--output", file, KAZI_DATABASE_URL=NOWHERE)

    assert result.exit_code == 1
    assert file.read_text("utf-8") == "yesterday"


def test_an_export_to_a_full_disk_is_one_line(run, person):
    result = run("export", person, "--output", "/dev/full")

    assert result.exit_code == 1
    assert result.output == "Error: cannot write /dev/full: No space left on device\n"


def test_an_export_into_a_pipe_leaves_it_a_pipe(run, person, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reader:
        text = reader.submit(pipe.read_text, "utf-8")
        result = run("export", person, "--output", pipe)

        assert result.exit_code == 0
        assert json.loads(text.result(timeout=10))["userId"] == str(person)
    assert pipe.is_fifo()


def test_an_export_through_a_link_keeps_the_link(run, person, tmp_path):
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "user.json")

    run("export", person, "--output", link)

    assert link.is_symlink()
    assert json.loads((tmp_path / "user.json").read_text("utf-8"))


def test_an_erasure_asks_first(run, person, sql):
    refused = run("erase", person, answer="n\n")
    left = sql("SELECT count(*) FROM tutorial_step_events")
    erased = run("erase", person, answer="y\n")

    assert refused.exit_code == 1
    assert left == [(1,)]
    assert erased.exit_code == 0
    # one in each of eight tables, and the link
    assert "erased, 14 rows" in erased.output
    assert sql("SELECT count(*) FROM tutorial_step_events") == [(0,)]


def test_an_erasure_leaves_a_trace_that_only_the_user_id_finds(run, person, sql):
    never = run("was-erased", person)
    run("export", person)
    run("erase", person, "--yes")

    result = run("was-erased", person)

    assert (never.exit_code, never.output) == (1, "never erased\n")
    assert result.exit_code == 0
    export, erase, last = result.output.splitlines()
    assert export.endswith(" export by command line")
    assert erase.endswith(" erase by command line")
    assert last.startswith("erased at ")
    assert run("was-erased", uuid4()).exit_code == 1
    assert sql("SELECT count(*) FROM erased_users") == [(2,)]


@pytest.mark.parametrize("command", ["export", "erase", "was-erased"])
@pytest.mark.parametrize("user_id", ["Ada", "0197A3C4-5C2E-7B60-9A51-3F1D2C4B5A69"])
def test_another_spelling_of_a_user_id_is_refused(run, command, user_id):
    result = run(command, user_id)

    assert result.exit_code == 2
    assert "a UUID in lower case with hyphens is needed" in result.output
    assert user_id not in result.output
