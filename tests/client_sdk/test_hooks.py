"""What an app hears, and its say in what is collected."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from client_sdk import (
    Answer,
    ClientConfig,
    EventKind,
    FlushResult,
    OutgoingPing,
    OutgoingSurvey,
    SessionStatus,
    TutorialClient,
    Unreachable,
)
from client_sdk.contracts import routes
from client_sdk.contracts.problem import ProblemCode
from client_sdk.testing import (
    TEST_CONFIG,
    EventWatch,
    FakeServer,
    drain,
    memory_client,
    problem_response,
)
from tests.client_sdk.accounts import token_of
from tests.client_sdk.pings import received

Outgoing = OutgoingPing | OutgoingSurvey

SECRET = "hush-hush-42"


def test_a_hook_drops_what_the_app_does_not_want(server: FakeServer):
    def without_intro(event: Outgoing) -> Outgoing | None:
        is_intro = isinstance(event, OutgoingPing) and event.step_id == "intro"
        return None if is_intro else event

    with memory_client(server, before_send=without_intro) as client:
        session = client.tutorial("welcome-tour")
        drain(client)
        session.start()
        session.next()
        client.ping("welcome-tour", "intro", "started")
        drain(client)

        assert client.status().declined == 3
    assert received(server) == ["dashboard"]


def test_a_hook_changes_what_is_stored(server: FakeServer):
    def redact(event: Outgoing) -> Outgoing:
        if isinstance(event, OutgoingSurvey):
            answers = tuple(replace(one, text=None) for one in event.answers)
            return replace(event, comment="", answers=answers)
        return replace(event, step_id="a step", duration_ms=0)

    with memory_client(server, before_send=redact) as client:
        answer = Answer(question="why", score=3, text=SECRET)
        client.submit_survey("welcome-tour", nps=9, comment=SECRET, answers=[answer])
        client.ping("welcome-tour", "intro", "started", 77)
        drain(client)

    (survey,) = server.surveys.values()
    assert (survey["nps"], survey["comment"]) == (9, "")
    assert survey["answers"] == [{"question": "why", "score": 3}]
    assert [(p["stepId"], p["t"]) for p in server.pings] == [("a step", 0)]


def test_a_hook_sees_a_session_s_answer_and_the_run_ends_though_it_is_dropped(
    server: FakeServer,
):
    seen: list[Outgoing] = []

    def drop_answers(event: Outgoing) -> Outgoing | None:
        seen.append(event)
        return event if isinstance(event, OutgoingPing) else None

    with memory_client(server, before_send=drop_answers) as client:
        session = client.tutorial("welcome-tour")
        drain(client)
        session.start()
        while session.next():
            pass
        session.submit_survey(nps=3, comment=SECRET)
        drain(client)

        assert session.status is SessionStatus.FINISHED
        assert server.surveys == {}
        answer = seen[-1]
    assert answer == OutgoingSurvey(
        tutorial_id="welcome-tour", nps=3, comment=SECRET, answers=()
    )


@pytest.mark.parametrize("fault", ["raises", "another-type", "wrong-value"])
def test_a_hook_that_fails_is_told_and_the_event_stays(
    server: FakeServer, caplog: pytest.LogCaptureFixture, fault: str
):
    def hook(event: Outgoing) -> Outgoing | None:
        if fault == "raises":
            raise RuntimeError(SECRET)
        if fault == "wrong-value" and isinstance(event, OutgoingPing):
            return replace(event, step_id="")
        return SECRET  # type: ignore[return-value]

    with memory_client(server, before_send=hook) as client:
        client.ping("welcome-tour", "intro", "started")
        client.submit_survey("welcome-tour", nps=9)
        drain(client)

    assert received(server) == ["intro"]
    assert [one["nps"] for one in server.surveys.values()] == [9]
    assert "before_send failed" in caplog.text
    assert SECRET not in caplog.text


def test_an_event_that_is_set_aside_is_told(server: FakeServer):
    refuse = problem_response(400, ProblemCode.INVALID_REQUEST)
    server.script = [server.answer, refuse]
    with memory_client(server) as client, EventWatch(client) as watch:
        client.ping("welcome-tour", "intro", "started")
        client.flush()
        watch.wait_for(EventKind.SET_ASIDE)

        assert client.status().set_aside == 1
        assert [e.kind for e in watch.events].count(EventKind.SET_ASIDE) == 1


def test_what_is_evicted_is_told(server: FakeServer):
    config = replace(TEST_CONFIG, max_queued_pings=10)
    with memory_client(server, config=config) as client, EventWatch(client) as watch:
        client.flush()
        for _ in range(12):
            client.ping("welcome-tour", "intro", "started")
        client.flush()
        watch.wait_for(EventKind.EVICTED)

        assert client.status().evicted > 0


def test_a_change_of_user_and_the_end_are_told(server: FakeServer):
    client = memory_client(server)
    with EventWatch(client) as watch:
        client.log_out()
        client.close()
        kinds = [event.kind for event in watch.events]

    assert kinds == [EventKind.USER_CHANGED, EventKind.CLOSED]


def test_a_flush_may_be_requested_without_waiting(server: FakeServer):
    results: list[FlushResult] = []
    with memory_client(server) as client, EventWatch(client) as watch:
        client.ping("welcome-tour", "intro", "started")
        client.request_flush(results.append)
        watch.wait_for(EventKind.SYNCED)
        client.flush()  # the one before has been told by the end of this one

    assert [(one.delivered, one.error) for one in results] == [(1, None)]


def test_a_requested_flush_ends_with_the_client():
    results: list[FlushResult] = []
    server = FakeServer()
    server.online = False
    client = memory_client(server, config=replace(TEST_CONFIG, strict=False))
    client.close()
    client.request_flush(results.append)

    assert [one.error for one in results] == ["the client is closed"]


@pytest.fixture
def busy(server: FakeServer, tmp_path) -> Iterator[TutorialClient]:
    config = ClientConfig(
        startup_delay_seconds=3600, backoff_initial_seconds=0.01, max_queued_pings=50
    )
    with TutorialClient(
        f"http://ann:{SECRET}@kazi.invalid",
        storage_dir=tmp_path,
        config=config,
        transport=server,
    ) as client:
        yield client


def test_no_log_line_and_no_error_holds_a_secret(
    busy: TutorialClient, server: FakeServer, caplog: pytest.LogCaptureFixture
):
    """Tokens, comments, answers, passwords and what a provider says, at level DEBUG."""
    caplog.set_level(logging.DEBUG)
    errors: list[str | None] = []

    def note() -> None:
        busy.flush()
        errors.append(busy.status().last_error)

    def fail() -> str:
        raise RuntimeError(f"no account for {SECRET}")

    def answer(one: str) -> None:
        text = Answer(question="why", text=SECRET)
        busy.submit_survey(
            "welcome-tour", nps=1, comment=f"{SECRET} {one}", answers=[text]
        )

    tour = busy.tutorial("welcome-tour")
    note()
    tour.start()
    while tour.next():
        pass
    tour.submit_survey(nps=9, comment=SECRET)
    note()
    for provider in (fail, lambda: SECRET, lambda: f"{SECRET}.{SECRET}.{SECRET}"):
        busy.identify(provider)
        note()
    busy.identify(lambda: token_of(SECRET))
    for status, code in [
        (401, ProblemCode.TOKEN_INVALID),
        (400, ProblemCode.INVALID_REQUEST),
        (429, ProblemCode.SURVEY_RATE_LIMITED),
        (500, ProblemCode.INTERNAL_ERROR),
        (503, "unavailable"),
    ]:
        answer(str(status))
        busy.ping("welcome-tour", "intro", "started")
        server.script = [problem_response(status, code)] * 2
        note()
    server.script = [Unreachable("cut"), RuntimeError(SECRET), ValueError(SECRET)]
    note()
    server.valid_tokens = set()
    note()
    server.valid_tokens = None
    busy.ping(SECRET * 100, "intro", "started")
    busy.ping("welcome-tour", f"{SECRET}\0", "started")
    busy.ping("welcome-tour", "intro", f"{'x' * 40}{SECRET}")
    busy.submit_survey("welcome-tour", nps=1, comment=SECRET * 500)
    busy.submit_survey("welcome-tour", nps=1, answers=[Answer(question=SECRET * 90)])
    busy.subscribe(SECRET)  # type: ignore[arg-type]
    for _ in range(60):
        busy.ping("welcome-tour", "intro", "started")
    note()
    busy.log_out(wipe=True)
    note()
    busy.close()
    busy.submit_survey("welcome-tour", nps=1, comment=SECRET)

    assert server.requests_to(routes.SURVEY)
    assert len(caplog.records) > 20
    told = "\n".join(logging.Formatter().format(one) for one in caplog.records)
    assert SECRET not in told
    assert SECRET not in str(errors)
