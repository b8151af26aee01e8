"""A client that is closed, once or twice, with or without its folder, or not at all."""

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

from client_sdk import ClientConfig, TutorialClient
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.pings import ping, received
from tests.client_sdk.refused_writes import refused_writes


def test_a_closed_client_ignores_calls_and_counts_them(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    client.close()
    client.close()
    client.ping("welcome-tour", "intro", "started")

    assert client.status().misuses == 1


def test_flush_after_close_says_so(open_client: OpenClient):
    client = open_client()
    client.close()

    assert client.flush(timeout_seconds=10).error == "the client is closed"


def test_a_client_whose_folder_has_gone_can_be_closed(tmp_path, server: FakeServer):
    folder = tmp_path / "device"
    client = TutorialClient(
        "http://kazi.invalid",
        storage_dir=folder,
        transport=server,
        config=ClientConfig(startup_delay_seconds=3600),
    )
    shutil.rmtree(folder)

    client.close()


def test_what_waits_in_memory_is_stored_at_the_end(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    with refused_writes(client):
        ping(client, "held")
        client.submit_survey("welcome-tour", nps=4)
    held = client.status().held
    client.close()
    open_client().flush(timeout_seconds=10)

    assert held == 2
    assert received(server) == ["held"]
    assert [one["nps"] for one in server.surveys.values()] == [4]


def test_an_interpreter_ends_at_once_beside_a_request_that_hangs(
    tmp_path: Path, open_client: OpenClient, server: FakeServer
):
    script = f"""
        import threading
        from client_sdk import TutorialClient
        from client_sdk.testing import TEST_CONFIG, FakeServer
        class HangingServer(FakeServer):
            def send(self, request):
                asked.set()
                threading.Event().wait()
        asked = threading.Event()
        client = TutorialClient(
            "http://kazi.invalid", storage_dir={str(tmp_path)!r},
            transport=HangingServer(), config=TEST_CONFIG,
        )
        client.ping("welcome-tour", "intro", "started")
        client.wake()
        assert asked.wait(10)
        client.ping("welcome-tour", "dashboard", "started")
    """
    child = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    open_client().flush(timeout_seconds=10)

    assert (child.returncode, child.stderr) == (0, "")
    assert received(server) == ["intro", "dashboard"]
