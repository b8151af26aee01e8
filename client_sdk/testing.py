"""Fakes for the tests of apps that embed the SDK: a server in memory, a clock to turn."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import TracebackType
from typing import Any, Self

from client_sdk._client import TutorialClient
from client_sdk._clock import Clock, SystemClock
from client_sdk._config import ClientConfig
from client_sdk._errors import Unreachable
from client_sdk._events import ClientEvent, EventKind
from client_sdk._fake_progress import FakeProgress
from client_sdk._outgoing import BeforeSend
from client_sdk._storage import MEMORY
from client_sdk._tokens import TokenProvider
from client_sdk._transport import Request, Response, Transport
from client_sdk.contracts import routes
from client_sdk.contracts.codec import encode, format_timestamp
from client_sdk.contracts.identity import user_id_of_secret
from client_sdk.contracts.launch import (
    Launch,
    LaunchFacts,
    LaunchItem,
    LaunchReason,
    launch_order,
    may_start,
)
from client_sdk.contracts.problem import Problem, ProblemCode
from client_sdk.contracts.tutorial import TutorialConfig

__all__ = [
    "TEST_CONFIG",
    "EventWatch",
    "FakeClock",
    "FakeServer",
    "body_of",
    "drain",
    "memory_client",
    "problem_response",
]

FRESH_FOR = timedelta(minutes=15)
#: Nothing is sent unasked, a failed try is repeated at once, and mistakes raise.
TEST_CONFIG = ClientConfig(
    flush_at=10_000,
    flush_interval_seconds=3600,
    startup_delay_seconds=3600,
    backoff_initial_seconds=0.01,
    backoff_max_seconds=0.05,
    strict=True,
)


class FakeClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, now_ms: int = 1_790_000_000_000) -> None:
        self._now_ms = now_ms
        self._monotonic = 0.0

    def now_ms(self) -> int:
        """Return milliseconds since 1970 in UTC."""
        return self._now_ms

    def now(self) -> datetime:
        """Return the time as a date in UTC, for configs and expectations."""
        return datetime.fromtimestamp(self._now_ms / 1000, UTC)

    def monotonic_seconds(self) -> float:
        """Return seconds since the clock was made."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass: both clocks move."""
        self._monotonic += seconds
        self._now_ms += round(seconds * 1000)

    def jump(self, seconds: float) -> None:
        """Set the date, as a user or the network does: only the date moves."""
        self._now_ms += round(seconds * 1000)


def problem_response(
    status: int, code: str, *, headers: dict[str, str] | None = None
) -> Response:
    """Return an error answer of the sync server."""
    problem = Problem(
        type="about:blank",
        title=code,
        status=status,
        code=code,
        detail=f"{code} by the test",
    )
    return Response(
        status=status,
        headers={"content-type": "application/problem+json", **(headers or {})},
        body=json.dumps(encode(problem)).encode(),
    )


