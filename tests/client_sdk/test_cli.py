"""``kazi-sdk inspect`` on files of every kind."""

import json
from pathlib import Path

from click.testing import CliRunner

from client_sdk import TutorialClient
from client_sdk.cli import main
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import OpenClient


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["inspect", *arguments])
    return result.exit_code, result.output


def test_inspect_tells_what_waits_and_where_the_run_stands(
    client: TutorialClient, tmp_path: Path, server: FakeServer
):
    server.online = False
    session = client.tutorial("welcome-tour")
    session.start()
    session.next()

    code, output = run(str(tmp_path), "--json")
    report = json.loads(output)

    assert code == 0
    assert report["queued"] == {"pings": 3, "surveys": 0}
    assert report["runs"][0]["step_id"] == "dashboard"
    assert report["configs"][0]["key"].startswith("tutorialCfg:welcome-tour:")


def test_inspect_reads_well(client: TutorialClient, tmp_path: Path):
    client.tutorial("welcome-tour").start()

    code, output = run(str(tmp_path))

    assert code == 0
    assert "queued    1 pings" in output
    assert "welcome-tour as v1_control: running at intro" in output


def test_inspect_shows_neither_secret_nor_comment(
    open_client: OpenClient, tmp_path: Path, server: FakeServer
):
    server.online = False
    client = open_client()
    client.submit_survey("welcome-tour", nps=1, comment="my boss is a fool")
    secret = client._identity._secret

    _, output = run(str(tmp_path), "--json")

    assert "fool" not in output
    assert secret not in output


def test_inspect_names_a_file_that_is_not_there(tmp_path: Path):
    code, output = run(str(tmp_path))

    assert code == 1
    assert "give the app's storage folder" in output


def test_inspect_names_a_file_that_is_no_device_file(tmp_path: Path):
    other = tmp_path / "other.sqlite3"
    other.write_bytes(b"text" * 1000)

    code, output = run(str(other))

    assert code == 1
    assert "is not a tutorial SDK file" in output
