"""A table of hostile requests against a real server, one process for all of them."""

from __future__ import annotations

import base64
import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psutil
import psycopg
import pytest

from client_sdk.contracts.codec import decode
from client_sdk.contracts.problem import Problem
from sync_server.auth.tokens import Role, TokenIssuer, TokenKey
from sync_server.clock import system_clock
from sync_server.db.pool import connect
from sync_server.settings import Settings
from sync_server.tutorials.publishing import publish
from sync_server.tutorials.reading import read_tutorial
from sync_server.tutorials.store import TutorialStore
from tests.support.server_process import ServerProcess, running_server
from tests.sync_server.conftest import PLAIN, TOUR
from tests.sync_server.hostile_requests import (
    HTML,
    MARK,
    OTHER,
    SERVICE,
    SQL,
    USER,
    Hostile,
    hostile_requests,
)
from tests.sync_server.personal_data import fill

CASES = hostile_requests()
#: What of the database may change: what the limiter counts and yoyo remembers.
UNCOUNTED = ("rate_counts", "user_changes")
USER_ID = UUID("0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a70")


@dataclass
class Target:
    """The server, its database, and tokens for both roles."""

    server: ServerProcess
    database_url: str
    tokens: dict[str, str]
    workers: set[int]

    def send(self, case: Hostile) -> tuple[int, http.client.HTTPMessage, bytes] | None:
        """Return the answer; None where the server hung up without one."""
        with socket.create_connection(("127.0.0.1", self.server.port), 20) as peer:
            # a server that has seen enough may close before everything is sent
            with suppress(OSError):
                peer.sendall(self.bytes_of(case))
                if case.is_below_application:
                    peer.shutdown(socket.SHUT_WR)
            answer = http.client.HTTPResponse(peer, method=case.method)
            try:
                answer.begin()
                return answer.status, answer.headers, answer.read()
            except (ConnectionError, http.client.BadStatusLine):
                return None

    def bytes_of(self, case: Hostile) -> bytes:
        if case.whole:
            return case.whole.replace(b"{token}", self.tokens[USER].encode())
        headers = {
            "Host": "tutorials.test",
            "Authorization": f"Bearer {self.tokens[case.token]}",
            "Content-Type": "application/json",
            "Content-Length": str(len(case.body)),
            "Connection": "close",
            **case.headers,
        }
        head = "".join(
            f"{k}: {v}\r\n" for k, v in headers.items() if v or k != "Authorization"
        )
        return f"{case.method} {case.path} HTTP/1.1\r\n{head}\r\n".encode() + case.body

    def rows(self) -> dict[str, int]:
        """Return how many rows each table has."""
        with psycopg.connect(self.database_url) as connection:
            tables = connection.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r'"
                " AND relnamespace = 'public'::regnamespace"
            ).fetchall()
            return {
                table: connection.execute(f"SELECT * FROM {table}").rowcount
                for (table,) in tables
                if table not in UNCOUNTED
            }


@pytest.fixture(scope="module")
def target(postgres, tmp_path_factory) -> Iterator[Target]:
    log: Path = tmp_path_factory.mktemp("hostile") / "server.log"
    with postgres.database() as url:
        environ = {
            "KAZI_DATABASE_URL": url,
            "KAZI_JWT_SECRET": "a secret of at least thirty-two bytes",
            "KAZI_COMMENT_KEY": base64.b64encode(b"k" * 32).decode(),
            "KAZI_USER_REQUESTS_PER_MINUTE": "0",
            "KAZI_ADDRESS_REQUESTS_PER_MINUTE": "0",
            "KAZI_FAILED_LOGINS_PER_MINUTE": "0",
        }
        settings = Settings.from_environ(environ)
        for text in (TOUR, PLAIN):
            tutorial, source = read_tutorial(text, file="test.yaml")
            with connect(url) as connection:
                publish(connection, TutorialStore(), tutorial, source)
        fill(settings, OTHER)
        issuer = TokenIssuer(TokenKey.of(settings), clock=system_clock)

        def token(role: Role) -> str:
            user_id = USER_ID if role is Role.USER else uuid4()
            lifetime = timedelta(hours=1)
            return issuer.issue(user_id=user_id, role=role, lifetime=lifetime)[0]

        with running_server(environ=environ, log=log) as server:
            yield Target(
                server=server,
                database_url=url,
                tokens={USER: token(Role.USER), SERVICE: token(Role.SERVICE)},
                workers=workers_of(server),
            )