class FakeServer:
    """A sync server in memory, behind the SDK's Transport protocol.

    It stores pings by id as the real one does, so that a test can ask what arrived.
    ``online = False`` cuts the network; ``script`` holds answers for the next requests,
    each a Response, an exception to raise, or a function of the request.  ``clock`` is the
    server's own, by which it judges the clocks of devices.
    """

    def __init__(self, *configs: TutorialConfig, clock: Clock | None = None) -> None:
        self.online: bool = True
        self.configs: dict[str, TutorialConfig] = {
            config.tutorial_id: config for config in configs
        }
        #: Events in order of arrival, as the wire's JSON objects, each id once.
        self.pings: list[dict[str, Any]] = []
        #: Answers to surveys by submission id.
        self.surveys: dict[str, dict[str, Any]] = {}
        #: Anonymous tokens that became an account's, by the account's token.
        self.links: dict[str, str] = {}
        self._progress = FakeProgress(self.configs, self.links, clock or SystemClock())
        self.requests: list[Request] = []
        self.script: list[Response | Exception | Callable[[Request], Response]] = []
        self.valid_tokens: set[str] | None = None
        self._lock = threading.Lock()

    def send(self, request: Request) -> Response:
        """Answer a request as the sync server would."""
        with self._lock:
            if not self.online:
                raise Unreachable("the test cut the network")
            self.requests.append(request)
            if self.script:
                return self._play(self.script.pop(0), request)
            return self.answer(request)

    def close(self) -> None:
        """Do nothing: a client that closes does not end the server."""

    @contextmanager
    def offline(self) -> Iterator[None]:
        """Cut the network for the block."""
        self.online = False
        try:
            yield
        finally:
            self.online = True

    def requests_to(self, path: str) -> list[Request]:
        """Return the requests to one route, in order."""
        return [request for request in self.requests if request.path == path]

    def events_of(self, request: Request) -> list[dict[str, Any]]:
        """Return the events of a request to the batch route, as JSON objects."""
        events: list[dict[str, Any]] = body_of(request)["events"]
        return events

    def answer(self, request: Request) -> Response:
        """Answer without regard to ``online`` and ``script``."""
        if request.path == routes.ANONYMOUS:
            return self._mint(json.loads(request.body or b""))
        is_open = (
            request.path == routes.CONFIG and "authorization" not in request.headers
        )
        if not (is_open or self._is_authorised(request)):
            return problem_response(401, ProblemCode.TOKEN_INVALID)
        if request.path == routes.CONFIG:
            return self._config(request)
        if request.path == routes.LAUNCH:
            return self._launch(request)
        if request.path == routes.STEPS:
            return self._store_pings(request, body_of(request))
        if request.path == routes.SURVEY:
            return self._store_survey(body_of(request))
        if request.path == routes.IDENTIFY:
            return self._link(request, body_of(request))
        if request.path == routes.PROGRESS or request.path.startswith(
            f"{routes.PROGRESS}/"
        ):
            return self._progress.answer(_token_of(request), request)
        return problem_response(404, ProblemCode.NOT_FOUND)

    def _play(
        self,
        answer: Response | Exception | Callable[[Request], Response],
        request: Request,
    ) -> Response:
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Response) else answer(request)

    def _is_authorised(self, request: Request) -> bool:
        token = _token_of(request)
        return bool(token) if self.valid_tokens is None else token in self.valid_tokens

    def _mint(self, body: dict[str, Any]) -> Response:
        user_id = str(user_id_of_secret(body["secret"]))
        expires = format_timestamp(datetime.now(UTC) + timedelta(hours=1))
        answer = {"token": f"token-of-{user_id}", "userId": user_id, "expires": expires}
        return _json(200, answer)

    def _config(self, request: Request) -> Response:
        config = self.configs.get(request.params["tutorialId"])
        if config is None:
            return problem_response(404, ProblemCode.UNKNOWN_TUTORIAL)
        now = datetime.now(UTC)
        etag = _etag(config)
        headers = {"etag": etag, **_fresh_headers(now)}
        if request.headers.get("if-none-match") == etag:
            return Response(status=304, headers=headers)
        fresh = encode(replace(config, expires=now + FRESH_FOR))
        return _json(200, fresh, headers)

    def _launch(self, request: Request) -> Response:
        """List what somebody new may start: the fake keeps no progress."""
        now = datetime.now(UTC)
        device = request.headers.get(routes.DEVICE_HEADER, "web")
        items = [
            LaunchItem(
                tutorial_id=config.tutorial_id,
                version=config.version,
                etag=_etag(config),
                priority=config.rules.priority if config.rules else 0,
                resumes=False,
            )
            for config in self.configs.values()
            if may_start(
                config.rules, LaunchFacts(device=device, persona=config.persona), now
            )
            is LaunchReason.OK
        ]
        launch = Launch(
            tutorials=tuple(sorted(items, key=launch_order)), expires=now + FRESH_FOR
        )
        return _json(200, encode(launch), _fresh_headers(now))

    def _store_pings(self, request: Request, body: dict[str, Any]) -> Response:
        known = {ping["eventId"] for ping in self.pings}
        new = [ping for ping in body["events"] if ping["eventId"] not in known]
        self.pings.extend(new)
        for ping in new:
            self._progress.complete(_token_of(request), ping)
        duplicates = len(body["events"]) - len(new)
        return _json(200, {"accepted": len(new), "duplicates": duplicates})

    def _link(self, request: Request, body: dict[str, Any]) -> Response:
        self.links[body["anonymousToken"]] = _token_of(request)
        return Response(status=204)

    def _store_survey(self, body: dict[str, Any]) -> Response:
        self.surveys[body["submissionId"]] = body
        return _json(201, {"submissionId": body["submissionId"]})


