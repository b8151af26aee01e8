"""kazi-server behind nginx with the configuration that is shipped, as real processes."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self

import httpx
import psutil
import pytest

from client_sdk.contracts.codec import decode
from client_sdk.contracts.identity import encode_secret
from client_sdk.contracts.limits import MAX_BODY_BYTES
from client_sdk.contracts.problem import Problem
from tests.support.nginx import CONFIGURATION, running_nginx
from tests.support.postgres import PostgresServer
from tests.support.server_process import ServerProcess, running_server, wait_until

CONFIG = "/api/tutorial/config?tutorialId=welcome-tour"
STEPS = "/api/tutorial/steps"
#: client_header_timeout and client_body_timeout of the shipped file.
TIMEOUT_SECONDS = 10
#: limit_conn of the shipped file.
MOST_REQUESTS = 64


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder: Path = tmp_path_factory.mktemp("proxy")
    # nginx's workers may be another user
    folder.chmod(0o755)
    return folder


@contextmanager
def behind_nginx(
    postgres: PostgresServer, folder: Path, **variables: str
) -> Iterator[tuple[str, ServerProcess]]:
    """Yield nginx's URL and the server behind it, with two threads."""
    with ExitStack() as stack:
        url = stack.enter_context(postgres.database())
        environ = {
            "KAZI_DATABASE_URL": url,
            "KAZI_JWT_SECRET": "s" * 32,
            "KAZI_COMMENT_KEY": base64.b64encode(b"k" * 32).decode(),
            "KAZI_PROXY_HOPS": "1",
            "KAZI_THREADS": "2",
            # one user asks all the time
            "KAZI_USER_REQUESTS_PER_MINUTE": "0",
            **variables,
        }
        log = folder / "server.log"
        server = stack.enter_context(running_server("--demo", environ=environ, log=log))
        yield (
            stack.enter_context(
                running_nginx(upstream_port=server.port, folder=folder / "nginx")
            ),
            server,
        )


@pytest.fixture(scope="module")
def server(postgres, folder) -> Iterator[tuple[str, ServerProcess]]:
    with behind_nginx(postgres, folder) as pair:
        yield pair


@pytest.fixture
def url(server: tuple[str, ServerProcess]) -> str:
    return server[0]


@pytest.fixture
def token(url) -> str:
    secret = {"secret": encode_secret(os.urandom(32))}
    answer = httpx.post(f"{url}/api/tutorial/anonymous", json=secret)
    token: str = answer.json()["token"]
    return token


def problem_of(answer: httpx.Response) -> Problem:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = decode(Problem, answer.json())
    assert problem.status == answer.status_code
    assert problem.request_id == answer.headers["x-request-id"]
    return problem


def connect(url: str) -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=60)


def raw(url: str, request: bytes) -> httpx.Response:
    """Send bytes as they are, and return the answer."""
    received = b""
    # what nginx did not read of a refused request makes the end a reset
    with connect(url) as peer, suppress(ConnectionResetError):
        peer.sendall(request)
        while chunk := peer.recv(65_536):
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    return httpx.Response(
        int(status.split()[1]),
        headers=dict(line.split(": ", 1) for line in lines),
        content=body,
    )


class Slow:
    """Connections that send a little now and then, from one thread."""

    def __init__(self, url: str, count: int, *, start: bytes, drip: bytes) -> None:
        self.peers = [connect(url) for _ in range(count)]
        for peer in self.peers:
            peer.sendall(start)
            peer.setblocking(False)
        self._drip = drip
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        for peer in self.peers:
            peer.close()

    def is_cut_off(self) -> bool:
        """Tell whether the other side has closed every connection."""
        return all(_is_closed(peer) for peer in self.peers)

    def _run(self) -> None:
        while self._drip and not self._stopping.wait(0.5):
            for peer in self.peers:
                try:
                    peer.sendall(self._drip)
                except OSError:
                    continue


def _is_closed(peer: socket.socket) -> bool:
    try:
        # an answer (408) may come before the end
        while data := peer.recv(65_536):
            del data
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def longest_wait(url: str, token: str, *, seconds: float) -> float:
    """Ask all the time; return how long the slowest answer took."""
    longest, end = 0.0, time.monotonic() + seconds
    with httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {token}"}
    ) as http:
        while time.monotonic() < end:
            started = time.monotonic()
            assert http.get(CONFIG).status_code == 200
            longest = max(longest, time.monotonic() - started)
    return longest


