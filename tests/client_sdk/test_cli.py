"""``kazi-sdk`` on files of every kind."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from client_sdk import TutorialClient
from client_sdk._storage import FILE_NAME
from client_sdk.cli import main
from client_sdk.testing import FakeServer, drain, problem_response
from tests.client_sdk.accounts import token_of
from tests.client_sdk.conftest import QUIET, OpenClient
from tests.client_sdk.test_bundle import ANSWER, write


def kazi_sdk(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.output


def run(*arguments: str) -> tuple[int, str]:
    return kazi_sdk("inspect", *arguments)


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


def test_inspect_counts_as_the_client_does(
    open_client: OpenClient, tmp_path: Path, server: FakeServer
):
    config = replace(QUIET, max_queued_pings=10, max_queued_surveys=2)
    client = open_client(config=config)
    server.online = False
    for number in range(12):
        client.ping("welcome-tour", f"step-{number}", "completed")
    for nps in range(4):
        client.submit_survey("welcome-tour", nps=nps)
    client.flush()
    server.online = True
    drain(client)

    report = json.loads(run(str(tmp_path), "--json")[1])

    status = client.status()
    assert report["queued"] == {"pings": 0, "surveys": 0}
    assert report["counters"]["sent"] == status.sent
    assert report["counters"]["evicted"] == status.evicted > 2
    assert status.last_sync_at is not None
    assert report["last_sync_at"] == status.last_sync_at.isoformat(timespec="seconds")
    assert f"synced    {report['last_sync_at']}" in run(str(tmp_path))[1]


def test_inspect_shows_neither_secret_nor_comment(
    open_client: OpenClient, tmp_path: Path, server: FakeServer
):
    server.online = False
    client = open_client()
    client.submit_survey("welcome-tour", nps=1, comment="my boss is a fool")
    secret = client._core.identity._secret

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


class TestExplain:
    def test_it_says_what_the_client_says(
        self, client: TutorialClient, server: FakeServer, tmp_path: Path
    ):
        server.online = False
        client.tutorial("welcome-tour").start()

        code, output = kazi_sdk("explain", str(tmp_path), "welcome-tour")

        assert code == 0
        mine = str(client.explain("welcome-tour")).splitlines()
        theirs = output.splitlines()
        assert len(mine) == len(theirs)
        # the tool goes by this machine's clock
        by_clock = ("device", "content", "variant")
        assert [one for one in mine if one.split()[0] not in by_clock] == [
            one for one in theirs if one.split()[0] not in by_clock
        ]

    def test_it_goes_by_what_was_done_on_other_devices(
        self, open_client: OpenClient, server: FakeServer, tmp_path: Path
    ):
        tablet, phone = (
            open_client(
                storage_dir=tmp_path / name, token_provider=lambda: token_of("u1")
            )
            for name in ("tablet", "phone")
        )
        tablet.tutorial("welcome-tour")
        tablet.flush(timeout_seconds=10)
        tablet.tutorial("welcome-tour").start()
        tablet.tutorial("welcome-tour").skip()
        tablet.flush(timeout_seconds=10)
        phone.tutorial("welcome-tour")
        phone.flush(timeout_seconds=10)

        _, output = kazi_sdk("explain", str(tmp_path / "phone"), "welcome-tour")

        headline = str(phone.explain("welcome-tour")).splitlines()[0]
        assert output.splitlines()[0] == headline
        assert "already_completed" in headline

    def test_it_is_one_json_object_for_scripts(
        self, client: TutorialClient, tmp_path: Path
    ):
        _, output = kazi_sdk("explain", str(tmp_path), "welcome-tour", "--json")

        report = json.loads(output)
        assert report["verdict"] == "may_start"
        assert report["config"]["version"] == 1
        assert report["rules"][0][0] == "repeatable"

    def test_it_reads_the_apps_bundle(
        self, open_client: OpenClient, server: FakeServer, tmp_path: Path
    ):
        server.online = False
        open_client()
        bundle = write(tmp_path / "bundle.json", ANSWER)

        code, output = kazi_sdk(
            "explain", str(tmp_path), "golden", "--bundle", str(bundle)
        )

        assert code == 0
        assert "bundled with the app" in output
        assert "SPLIT" in output

    def test_a_file_of_another_schema_is_named(
        self, client: TutorialClient, tmp_path: Path
    ):
        client._core.storage.foreground.execute("PRAGMA user_version = 99")

        code, output = kazi_sdk("explain", str(tmp_path), "welcome-tour")

        assert code == 1
        assert "the file has schema 99" in output


class TestCopies:
    """What an app developer is sent by mail."""

    @pytest.fixture
    def original(
        self, client: TutorialClient, server: FakeServer, tmp_path: Path
    ) -> Path:
        server.online = False
        client.tutorial("welcome-tour").start()
        return tmp_path / FILE_NAME

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "mail"
        folder.mkdir()
        return folder

    @pytest.mark.parametrize("command", ["inspect", "explain", "set-aside"])
    def test_a_file_with_its_log_is_read_whole_and_left_alone(
        self, original: Path, folder: Path, command: str
    ):
        log = original.with_name(original.name + "-wal")
        for each in (original, log):
            shutil.copy(each, folder)
        before = {each.name: each.read_bytes() for each in folder.iterdir()}
        assert before[log.name]

        more = ["welcome-tour"] if command == "explain" else []
        code, output = kazi_sdk(command, str(folder), *more)

        assert code == 0
        if command != "set-aside":
            assert "running at intro" in output
        assert {each.name: each.read_bytes() for each in folder.iterdir()} == before

    def test_a_file_without_its_log_is_read_as_far_as_it_goes(
        self, client: TutorialClient, original: Path, folder: Path
    ):
        client._core.storage.checkpoint()
        shutil.copy(original, folder)

        code, output = kazi_sdk("explain", str(folder), "welcome-tour")

        assert code == 0
        assert "running at intro" in output
        assert [each.name for each in folder.iterdir()] == [FILE_NAME]

    def test_the_file_of_a_running_app_is_left_to_it(
        self, client: TutorialClient, original: Path
    ):
        kazi_sdk("explain", str(original), "welcome-tour")

        client.tutorial("welcome-tour").next()

        assert client.status().dropped == 0
        _, output = kazi_sdk("inspect", str(original))
        assert "running at dashboard" in output


class TestSetAside:
    @pytest.fixture
    def refused(
        self, client: TutorialClient, server: FakeServer, tmp_path: Path
    ) -> Path:
        client.submit_survey("welcome-tour", nps=1, comment="my boss is a fool")
        client.ping("welcome-tour", "intro", "started")
        server.script.append(problem_response(422, "invalid_answer"))
        server.script.append(problem_response(422, "invalid_request"))
        client.flush(timeout_seconds=10)
        return tmp_path

    def test_it_lists_each_row_with_reason_and_age(self, refused: Path):
        code, output = kazi_sdk("set-aside", str(refused))

        assert code == 0
        answer, ping = output.splitlines()
        assert answer.startswith("survey ")
        assert "invalid_answer by the test" in answer
        assert "of welcome-tour" in ping
        assert " ago  invalid_request:" in ping

    def test_it_exports_json_lines_without_what_was_written(self, refused: Path):
        code, output = kazi_sdk("set-aside", str(refused), "--json")

        answer, ping = map(json.loads, output.splitlines())
        assert code == 0
        assert "fool" not in output
        assert set(answer["body"]) == {"tutorial_id", "nps", "persona", "occurred_ms"}
        assert ping["body"]["step_id"] == "intro"
        assert isinstance(ping["age_seconds"], int)

    def test_inspect_tells_their_age(self, refused: Path):
        _, output = run(str(refused))

        assert output.count(" ago") == 2
