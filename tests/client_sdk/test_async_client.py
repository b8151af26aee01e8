"""The client in an asyncio or a trio loop: nothing waits, nothing is left hanging."""

import gc
import threading
from collections.abc import Iterator

import anyio
import pytest

from client_sdk import (
    AsyncTutorialClient,
    ClientEvent,
    EventKind,
    TutorialClient,
    UsageError,
)
from client_sdk.testing import FakeServer, memory_client
from tests.client_sdk.conftest import QUIET, tour
from tests.client_sdk.pings import received

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    backend: str = request.param
    return backend


class SlowServer(FakeServer):
    """Answers nothing until it is told to."""

    def __init__(self) -> None:
        super().__init__(tour("intro"))
        self.asked = threading.Event()
        self.may_answer = threading.Event()

    def send(self, request):
        self.asked.set()
        self.may_answer.wait(30)
        return super().send(request)


@pytest.fixture
def slow() -> Iterator[SlowServer]:
    server = SlowServer()
    yield server
    server.may_answer.set()


async def test_a_flush_delivers_what_the_plain_methods_queue(server: FakeServer):
    async with AsyncTutorialClient(memory_client(server)) as client:
        client.ping("welcome-tour", "intro", "started")
        result = await client.flush()

    assert (result.delivered, result.remaining, result.error) == (1, 0, None)
    assert received(server) == ["intro"]


async def test_a_flush_returns_in_time_and_the_loop_runs_on(slow: SlowServer):
    async with AsyncTutorialClient(memory_client(slow)) as client:
        client.ping("welcome-tour", "intro", "started")
        turns = 0

        async def turn() -> None:
            nonlocal turns
            while True:
                await anyio.lowlevel.checkpoint()
                turns += 1

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(turn)
            result = await client.flush(timeout_seconds=0.1)
            tasks.cancel_scope.cancel()
        slow.may_answer.set()

    assert result.error == "time ran out"
    assert turns > 100


async def test_a_cancelled_flush_ends_at_once_and_leaves_nobody_waiting(
    slow: SlowServer,
):
    core = memory_client(slow)
    threads = threading.active_count()
    async with AsyncTutorialClient(core) as client:
        client.ping("welcome-tour", "intro", "started")
        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.flush)
                while not slow.asked.is_set():
                    await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()
        assert threading.active_count() == threads
        assert core._core.sync._followers == []
        slow.may_answer.set()

        assert (await client.flush()).error is None


async def test_a_close_is_carried_out_though_its_task_is_cancelled(server: FakeServer):
    core = memory_client(server)
    closed = threading.Event()
    core.subscribe(lambda event: closed.set() if event.kind == "closed" else None)
    with anyio.CancelScope() as scope:
        scope.cancel()
        async with AsyncTutorialClient(core) as client:
            client.ping("welcome-tour", "intro", "started")

    assert closed.wait(10)


async def test_a_close_returns_in_time_beside_a_request_that_hangs(slow: SlowServer):
    client = AsyncTutorialClient(memory_client(slow))
    client.wake()
    client.tutorial("welcome-tour")
    while not slow.asked.is_set():
        await anyio.lowlevel.checkpoint()
    with anyio.fail_after(5):
        await client.aclose(timeout_seconds=0.05)

    assert client.status().queued == 0


async def test_events_arrive_from_the_sync_thread_in_order(server: FakeServer):
    async with AsyncTutorialClient(memory_client(server)) as client:
        seen = []
        stream = client.events()
        client.tutorial("welcome-tour")
        client.wake()
        async for event in stream:
            seen.append(event)
            if event.kind is EventKind.SYNCED:
                break

    assert seen == [
        ClientEvent(EventKind.CONFIG_READY, "welcome-tour"),
        ClientEvent(EventKind.SYNCED),
    ]


async def test_a_slow_consumer_gets_each_kind_once_and_costs_no_memory(
    server: FakeServer,
):
    async with AsyncTutorialClient(memory_client(server)) as client:
        stream = client.events()
        for _ in range(1_000):
            client.ping("welcome-tour", "intro", "started")
        client.log_out()
        client.ping("welcome-tour", "intro", "started")

        assert (await anext(stream)).kind is EventKind.USER_CHANGED
        assert (await anext(stream)).kind is EventKind.QUEUE_CHANGED
        assert stream._waiting == {}


async def test_a_cancelled_consumer_loses_no_event(server: FakeServer):
    async with AsyncTutorialClient(memory_client(server)) as client:
        stream = client.events()
        client.ping("welcome-tour", "intro", "started")
        with anyio.CancelScope() as scope:
            scope.cancel()
            await anext(stream)
        with anyio.move_on_after(5) as waited:
            assert (await anext(stream)).kind is EventKind.QUEUE_CHANGED

    assert not waited.cancelled_caught


async def test_a_loop_over_events_ends_with_the_client(server: FakeServer):
    client = AsyncTutorialClient(memory_client(server))
    stream = client.events()
    ended = anyio.Event()

    async def follow() -> None:
        async for _ in stream:
            pass
        ended.set()

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(follow)
            await anyio.lowlevel.checkpoint()
            await client.aclose()
            await ended.wait()


async def test_a_loop_over_a_closed_client_ends_at_once(server: FakeServer):
    client = AsyncTutorialClient(memory_client(server, config=QUIET))
    await client.aclose()

    assert [event async for event in client.events()] == []
    assert client.status().misuses == 1


async def test_a_loop_that_is_left_listens_no_more(server: FakeServer):
    core = memory_client(server)
    async with AsyncTutorialClient(core) as client:
        client.ping("welcome-tour", "intro", "started")
        stream = client.events()
        client.ping("welcome-tour", "intro", "completed")
        async for _ in stream:
            break
        del stream
        gc.collect()

        assert core._core.events.listeners == ()


async def test_a_time_that_is_none_is_a_mistake(server: FakeServer):
    async with AsyncTutorialClient(memory_client(server)) as client:
        with pytest.raises(UsageError, match="timeout_seconds is a str"):
            await client.flush(timeout_seconds="soon")  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="timeout_seconds is nan"):
            await client.aclose(timeout_seconds=float("nan"))


def test_every_method_of_the_client_has_its_counterpart():
    plain = {name for name in vars(TutorialClient) if not name.startswith("_")}
    other = {name for name in vars(AsyncTutorialClient) if not name.startswith("_")}

    assert plain - other == {"close"}
    assert other - plain == {"aclose", "events"}
