"""When what waits is sent by itself."""

from dataclasses import replace

from client_sdk import ClientConfig, EventKind, TutorialClient
from client_sdk.testing import EventWatch, FakeServer, problem_response
from tests.client_sdk.conftest import QUIET, OpenClient
from tests.client_sdk.pings import ping_all, received
from tests.support.server_process import wait_until


def test_enough_events_start_a_flush_by_themselves(
    open_client: OpenClient, server: FakeServer
):
    config = ClientConfig(
        flush_at=3, flush_interval_seconds=3600, startup_delay_seconds=3600
    )
    client = open_client(config=config)
    with EventWatch(client) as watch:
        ping_all(client, 3)
        watch.wait_for(EventKind.SYNCED)

    assert received(server) == ["step-0", "step-1", "step-2"]


def test_a_lone_event_is_sent_after_the_interval(
    open_client: OpenClient, server: FakeServer
):
    config = ClientConfig(flush_interval_seconds=0.05, startup_delay_seconds=3600)
    client = open_client(config=config)
    with EventWatch(client) as watch:
        ping_all(client, 1)
        watch.wait_for(EventKind.SYNCED)

    assert received(server) == ["step-0"]


def test_a_sync_comes_by_itself_when_the_interval_is_over(
    open_client: OpenClient, server: FakeServer
):
    client = open_client(config=replace(QUIET, sync_interval_seconds=0.05))
    client.flush(timeout_seconds=10)
    for _ in range(3):
        with EventWatch(client) as watch:
            watch.wait_for(EventKind.SYNCED)


def test_a_resumed_app_syncs(open_client: OpenClient, server: FakeServer):
    client = open_client()
    ping_all(client, 1)
    with EventWatch(client) as watch:
        client.resume()
        watch.wait_for(EventKind.SYNCED)

    assert received(server) == ["step-0"]


def test_a_paused_app_leaves_a_tidy_file_also_while_the_server_wants_peace(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    busy = problem_response(503, "busy", headers={"retry-after": "3600"})
    server.script = [busy]
    client.flush(timeout_seconds=10)
    before = _checkpoints(client)
    ping_all(client, 1)
    client.pause()

    wait_until(lambda: _checkpoints(client) > before, what="a checkpoint")
    assert received(server) == []


def _checkpoints(client: TutorialClient) -> int:
    query = "SELECT value FROM counters WHERE name = 'checkpoints'"
    ((count,),) = client._core.storage.foreground.execute(query)
    return int(count)