def workers_of(server: ServerProcess) -> set[int]:
    return {child.pid for child in psutil.Process(server.pid).children(recursive=True)}


def test_there_are_at_least_150_and_no_two_have_one_name():
    assert len(CASES) >= 150
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_refused_and_leaves_nothing(target, case):
    before = target.rows()

    answer = target.send(case)

    if answer is None:
        assert case.is_below_application, "the server hung up"
        assert target.rows() == before
        return
    status, headers, body = answer
    assert status in case.statuses, body[:500]
    assert MARK.encode() not in body + str(headers).encode()
    if case.is_stored:
        assert target.rows() != before
        return
    assert target.rows() == before
    if "X-Request-Id" in headers:
        check_problem(case, headers, body)
    else:
        assert case.is_below_application, "the application did not answer"


def check_problem(case: Hostile, headers: http.client.HTTPMessage, body: bytes) -> None:
    assert headers["Content-Type"] == "application/problem+json"
    problem = decode(Problem, json.loads(body))
    assert problem.detail
    if case.code:
        assert problem.code == case.code
    if case.pointer is not None:
        assert case.pointer in [error.pointer for error in problem.errors]


@pytest.mark.usefixtures("target")
def test_afterwards_the_same_workers_serve_and_nothing_was_logged(target):
    """The last test of the module: all of the table is behind the server."""
    ping = {"tutorialId": "plain", "stepId": "only", "status": "started", "t": 0}
    good = Hostile(name="good", body=json.dumps(ping).encode())

    assert target.send(good)[0] == 204
    assert workers_of(target.server) == target.workers
    assert MARK not in target.server.output()
    assert '"status": 5' not in target.server.output()
    assert "a request failed" not in target.server.output()


def test_what_is_stored_is_text(target):
    personas = {SQL, HTML}
    for persona in personas:
        ping = {
            "tutorialId": "plain",
            "stepId": "only",
            "status": "started",
            "t": 0,
            "persona": persona,
        }
        case = Hostile(name=persona, body=json.dumps(ping).encode())
        assert target.send(case)[0] == 204

    with psycopg.connect(target.database_url) as connection:
        stored = connection.execute(
            "SELECT persona FROM tutorial_step_events WHERE user_id = %s", [USER_ID]
        ).fetchall()
    assert personas <= {row[0] for row in stored}


@pytest.mark.parametrize("path", ["/api/tutorial/steps", "/_internal/activity"])
@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_no_depth_is_too_deep_to_be_refused(
    client, user, make_user, tour, path, brackets
):
    """Both routes read a batch with Python, which gives up at a depth of its own."""
    headers = (make_user(role=Role.SERVICE) if "_internal" in path else user).headers
    opening = "[" if brackets == "[]" else '{"a":'
    for depth in (*range(150, 260, 10), *range(860, 1_000, 4), 5_000):
        nested = opening * depth + "1" + brackets[1] * depth
        text = f'{{"sentAt": "2026-01-31T08:30:00Z", "events": [{nested}]}}'

        answer = client.post(
            path, data=text, headers={**headers, "Content-Type": "application/json"}
        )

        if answer.status_code == 200:
            assert answer.json["accepted"] == 0
            assert len(answer.json["rejected"]) == 1
        else:
            assert (answer.status_code, answer.json["code"]) == (400, "invalid_json")


@pytest.mark.usefixtures("tour")
def test_both_readers_of_a_batch_take_the_last_of_two_equal_keys(client, user, sql):
    """A good batch is read by pydantic, one with a bad event by the standard library."""
    event = '{"tutorialId": "plain", "stepId": "x", "stepId": "only", "status": "started", "t": 0}'
    for events in (event, f"{event}, {{}}"):
        answer = client.post(
            "/api/tutorial/steps",
            data=f'{{"sentAt": "2026-01-31T08:30:00Z", "events": [{events}]}}',
            headers={**user.headers, "Content-Type": "application/json"},
        )
        assert answer.json["accepted"] == 1

    assert sql("SELECT DISTINCT step_id FROM tutorial_step_events") == [("only",)]
