"""What waits on the device: bounded, checked, and counted when it goes."""

from dataclasses import replace

import pytest

from client_sdk import ClientConfig
from client_sdk._ping_queue import PingRow
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import QUIET, OpenClient
from tests.client_sdk.pings import ping_all, received


def test_the_queue_is_bounded_and_counts_what_it_evicts(
    open_client: OpenClient, server: FakeServer
):
    server.online = False
    client = open_client(config=ClientConfig(max_queued_pings=10))
    ping_all(client, 13)
    client.submit_survey("welcome-tour", nps=3)

    status = client.status()
    assert (status.queued_pings, status.queued_surveys, status.evicted) == (10, 1, 3)


def test_the_oldest_pings_go_first(open_client: OpenClient, server: FakeServer):
    server.online = False
    client = open_client(config=replace(QUIET, max_queued_pings=10))
    ping_all(client, 13)
    server.online = True
    client.flush(timeout_seconds=10)

    assert received(server) == [f"step-{number}" for number in range(3, 13)]


def test_an_answer_that_changed_on_the_disk_is_not_sent(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    for nps in (1, 2, 3):
        client.submit_survey("welcome-tour", nps=nps)
    client._core.storage.foreground.execute(
        "UPDATE survey_answers SET nps = 9 WHERE nps = 2"
    )
    client.flush(timeout_seconds=10)

    assert [one["nps"] for one in server.surveys.values()] == [1, 3]
    assert [one.code for one in client.set_aside()] == ["damaged"]


@pytest.mark.parametrize("column", PingRow._fields)
def test_no_column_of_a_ping_may_change_on_the_disk(
    open_client: OpenClient, server: FakeServer, column: str
):
    client = open_client()
    ping_all(client, 1)
    client._core.storage.foreground.execute(
        f"UPDATE pings SET {column} = CASE typeof({column})"
        f" WHEN 'integer' THEN {column} + 1"
        f" WHEN 'blob' THEN x'00112233445566778899aabbccddeeff' ELSE 'x' END"
    )
    client.flush(timeout_seconds=10)

    assert server.pings == []
    assert [one.code for one in client.set_aside()] == ["damaged"]


def test_the_bound_holds_over_many_starts(open_client: OpenClient, server: FakeServer):
    server.online = False
    config = replace(QUIET, max_queued_pings=100)
    for _ in range(4):
        client = open_client(config=config)
        ping_all(client, 60)

    assert open_client(config=config).status().queued_pings <= 100


def test_the_queue_is_bounded_in_bytes(open_client: OpenClient, server: FakeServer):
    server.online = False
    client = open_client(config=replace(QUIET, max_queued_bytes=20_000))
    for number in range(200):
        client.ping("welcome-tour", f"{number:0200}", "started")

    status = client.status()
    assert 0 < status.queued_pings * 360 <= 20_000 + 400
    assert status.queued_pings + status.evicted == 200


def test_answers_stay_while_pings_go(open_client: OpenClient, server: FakeServer):
    server.online = False
    config = replace(QUIET, max_queued_pings=10, max_queued_surveys=3)
    client = open_client(config=config)
    for number in range(5):
        client.submit_survey(f"tour-{number}", nps=number)
    ping_all(client, 50)
    status = client.status()

    assert (status.queued_surveys, status.queued_pings) == (3, 10)
    assert status.evicted == 42
    server.online = True
    client.flush(timeout_seconds=10)
    assert [one["nps"] for one in server.surveys.values()] == [2, 3, 4]


def test_what_is_set_aside_is_bounded_too(open_client: OpenClient, server: FakeServer):
    client = open_client(config=ClientConfig(max_set_aside=2, startup_delay_seconds=60))
    for number in range(5):
        client.ping("welcome-tour", f"step-{number}", "started")
    client._core.storage.foreground.execute("UPDATE pings SET duration_ms = 1")
    client.flush(timeout_seconds=10)

    aside = [event.body["step_id"] for event in client.set_aside()]
    assert aside == ["step-3", "step-4"]
    assert client.status().set_aside == 5


def test_a_row_that_changed_on_the_disk_is_not_sent(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    ping_all(client, 3)
    client._core.storage.foreground.execute(
        "UPDATE pings SET step_id = 'x' WHERE seq = 2"
    )
    client.flush(timeout_seconds=10)

    assert received(server) == ["step-0", "step-2"]
    assert client.status().set_aside == 1


def test_damaged_rows_hold_no_good_one_up(open_client: OpenClient, server: FakeServer):
    client = open_client(config=replace(QUIET, batch_size=5))
    for number in range(15):
        client.ping("welcome-tour", f"step-{number}", "started")
    client._core.storage.foreground.execute(
        "UPDATE pings SET step_id='x' WHERE seq <= 5"
    )
    client.flush(timeout_seconds=10)

    assert len(server.pings) == 10
    assert client.status().set_aside == 5
