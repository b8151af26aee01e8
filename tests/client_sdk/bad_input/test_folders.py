"""Two clients of one process on one folder."""

from pathlib import Path

import pytest

from client_sdk import ClientConfig, UsageError
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.pings import received


def test_two_clients_on_one_folder_are_told_and_both_work(
    open_client: OpenClient, server: FakeServer, caplog: pytest.LogCaptureFixture
):
    first, second = open_client(), open_client()
    first.ping("welcome-tour", "of-first", "started")
    second.ping("welcome-tour", "of-second", "started")
    first.flush()

    assert (first.status().misuses, second.status().misuses) == (0, 1)
    assert "share that one" in caplog.text
    assert received(server) == ["of-first", "of-second"]
    with pytest.raises(UsageError, match="share that one"):
        open_client(config=ClientConfig(strict=True))


def test_a_client_keeps_its_folder_when_the_app_goes_to_another(
    open_client: OpenClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    client = open_client(storage_dir="data")
    client.ping("welcome-tour", "intro", "started")
    monkeypatch.chdir(tmp_path / "there")
    client.flush()

    assert client.status().sent == 1
    assert list((tmp_path / "there").iterdir()) == []


def test_a_folder_is_free_again_after_the_close(open_client: OpenClient):
    open_client().close()

    assert open_client().status().misuses == 0
