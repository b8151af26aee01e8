"""The progress routes of the server in memory, for ``client_sdk.testing``."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote

from client_sdk._clock import Clock
from client_sdk._fake_exchange import body_of, problem_response
from client_sdk._transport import Request, Response
from client_sdk.contracts import routes
from client_sdk.contracts.codec import decode, encode
from client_sdk.contracts.completion import required_steps
from client_sdk.contracts.hlc import clamp
from client_sdk.contracts.problem import ProblemCode
from client_sdk.contracts.progress import (
    Progress,
    Resume,
    TutorialProgress,
    later,
)
from client_sdk.contracts.progress_conflict import ProgressConflict
from client_sdk.contracts.tutorial import TutorialConfig

__all__ = ["FakeProgress"]


class FakeProgress:
    """Registers and completed steps by person, merged as the real server merges them.

    ``configs`` say which steps there are and what they earn, ``links`` which anonymous
    token belongs to which account's.
    """

    def __init__(
        self,
        configs: Mapping[str, TutorialConfig],
        links: Mapping[str, str],
        clock: Clock,
    ) -> None:
        self._configs = configs
        self._links = links
        self._clock = clock
        self._completed: dict[tuple[str, str], set[str]] = {}
        self._run_steps: dict[tuple[str, str], set[str]] = {}
        self._registers: dict[tuple[str, str], tuple[Resume, Resume]] = {}

    def complete(self, token: str, ping: Mapping[str, Any]) -> None:
        """Take what an event completes; the same again changes nothing."""
        if ping["status"] == "completed":
            key = (_subject(token), ping["tutorialId"])
            self._completed.setdefault(key, set()).add(ping["stepId"])
            run = (key[0], str(ping.get("runId")))
            self._run_steps.setdefault(run, set()).add(ping["stepId"])

    def answer(self, token: str, request: Request) -> Response:
        """Answer one request of the person behind a token."""
        persons = self._persons(token)
        if request.method == "PUT":
            return self._put(persons, request)
        found = (
            self._of(persons, tutorial_id) for tutorial_id in sorted(self._configs)
        )
        tutorials = tuple(one for one in found if one is not None)
        total = sum(one.xp for one in tutorials)
        body = encode(Progress(total_xp=total, tutorials=tutorials))
        etag = _tag(body)
        if request.headers.get("if-none-match") == etag:
            return self._response(304, b"", etag)
        return self._response(200, json.dumps(body).encode(), etag)

    def _put(self, persons: list[str], request: Request) -> Response:
        tutorial_id = unquote(request.path.removeprefix(f"{routes.PROGRESS}/"))
        resume = decode(Resume, body_of(request))
        config = self._configs.get(tutorial_id)
        if config is None:
            return problem_response(404, ProblemCode.UNKNOWN_TUTORIAL)
        if resume.step_id not in {step.id for step in config.steps}:
            return problem_response(422, ProblemCode.UNKNOWN_STEP)
        before = self._of(persons, tutorial_id)
        wanted = request.headers.get("if-match")
        if wanted is not None and (before is None or before.etag != wanted):
            return self._conflict(before)
        resume = replace(resume, clock=clamp(resume.clock, self._clock.now_ms()))
        self._merge((persons[0], tutorial_id), resume)
        after = self._of(persons, tutorial_id)
        assert after is not None  # noqa: S101 - it was written a line before
        return self._response(200, json.dumps(encode(after)).encode(), after.etag)

    def _merge(self, key: tuple[str, str], resume: Resume) -> None:
        last, furthest = self._registers.get(key, (resume, resume))
        furthest = max(furthest, resume, key=lambda one: (one.position, one.step_id))
        self._registers[key] = (later(last, resume), furthest)

    def _of(self, persons: list[str], tutorial_id: str) -> TutorialProgress | None:
        config = self._configs[tutorial_id]
        places = {step.id: place for place, step in enumerate(config.steps)}
        completed: set[str] = set()
        registers: list[Resume] = []
        for person in persons:
            completed |= self._completed.get((person, tutorial_id), set()) & set(places)
            registers += self._registers.get((person, tutorial_id), ())
        if not completed and not registers:
            return None
        resume = max(registers, key=lambda one: one.clock) if registers else None
        reached = [(places[one], one) for one in completed]
        reached += [(one.position, one.step_id) for one in registers]
        position, step_id = max(reached)
        is_completed = required_steps(config.steps) <= completed
        points = sum(step.xp for step in config.steps if step.id in completed)
        progress = TutorialProgress(
            tutorial_id=tutorial_id,
            completed_steps=tuple(sorted(completed, key=places.__getitem__)),
            completed=is_completed,
            furthest_step=step_id,
            furthest_position=position,
            xp=points + (config.xp if is_completed else 0),
            resume=resume,
            run_steps=self._steps_of(persons, resume),
            etag="",
        )
        return replace(progress, etag=_tag(encode(progress)))

    def _steps_of(
        self, persons: list[str], resume: Resume | None
    ) -> tuple[str, ...] | None:
        if resume is None or resume.run_id is None:
            return None
        run_id = str(resume.run_id)
        found = (self._run_steps.get((person, run_id), set()) for person in persons)
        return tuple(sorted(set().union(*found)))

    def _persons(self, token: str) -> list[str]:
        """Return the user ids of a person, its own first."""
        own = _subject(token)
        linked = [
            anonymous
            for anonymous, account in self._links.items()
            if _subject(account) == own
        ]
        return [own, *(_subject(one) for one in linked)]

    def _conflict(self, current: TutorialProgress | None) -> Response:
        problem = ProgressConflict(
            type="about:blank",
            title="It has changed since it was read",
            status=412,
            code=ProblemCode.PRECONDITION_FAILED,
            current=current,
        )
        body = json.dumps(encode(problem)).encode()
        answer = self._response(412, body, current.etag if current else None)
        headers = {**answer.headers, "content-type": "application/problem+json"}
        return answer._replace(headers=headers)

    def _response(self, status: int, body: bytes, etag: str | None) -> Response:
        now = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        headers = {
            "content-type": "application/json",
            "date": format_datetime(now, usegmt=True),
        }
        if etag is not None:
            headers["etag"] = etag
        return Response(status=status, headers=headers, body=body)


def _tag(body: Any) -> str:
    return f'"{hashlib.sha256(json.dumps(body).encode()).hexdigest()[:32]}"'


def _subject(token: str) -> str:
    """Return whose a token is: the subject of a JWT, or what the fake has minted."""
    parts = token.split(".")
    if len(parts) != 3:
        return token
    payload = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        return str(json.loads(base64.urlsafe_b64decode(payload))["sub"])
    except (ValueError, KeyError):
        return token