def _token_of(request: Request) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def body_of(request: Request) -> Any:
    """Return the JSON that a request holds, compressed or not."""
    body = request.body or b"null"
    is_gzip = request.headers.get("content-encoding") == "gzip"
    return json.loads(gzip.decompress(body) if is_gzip else body)


def _etag(config: TutorialConfig) -> str:
    return f'"{config.variant}-{config.version}"'


def _fresh_headers(now: datetime) -> dict[str, str]:
    return {
        "date": format_datetime(now, usegmt=True),
        "expires": format_datetime(now + FRESH_FOR, usegmt=True),
    }


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    content = {"content-type": "application/json", **(headers or {})}
    return Response(status=status, headers=content, body=json.dumps(body).encode())


def memory_client(
    server: Transport | None = None,
    *,
    clock: Clock | None = None,
    config: ClientConfig = TEST_CONFIG,
    token_provider: TokenProvider | None = None,
    before_send: BeforeSend | None = None,
) -> TutorialClient:
    """Return a client that keeps everything in memory and asks no network.

    Without a ``server`` it is offline.  It sends when the test flushes, and not before.
    """
    if server is None:
        server = FakeServer()
        server.online = False
    return TutorialClient(
        "http://tutorials.invalid",
        storage_dir=MEMORY,
        transport=server,
        clock=clock,
        config=config,
        token_provider=token_provider,
        before_send=before_send,
    )


def drain(client: TutorialClient, *, timeout_seconds: float = 10.0) -> int:
    """Deliver all that waits and return how much it was; AssertionError if some stays."""
    result = client.flush(timeout_seconds=timeout_seconds)
    if result.error is not None:
        raise AssertionError(f"{result.remaining} events still wait: {result.error}")
    return result.delivered


class EventWatch:
    """Notes what happens in a client, so that a test can wait for it without sleeping.

    with EventWatch(client) as watch:
        client.wake()
        watch.wait_for(EventKind.SYNCED)
    """

    def __init__(self, client: TutorialClient) -> None:
        #: What has happened since the watch began, oldest first.
        self.events: list[ClientEvent] = []
        self._condition = threading.Condition()
        self._unsubscribe = client.subscribe(self._note)

    def _note(self, event: ClientEvent) -> None:
        with self._condition:
            self.events.append(event)
            self._condition.notify_all()

    def wait_for(
        self,
        kind: EventKind,
        tutorial_id: str | None = None,
        *,
        timeout_seconds: float = 10.0,
    ) -> ClientEvent:
        """Return the first event of a kind since the watch began, waiting for it.

        ``tutorial_id`` may name the tutorial.  AssertionError if it does not happen.
        """

        def find() -> ClientEvent | None:
            return next((e for e in self.events if is_it(e)), None)

        def is_it(event: ClientEvent) -> bool:
            return event.kind is kind and tutorial_id in (None, event.tutorial_id)

        with self._condition:
            found = self._condition.wait_for(find, timeout_seconds)
        if found is None:
            seen = ", ".join(event.kind for event in self.events) or "nothing"
            raise AssertionError(f"no {kind} in {timeout_seconds} s; seen: {seen}")
        return found

    def __enter__(self) -> Self:
        """Return the watch; leaving the block ends it."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop watching."""
        self._unsubscribe()