def test_slow_clients_keep_nobody_waiting_and_are_cut_off(url, token):
    """Four times as many slow bodies as the server has threads would stop it bare."""
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    body = head % STEPS.encode() + b"Content-Length: 5000\r\n\r\n"
    with (
        Slow(url, 25, start=body, drip=b" ") as dripping_bodies,
        Slow(url, 25, start=body, drip=b"") as silent_bodies,
        Slow(
            url, 50, start=b"GET / HTTP/1.1\r\nHost: x\r\n", drip=b"A: b\r\n"
        ) as heads,
    ):
        started = time.monotonic()
        # the bodies count as requests of this address, so this is one more
        assert longest_wait(url, token, seconds=3) < 1

        for slow in (silent_bodies, heads):
            wait_until(
                slow.is_cut_off,
                timeout_seconds=TIMEOUT_SECONDS * 2,
                what="the slow are cut off",
            )
        assert time.monotonic() - started < TIMEOUT_SECONDS + 5
        # what drips faster than the time-out holds a connection of nginx and nothing else
        assert not any(_is_closed(peer) for peer in dripping_bodies.peers)
        assert longest_wait(url, token, seconds=1) < 1


def test_one_address_has_only_so_many_requests_at_once(url):
    start = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n"
    with Slow(url, MOST_REQUESTS, start=start % STEPS.encode(), drip=b" "):
        wait_until(
            lambda: httpx.get(url + CONFIG).status_code == 429,
            what="the limit is reached",
        )
        answer = httpx.get(url + CONFIG)
        assert problem_of(answer).code == "rate_limited"
        assert int(answer.headers["retry-after"]) > 0

        elsewhere = httpx.HTTPTransport(local_address="127.0.0.2")
        with httpx.Client(transport=elsewhere) as http:
            assert http.get(url + CONFIG).status_code == 200
    wait_until(
        lambda: httpx.get(url + CONFIG).status_code == 200, what="the limit is left"
    )


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_config_comes_through_unchanged(url, server, token, coding):
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": coding}

    through = httpx.get(url + CONFIG, headers=headers)
    direct = httpx.get(server[1].url + CONFIG, headers=headers)

    assert through.headers["etag"] == direct.headers["etag"]
    assert through.headers["etag"].startswith('"')
    assert through.headers.get("content-encoding", "identity") == coding
    assert through.headers["vary"] == direct.headers["vary"]
    known = {**headers, "If-None-Match": through.headers["etag"]}
    assert httpx.get(url + CONFIG, headers=known).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/readyz",
        "/_internal/persona/0190a1d4-7c5e-7b60-8a51-3f1d2c4b5a69",
        "//_internal/experiments/assign",
        "/_internal/..%2fapi/tutorial/config",
        "/_internal/%2e%2e/api/tutorial/config",
        "/api/../_internal/activity",
        "/api/%2e%2e/metrics",
        "/api/..",
        "/%6detrics",
        "/_problem/404",
        "/admin/.git/config",
        "/",
    ],
)
def test_what_is_closed_to_the_outside_is_not_there(url, path):
    answer = raw(
        url, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    )

    assert answer.status_code == 404
    assert problem_of(answer).code == "not_found"


@pytest.mark.parametrize("path", ["/healthz", "/openapi.json", "/docs", CONFIG])
def test_what_is_open_is_there(url, path):
    assert httpx.get(url + path, follow_redirects=True).status_code == 200


def test_a_body_of_the_largest_size_goes_through_and_a_larger_one_does_not(url, token):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    largest = httpx.post(url + STEPS, content=b" " * MAX_BODY_BYTES, headers=headers)
    larger = httpx.post(
        url + STEPS, content=b" " * (MAX_BODY_BYTES + 1), headers=headers
    )

    assert problem_of(largest).code == "invalid_json"
    assert (larger.status_code, problem_of(larger).code) == (413, "body_too_large")


