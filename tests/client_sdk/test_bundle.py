"""The configs that an app ships: a first start with no network, and what comes after."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from client_sdk import SessionStatus
from client_sdk._bundle import Bundle, bundle_text
from client_sdk.contracts.codec import decode
from client_sdk.contracts.tutorial import TutorialConfig
from client_sdk.testing import FakeClock, FakeServer
from tests.client_sdk.conftest import OpenClient
from tests.contracts.wire_cases import load_case_file
from tests.support.powerless import run_powerless

ANSWER = load_case_file("rendering")["answers"]["newbie"]
MADE_AT = datetime(2026, 1, 31, 8, 30, tzinfo=UTC)


def write(path: Path, *answers: dict[str, Any]) -> Path:
    pairs = [('"abc"', json.dumps(answer)) for answer in answers]
    path.write_text(bundle_text(pairs, made_at=MADE_AT), "utf-8")
    return path


def weighted(**weights: int) -> dict[str, Any]:
    """Return the answer with other weights of the arms, of the next epoch."""
    plan = ANSWER["experiment"]
    arms = {arm["id"]: arm for arm in plan["variants"]}
    variants = [{**arms[name], "weight": weight} for name, weight in weights.items()]
    return {**ANSWER, "experiment": {**plan, "epoch": 2, "variants": variants}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "bundle.json", ANSWER)


@pytest.fixture
def offline(server: FakeServer) -> FakeServer:
    server.online = False
    return server


class TestFile:
    def test_it_holds_what_was_put_in(self, file: Path):
        bundle = Bundle.load(file)

        found = bundle.config("golden")

        assert found is not None
        assert (found.etag, found.made_at) == ('"abc"', MADE_AT)
        assert json.loads(found.body) == ANSWER
        assert bundle.faults == 0

    def test_it_is_read_when_it_is_needed_and_not_before(self, tmp_path: Path):
        bundle = Bundle.load(tmp_path / "bundle.json")
        write(bundle.path, ANSWER)

        assert bundle.config("golden") is not None

    def test_a_tutorial_that_is_not_in_it_is_no_fault(self, file: Path):
        bundle = Bundle.load(file)

        assert bundle.config("other") is None
        assert bundle.faults == 0

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\xff\xfe",
            b"[]",
            b"{}",
            b'{"format": "kazi-tutorial-bundle", "version": 2}',
            b'{"format": "kazi-tutorial-bundle", "version": 1, "madeAt": "x"}',
            b'{"format": "kazi-tutorial-bundle", "version": 1,'
            b' "madeAt": "2026-01-31T08:30:00Z", "tutorials": [7]}',
            b"[" * 100_000,
        ],
    )
    def test_a_file_that_is_no_bundle_is_counted_once_and_as_good_as_none(
        self, tmp_path: Path, content: bytes
    ):
        path = tmp_path / "bundle.json"
        path.write_bytes(content)
        bundle = Bundle.load(path)

        assert bundle.config("golden") is None
        assert bundle.tutorial_ids() == []
        assert bundle.faults == 1

    def test_a_file_from_a_newer_sdk_is_told_as_that(
        self, file: Path, caplog: pytest.LogCaptureFixture
    ):
        content = json.loads(file.read_text("utf-8"))
        file.write_text(json.dumps({**content, "version": 2}), "utf-8")

        assert Bundle.load(file).config("golden") is None
        assert "it has version 2 and this SDK reads 1" in caplog.text

    def test_ids_that_are_none_cost_no_other(self, file: Path):
        content = json.loads(file.read_text("utf-8"))
        content["tutorials"].append({"tutorialId": 7})
        file.write_text(json.dumps(content), "utf-8")
        bundle = Bundle.load(file)

        assert bundle.tutorial_ids() == ["7", "golden"]
        assert bundle.config("7") is None
        assert bundle.config("golden") is not None

    def test_a_file_that_is_not_there_is_counted(self, tmp_path: Path):
        bundle = Bundle.load(tmp_path / "nowhere.json")

        assert bundle.config("golden") is None
        assert bundle.faults == 1

    def test_a_damaged_tutorial_costs_no_other(self, tmp_path: Path):
        other = {**ANSWER, "tutorialId": "other"}
        path = write(tmp_path / "bundle.json", ANSWER, other)
        text = path.read_text("utf-8").replace("Take your time", "Hurry", 1)
        path.write_text(text, "utf-8")
        bundle = Bundle.load(path)

        assert bundle.config("golden") is None
        assert bundle.config("other") is not None
        assert bundle.faults == 1

    def test_a_file_that_an_editor_set_out_anew_is_as_good(self, file: Path):
        content = json.loads(file.read_text("utf-8"))
        file.write_text(json.dumps(content, indent=4, sort_keys=True), "utf-8")

        assert Bundle.load(file).config("golden") is not None


class TestFirstStart:
    def test_it_needs_no_network(
        self, open_client: OpenClient, offline: FakeServer, file: Path
    ):
        session = open_client(bundle=file).tutorial("golden")

        assert session.status is SessionStatus.READY
        assert session.start() is not None

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda text: "{",
            lambda text: text.replace('"version": 1', '"version": 2', 1),
            lambda text: text.replace("Take your time", "Hurry", 1),
        ],
        ids=["torn", "newer", "changed"],
    )
    def test_the_app_goes_on_without_a_bundle_that_cannot_be_used(
        self,
        open_client: OpenClient,
        offline: FakeServer,
        file: Path,
        spoil: Callable[[str], str],
    ):
        file.write_text(spoil(file.read_text("utf-8")), "utf-8")
        client = open_client(bundle=file)
        session = client.tutorial("golden")

        assert session.status is SessionStatus.LOADING
        assert client.launch() == ()
        assert client.explain("golden").config.bundle_faults == 1
        assert "1 fault(s) in the app's bundle" in str(client.explain("golden"))

        offline.configs["golden"] = decode(TutorialConfig, ANSWER)
        offline.online = True
        client.flush(timeout_seconds=10)
        assert client.tutorial("golden").status is SessionStatus.READY

    def test_the_app_goes_on_without_a_bundle_that_it_may_not_read(
        self, file: Path, tmp_path: Path
    ):
        file.chmod(0)
        script = f"""
            from client_sdk import TutorialClient
            from client_sdk.testing import FakeServer
            server = FakeServer()
            server.online = False
            give_up()
            client = TutorialClient(
                "http://kazi.invalid",
                storage_dir=":memory:",
                transport=server,
                bundle={str(file)!r},
            )
            session = client.tutorial("golden")
            session.start()
            client.ping("golden", "a", "started")
            found = client.explain("golden").config
            print(session.status, client.status().queued, found.bundle_faults)
        """

        child = run_powerless(script, tmp_path)

        assert child.stdout.split() == ["loading", "1", "1"]
        assert f"the bundle {file}: it cannot be read" in child.stderr

    def test_the_device_takes_an_arm_and_tells_it(
        self, open_client: OpenClient, offline: FakeServer, tmp_path: Path
    ):
        path = write(tmp_path / "bundle.json", weighted(g_control=1, g_moved=99))
        session = open_client(bundle=path).tutorial("golden")
        step = session.start()

        assert step is not None
        assert session._walk.cached is not None
        told = session._walk.cached.assignment
        assert told is not None
        assert (told.experiment_id, told.epoch) == ("golden-v1", 2)
        assert told.variant == session.variant
        assert (step.id == "c") == (session.variant == "g_moved")

    def test_the_arm_stays_when_an_update_ships_other_weights(
        self, open_client: OpenClient, offline: FakeServer, tmp_path: Path
    ):
        first = write(tmp_path / "1.json", weighted(g_moved=100))
        second = write(tmp_path / "2.json", weighted(g_short=100))
        session = open_client(bundle=first).tutorial("golden")
        session.start()
        session.skip()

        updated = open_client(bundle=second).tutorial("golden")
        updated.start(restart=True)

        assert updated.variant == "g_moved"
        assert updated._walk.cached is not None
        assert updated._walk.cached.assignment is not None
        assert updated._walk.cached.assignment.variant == "g_moved"

    def test_before_anybody_has_seen_it_other_weights_count(
        self, open_client: OpenClient, offline: FakeServer, tmp_path: Path
    ):
        first = write(tmp_path / "1.json", weighted(g_moved=100))
        second = write(tmp_path / "2.json", weighted(g_short=100))
        assert open_client(bundle=first).tutorial("golden").variant == "g_moved"

        assert open_client(bundle=second).tutorial("golden").variant == "g_short"

    def test_a_run_goes_on_with_its_content_after_an_update_of_the_app(
        self, open_client: OpenClient, offline: FakeServer, tmp_path: Path
    ):
        first = write(tmp_path / "1.json", weighted(g_moved=100))
        session = open_client(bundle=first).tutorial("golden")
        session.start()
        session.next()
        other = {**ANSWER, "version": 2, "steps": ANSWER["steps"][:1]}
        del other["experiment"]
        second = write(tmp_path / "2.json", other)

        updated = open_client(bundle=second).tutorial("golden")
        step = updated.start()

        assert step == session.step
        assert updated.size == 3
        assert updated._walk.cached is not None
        assert updated._walk.cached.assignment is not None

    def test_an_algorithm_of_tomorrow_shows_the_control_and_tells_nothing(
        self, open_client: OpenClient, offline: FakeServer, tmp_path: Path
    ):
        plan = {**ANSWER["experiment"], "algorithm": "salted-v2", "salt": "s"}
        path = write(tmp_path / "bundle.json", {**ANSWER, "experiment": plan})
        session = open_client(bundle=path).tutorial("golden")
        session.start()

        assert session.variant == ANSWER["variant"]
        assert session._walk.cached is not None
        assert session._walk.cached.assignment is None

    def test_a_change_of_tomorrow_shows_the_control_and_says_so(
        self, open_client: OpenClient, offline: FakeServer, tmp_path: Path
    ):
        arm = {"id": "g_new", "weight": 100, "overrides": [{"swap": "a"}]}
        plan = {**ANSWER["experiment"], "variants": [arm]}
        path = write(tmp_path / "bundle.json", {**ANSWER, "experiment": plan})
        client = open_client(bundle=path)
        session = client.tutorial("golden")

        assert session.start() is not None
        assert session.variant == ANSWER["variant"]
        assert client.explain("golden").variant.reason == "ERROR"


class TestAfterwards:
    def serve(self, server: FakeServer, **changes: Any) -> None:
        config = decode(TutorialConfig, {**ANSWER, **changes})
        server.configs["golden"] = config
        server.online = True

    def test_the_server_is_asked_as_soon_as_it_is_there(
        self, open_client: OpenClient, server: FakeServer, file: Path
    ):
        self.serve(server, version=7)
        client = open_client(bundle=file)
        client.tutorial("golden")
        client.flush(timeout_seconds=10)

        assert client.explain("golden").config.version == 7

    def test_what_the_server_assigned_stays_when_its_config_is_gone(
        self, open_client: OpenClient, server: FakeServer, file: Path
    ):
        """Trimmed, or damaged: the bundle is shown again, in the server's arm."""
        self.serve(server, variant="g_plain")
        client = open_client(bundle=file)
        client.tutorial("golden")
        client.flush(timeout_seconds=10)
        client._core.storage.foreground.execute("DELETE FROM config_cache")
        server.online = False

        session = open_client(bundle=file).tutorial("golden")
        session.start()

        assert session.variant == "g_plain"
        assert session._walk.cached is not None
        assert session._walk.cached.assignment is None

    def test_a_device_that_the_server_overruled_tells_its_own_arm_no_more(
        self,
        open_client: OpenClient,
        server: FakeServer,
        tmp_path: Path,
        clock: FakeClock,
    ):
        server.online = False
        path = write(tmp_path / "bundle.json", weighted(g_moved=100))
        client = open_client(bundle=path)
        session = client.tutorial("golden")
        session.start()
        self.serve(server, variant="g_plain")
        client.flush(timeout_seconds=10)

        resumed = open_client(bundle=path).tutorial("golden")

        assert resumed.variant == "g_moved"
        assert resumed._walk.cached is not None
        assert resumed._walk.cached.assignment is None
