"""A client that is closed, once or twice, with or without its folder."""

from client_sdk import ClientConfig, TutorialClient
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import OpenClient


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
    import shutil

    folder = tmp_path / "device"
    client = TutorialClient(
        "http://kazi.invalid",
        storage_dir=folder,
        transport=server,
        config=ClientConfig(startup_delay_seconds=3600),
    )
    shutil.rmtree(folder)

    client.close()
