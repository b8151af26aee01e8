"""Listeners hear what happens, and cost nobody anything."""

from client_sdk import EventKind
from tests.client_sdk.conftest import OpenClient


def test_a_sync_that_succeeds_is_told(open_client: OpenClient):
    client = open_client()
    seen: list[str] = []
    client.subscribe(lambda event: seen.append(event.kind))
    client.flush(timeout_seconds=10)

    assert EventKind.SYNCED in seen
    assert client.status().online is True
    assert client.status().last_sync_at is not None


def test_a_listener_that_raises_costs_the_others_nothing(open_client: OpenClient):
    client = open_client()
    seen: list[str] = []

    def fail(event: object) -> None:
        raise RuntimeError("the host's fault")

    client.subscribe(fail)
    client.subscribe(lambda event: seen.append(event.kind))
    client.ping("welcome-tour", "intro", "started")

    assert seen == [EventKind.QUEUE_CHANGED]


def test_an_unsubscribed_listener_hears_nothing(open_client: OpenClient):
    client = open_client()
    seen: list[str] = []
    client.subscribe(lambda event: seen.append(event.kind))()
    client.ping("welcome-tour", "intro", "started")

    assert seen == []


def test_flush_in_a_listener_does_not_wait_for_itself(open_client: OpenClient):
    client = open_client()
    results: list[str | None] = []

    def flush(event: object) -> None:
        if getattr(event, "kind", None) is EventKind.SYNCED:
            results.append(client.flush(timeout_seconds=60).error)

    client.subscribe(flush)
    client.flush(timeout_seconds=10)

    assert results == [None]
