"""``kazi-sdk bundle`` against this server, over HTTP."""

from __future__ import annotations

import json
import shutil
import threading
from importlib import resources
from pathlib import Path

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

import sync_server
from client_sdk._bundle import Bundle
from client_sdk.cli import main
from demo_app.tours import SHIPPED
from tests.support.powerless import run_powerless
from tests.support.server_process import free_port

ROOT = Path(__file__).parents[2]


@pytest.fixture
def url(app):
    """The application, on a port of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def output(tmp_path):
    return tmp_path / "bundle.json"


def bundle(*arguments):
    result = CliRunner().invoke(main, ["bundle", *map(str, arguments)])
    return result.exit_code, result.output


def test_it_writes_what_somebody_new_may_start(url, output, tour):
    code, text = bundle("--server", url, "--output", output)

    assert code == 0, text
    assert "1/2 plain" in text
    assert f"{output}: 2 tutorial(s)" in text
    assert Bundle.load(output).tutorial_ids() == ["plain", "tour"]


def test_it_holds_the_servers_answer_to_nobody(url, output, tour, client, sql):
    bundle("--server", url, "--output", output, "--tutorial", "tour")

    found = Bundle.load(output).config("tour")
    assert found is not None
    theirs = client.get("/api/tutorial/config?tutorialId=tour")
    assert found.etag.replace("-gzip", "") == theirs.headers["ETag"]
    assert {**json.loads(found.body), "expires": ""} == {**theirs.json, "expires": ""}
    assert found.config.experiment is not None
    assert found.config.experiment.id == "tour-v1"
    assert found.config.variant == "tour_control"
    assert sql("SELECT count(*) FROM tutorial_assignments") == [(0,)]


def test_the_demo_app_ships_what_the_demo_server_serves(client, publish_yaml):
    """If not: kazi-server serve --demo, and kazi-sdk bundle --output demo_app/tutorials.json."""
    publish_yaml(
        (Path(sync_server.__file__).parent / "demo/welcome-tour.yaml").read_text()
    )

    shipped = Bundle.load(SHIPPED)
    found = shipped.config("welcome-tour")

    assert (shipped.tutorial_ids(), shipped.faults) == (["welcome-tour"], 0)
    assert found is not None
    theirs = client.get("/api/tutorial/config?tutorialId=welcome-tour")
    assert found.etag.replace("-gzip", "") == theirs.headers["ETag"]
    assert {**json.loads(found.body), "expires": ""} == {**theirs.json, "expires": ""}


def test_a_device_narrows_what_may_start(url, output, publish_yaml):
    for tutorial_id, devices in {"a": "[ios]", "b": "[android]"}.items():
        publish_yaml(
            f"id: {tutorial_id}\nname: T\nrules: {{devices: {devices}}}\n"
            "steps: [{id: one, title: One}]"
        )

    bundle("--server", url, "--output", output, "--device", "android")

    assert Bundle.load(output).tutorial_ids() == ["b"]


def test_an_unknown_tutorial_is_named_and_the_old_file_stays(url, output, tour):
    output.write_text("old")

    code, text = bundle(
        "--server", url, "--output", output, "--tutorial", "tour", "--tutorial", "nope"
    )

    assert code == 1
    assert "nope: HTTP 404: No published tutorial has this id." in text
    assert output.read_text() == "old"
    assert [each.name for each in output.parent.iterdir()] == [output.name]


def test_a_server_without_tutorials_is_an_error(url, output):
    code, text = bundle("--server", url, "--output", output)

    assert code == 1
    assert "no tutorial that somebody new may start" in text


def test_a_server_that_is_not_there_is_named(output):
    url = f"http://127.0.0.1:{free_port()}"

    code, text = bundle("--server", url, "--output", output)

    assert code == 1
    assert f"no answer from {url}: ConnectError" in text


def test_an_address_that_is_none_is_refused(output):
    code, text = bundle("--server", "example.com", "--output", output)

    assert code == 2
    assert "--server" in text


@pytest.mark.parametrize("place", ["no/bundle.json", "file/bundle.json", "x" * 300])
def test_a_place_that_cannot_be_is_told(url, tmp_path, tour, place):
    (tmp_path / "file").touch()

    code, text = bundle("--server", url, "--output", tmp_path / place)

    assert code == 1
    assert "cannot be written" in text
    assert "give --output a file in a folder that is there" in text


def test_a_folder_that_may_not_be_written_keeps_what_it_has(url, tmp_path, tour):
    folder = tmp_path / "app"
    folder.mkdir()
    old = folder / "bundle.json"
    old.write_text("old")
    folder.chmod(0o555)
    arguments = ["bundle", "--server", url, "--output"]
    script = f"""
        from client_sdk.cli import main
        main({arguments!r} + [{str(tmp_path / "other.json")!r}], standalone_mode=False)
        give_up()
        try:
            main({arguments!r} + [{str(old)!r}])
        except SystemExit as ended:
            print("ended with", ended.code)
    """

    child = run_powerless(script, tmp_path)

    assert child.stdout.endswith("ended with 1\n")
    assert f"{old} cannot be written: Permission denied" in child.stderr
    assert "Traceback" not in child.stderr
    assert [each.name for each in folder.iterdir()] == [old.name]
    assert old.read_text() == "old"


class TestCheckTargets:
    """``kazi-sdk check-targets`` on what this server publishes."""

    @pytest.fixture
    def check(self, url):
        def run(*arguments):
            command = ["check-targets", "--server", url, *map(str, arguments)]
            result = CliRunner().invoke(main, command)
            return result.exit_code, result.stdout.splitlines()

        return run

    @pytest.fixture
    def demo_tour(self, publish_yaml):
        text = resources.files("sync_server.demo").joinpath("welcome-tour.yaml")
        publish_yaml(text.read_text("utf-8"))
        return publish_yaml

    def test_the_demo_app_has_what_its_tour_names(self, check, demo_tour):
        code, lines = check("--source", ROOT / "demo_app")

        assert (code, lines) == (0, ["1 tutorial(s): the app has all 7 name(s)"])

    def test_a_target_that_the_demo_app_lost_is_named(self, check, demo_tour, tmp_path):
        shutil.copytree(ROOT / "demo_app", tmp_path / "demo_app")
        team = tmp_path / "demo_app" / "team.kv"
        text = team.read_text("utf-8")
        assert 'tour_id: "invite"' in text
        team.write_text(text.replace('tour_id: "invite"', 'tour_id: "invite-all"'))

        code, lines = check("--source", tmp_path / "demo_app")

        assert code == 1
        assert lines == [
            "welcome-tour: invite: the app has no target 'invite'; "
            "did you mean 'invite-all'?"
        ]

    def test_a_tutorial_that_the_server_lacks_is_told(self, check, tour):
        code, _ = check("--source", ROOT / "demo_app", "--tutorial", "nope")

        assert code == 1
