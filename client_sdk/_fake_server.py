"""The sync server in memory, for ``client_sdk.testing``."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from client_sdk._clock import Clock, SystemClock
from client_sdk._delivery_errors import Unreachable
from client_sdk._fake_exchange import body_of, json_response, problem_response, token_of
from client_sdk._fake_progress import FakeProgress
from client_sdk._transport import Request, Response
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
from client_sdk.contracts.problem import ProblemCode
from client_sdk.contracts.tutorial import TutorialConfig

__all__ = ["FakeServer"]

FRESH_FOR = timedelta(minutes=15)


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
            return self._progress.answer(token_of(request), request)
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
        token = token_of(request)
        return bool(token) if self.valid_tokens is None else token in self.valid_tokens

    def _mint(self, body: dict[str, Any]) -> Response:
        user_id = str(user_id_of_secret(body["secret"]))
        expires = format_timestamp(datetime.now(UTC) + timedelta(hours=1))
        answer = {"token": f"token-of-{user_id}", "userId": user_id, "expires": expires}
        return json_response(200, answer)

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
        return json_response(200, fresh, headers)

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
        return json_response(200, encode(launch), _fresh_headers(now))

    def _store_pings(self, request: Request, body: dict[str, Any]) -> Response:
        known = {ping["eventId"] for ping in self.pings}
        new = [ping for ping in body["events"] if ping["eventId"] not in known]
        self.pings.extend(new)
        for ping in new:
            self._progress.complete(token_of(request), ping)
        duplicates = len(body["events"]) - len(new)
        return json_response(200, {"accepted": len(new), "duplicates": duplicates})

    def _link(self, request: Request, body: dict[str, Any]) -> Response:
        self.links[body["anonymousToken"]] = token_of(request)
        return Response(status=204)

    def _store_survey(self, body: dict[str, Any]) -> Response:
        self.surveys[body["submissionId"]] = body
        return json_response(201, {"submissionId": body["submissionId"]})


def _etag(config: TutorialConfig) -> str:
    return f'"{config.variant}-{config.version}"'


def _fresh_headers(now: datetime) -> dict[str, str]:
    return {
        "date": format_datetime(now, usegmt=True),
        "expires": format_datetime(now + FRESH_FOR, usegmt=True),
    }
