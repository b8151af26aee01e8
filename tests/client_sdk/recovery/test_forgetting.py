"""What a user wanted forgotten stays so, whatever happens to the file."""

from pathlib import Path

import pytest

from client_sdk._storage import FILE_NAME
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.pings import ping, received
from tests.client_sdk.recovery.damage import spoil


@pytest.mark.parametrize("end", ["log out", "opt out"])
def test_what_is_to_be_forgotten_does_not_come_back(
    open_client: OpenClient, server: FakeServer, tmp_path: Path, end: str
):
    server.online = False
    client = open_client()
    client.submit_survey("welcome-tour", nps=1, comment="private words")
    spoil(tmp_path)
    ping(client, "during")
    client.close()
    again = open_client()
    again.log_out(wipe=True) if end == "log out" else again.opt_out()
    server.online = True
    again.flush(timeout_seconds=10)

    assert server.surveys == {}
    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"private words" not in left


def test_what_was_wiped_stays_away_when_the_file_is_damaged_later(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    server.online = False
    client = open_client()
    for number in range(30):
        client.submit_survey("welcome-tour", nps=1, comment=f"private {number} " * 200)
    client.log_out(wipe=True)
    client.close()
    assert b"private" not in (tmp_path / FILE_NAME).read_bytes()
    with (tmp_path / FILE_NAME).open("r+b") as content:
        content.write(bytes(100))
    again = open_client()
    server.online = True
    again.flush(timeout_seconds=10)

    assert server.surveys == {}
    assert again.status().queued == 0


def test_who_opted_out_stays_so_when_the_row_that_says_so_is_gone(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    client = open_client()
    client.opt_out()
    client.close()
    spoil(tmp_path, tables=("device",))
    again = open_client()
    ping(again, "never")
    again.flush(timeout_seconds=10)

    assert again.status().opted_out
    assert received(server) == []
