"""When what waits is sent by itself."""

from client_sdk import ClientConfig, EventKind
from client_sdk.testing import EventWatch, FakeServer
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.pings import ping_all, received


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