def test_a_body_without_a_length_is_measured_too(url, token):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    chunks = (b" " * 65_536 for _ in range(17))

    answer = httpx.post(url + STEPS, content=chunks, headers=headers)

    assert problem_of(answer).code == "body_too_large"


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        pytest.param(
            b"GET /?" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n", 414, id="url"
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 20_000 + b"\r\n",
            431,
            id="header",
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: x\r\n"
            + b"A: "
            + b"b" * 9_000
            + b"\r\n" * 1
            + b"".join(b"B%d: %s\r\n" % (n, b"c" * 9_000) for n in range(9)),
            431,
            id="headers",
        ),
        pytest.param(
            b"POST /api/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
            b"Transfer-Encoding: chunked\r\n",
            400,
            id="smuggling",
        ),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n", 400, id="two hosts"),
        pytest.param(b"GET / HTTP/1.1\r\n", 400, id="no host"),
        pytest.param(b"GET /\x00 HTTP/1.1\r\nHost: x\r\n", 400, id="nul"),
    ],
)
def test_what_is_refused_by_nginx_looks_like_ours(url, request_head, status):
    answer = raw(url, request_head + b"\r\n")

    assert answer.status_code == status
    assert problem_of(answer).title == "The request does not fit"


def test_a_request_id_goes_all_the_way(url, server):
    answer = httpx.get(url + CONFIG, headers={"X-Request-Id": "find-me-behind"})

    assert answer.headers["x-request-id"] == "find-me-behind"
    wait_until(lambda: '"find-me-behind"' in server[1].output(), what="it is logged")


def test_the_log_has_neither_query_nor_token(url, server, token, folder):
    httpx.get(
        f"{url}{CONFIG}&secret=hush",
        headers={"Authorization": f"Bearer {token}", "X-Request-Id": "log-me"},
    )
    log = folder / "nginx" / "access.log"
    wait_until(lambda: '"log-me"' in log.read_text(), what="it is logged")

    text = log.read_text()
    assert "hush" not in text
    assert token not in text
    lines = [json.loads(line) for line in text.splitlines()]
    (line,) = [each for each in lines if each["request_id"] == "log-me"]
    assert (line["path"], line["status"]) == ("/api/tutorial/config", 200)


def test_the_log_names_the_path_also_where_nginx_answers_itself(url, server, folder):
    for number, path in enumerate(("/metrics", "/nowhere?secret=hush")):
        httpx.get(url + path, headers={"X-Request-Id": f"own-{number}"})
    log = folder / "nginx" / "access.log"
    wait_until(lambda: '"own-1"' in log.read_text(), what="they are logged")

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    paths = {line["request_id"]: line["path"] for line in lines}
    assert (paths["own-0"], paths["own-1"]) == ("/metrics", "/nowhere")


def test_a_forged_address_is_no_way_around_the_limit(postgres, folder):
    def ask(number: int, source: str) -> int:
        transport = httpx.HTTPTransport(local_address=source)
        headers = {
            "X-Forwarded-For": f"203.0.113.{number}",
            "Forwarded": "for=192.0.2.1",
        }
        with httpx.Client(transport=transport, headers=headers) as http:
            return http.get(base + CONFIG).status_code

    with behind_nginx(postgres, folder, KAZI_ADDRESS_REQUESTS_PER_MINUTE="3") as (
        base,
        _,
    ):
        assert [ask(number, "127.0.0.1") for number in range(5)] == [200] * 3 + [
            429
        ] * 2
        assert ask(9, "127.0.0.2") == 200


def test_a_server_that_is_away_is_a_problem_to_try_again(postgres, folder):
    with behind_nginx(postgres, folder) as (base, server):
        server.kill()
        wait_until(lambda: not _listens(server.port), what="nobody listens")
        answer = httpx.get(base + CONFIG)

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert problem_of(answer).status == 503


def _listens(port: int) -> bool:
    return any(
        each.laddr.port == port and each.status == psutil.CONN_LISTEN
        for each in psutil.net_connections("tcp")
    )


def test_its_time_outs_fit_to_the_servers():
    text = CONFIGURATION.read_text()
    (idle,) = re.findall(r"^    keepalive_timeout (\d+)s;$", text, re.MULTILINE)[:1]

    # serving.py closes an idle connection after 15 s
    assert int(idle) < 15
