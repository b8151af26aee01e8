"""What an app's type checker says of the SDK: read by mypy and pyright, never run."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, assert_type
from uuid import UUID

from client_sdk import (
    MEMORY,
    Answer,
    AsyncTutorialClient,
    ClientConfig,
    ClientEvent,
    ClientStatus,
    Device,
    Durability,
    EventKind,
    FlushResult,
    OutgoingPing,
    OutgoingSurvey,
    Request,
    Response,
    SessionStatus,
    SetAsideEvent,
    Step,
    StepStatus,
    SurveyPrompt,
    TutorialClient,
    TutorialConfig,
    TutorialSession,
)
from client_sdk.contracts.launch import LaunchItem
from client_sdk.testing import EventWatch, FakeClock, FakeServer, drain, memory_client


class AppTransport:
    """A transport of the app's own: the protocol is enough, no base class is needed."""

    def send(self, request: Request) -> Response:
        assert_type(request.body, bytes | None)
        return Response(status=204)

    def close(self) -> None:
        pass


def redact(
    event: OutgoingPing | OutgoingSurvey,
) -> OutgoingPing | OutgoingSurvey | None:
    if isinstance(event, OutgoingSurvey):
        assert_type(event.answers, tuple[Answer, ...])
        return None
    assert_type(event.status, StepStatus)
    return event


def build(folder: Path) -> TutorialClient:
    config = ClientConfig(durability=Durability.POWER_LOSS, flush_at=5, strict=True)
    assert_type(config.flush_interval_seconds, float)
    TutorialClient("https://tutorials.example.com", storage_dir=MEMORY)
    return TutorialClient(
        "https://tutorials.example.com",
        storage_dir=folder,
        token_provider=lambda: "token",
        device=Device.ANDROID,
        config=config,
        transport=AppTransport(),
        clock=FakeClock(),
        before_send=redact,
    )


def use(client: TutorialClient) -> None:
    client.ping("welcome-tour", "intro", "started")
    client.ping("welcome-tour", "intro", StepStatus.COMPLETED, duration_ms=900)
    client.submit_survey("welcome-tour", nps=9, answers=[Answer(question="q", score=1)])
    client.identify(lambda: "token")
    client.log_out(wipe=True)
    assert_type(client.launch(), tuple[LaunchItem, ...])
    assert_type(str(client.explain("welcome-tour")), str)
    assert_type(client.flush(timeout_seconds=1), FlushResult)
    assert_type(client.flush().error, str | None)
    assert_type(client.request_flush(print), Callable[[], FlushResult])
    assert_type(client.subscribe(lambda event: None), Callable[[], None])
    assert_type(client.set_aside(), list[SetAsideEvent])
    with client as same:
        assert_type(same, TutorialClient)


def read(status: ClientStatus, aside: SetAsideEvent, event: ClientEvent) -> None:
    assert_type(status.queued, int)
    assert_type(status.online, bool | None)
    assert_type(status.last_sync_at, datetime | None)
    assert_type(aside.event_id, UUID)
    assert_type(aside.body, dict[str, Any])
    assert_type(event.kind, EventKind)
    assert_type(event.tutorial_id, str | None)


def step_through(client: TutorialClient) -> None:
    session = client.tutorial("welcome-tour")
    assert_type(session, TutorialSession)
    assert_type(session.start(restart=True), Step | None)
    assert_type(session.next(), Step | None)
    assert_type(session.back(), Step | None)
    assert_type(session.go_to("team"), Step | None)
    assert_type(session.step, Step | None)
    assert_type(session.index, int | None)
    assert_type(session.status, SessionStatus)
    assert_type(session.config, TutorialConfig | None)
    if session.config is not None:
        assert_type(session.config.steps, tuple[Step, ...])
        assert_type(session.config.survey, SurveyPrompt | None)
    session.submit_survey(nps=10, comment="")


async def use_in_a_loop(core: TutorialClient) -> None:
    async with AsyncTutorialClient(core) as client:
        assert_type(client, AsyncTutorialClient)
        assert_type(client.client, TutorialClient)
        assert_type(client.tutorial("welcome-tour"), TutorialSession)
        assert_type(await client.flush(), FlushResult)
        async for event in client.events():
            assert_type(event, ClientEvent)
        await client.aclose(timeout_seconds=1)


def use_fakes() -> None:
    server = FakeServer()
    with memory_client(server) as client, EventWatch(client) as watch, server.offline():
        assert_type(client, TutorialClient)
        assert_type(watch.wait_for(EventKind.SYNCED), ClientEvent)
        assert_type(drain(client), int)


def be_told_of_mistakes(client: TutorialClient) -> None:
    """Each line that is ignored here is an error to the checker; it says if one is none."""
    client.ping("welcome-tour", "intro")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.ping(7, "intro", "started")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.log_out(True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.status().sent = 7  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    ClientConfig(flush_att=7)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
