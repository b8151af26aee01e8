"""What kazi-server keeps by itself, with nothing in front of it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.postgres import PostgresServer
from tests.support.server_environ import server_environ
from tests.support.server_process import ServerProcess, running_server

#: serving.py: for all headers of a request, and for an idle connection.
TIMEOUT_SECONDS = 15
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(scope="module")
def server(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    log = tmp_path_factory.mktemp("bare") / "server.log"
    with postgres.database() as url:
        environ = server_environ(url)
        with running_server("--demo", environ=environ, log=log) as server:
            yield server


def talk(server: ServerProcess, request: bytes) -> bytes:
    """Send bytes; return what comes until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as peer:
        peer.sendall(request)
        received = b""
        while chunk := peer.recv(65_536):
            received += chunk
    return received


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param(b"A: " + b"b" * 131_072 + b"\r\n", 431, id="long"),
        pytest.param(b"".join(b"A%d: b\r\n" % n for n in range(101)), 431, id="many"),
        pytest.param(b"A : b\r\n", 400, id="space before the colon"),
        pytest.param(b"A\x00: b\r\n", 400, id="nul"),
        pytest.param(b"Content-Length: 1\r\nContent-Length: 2\r\n", 400, id="lengths"),
    ],
)
def test_headers_beyond_the_limits_are_refused(server, headers, status):
    assert status_of(talk(server, HEALTH + headers + b"\r\n")) == status


def test_http_2_is_no_way_around(server):
    settings = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    began = time.monotonic()

    answer = talk(server, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings)

    assert settings not in answer
    assert time.monotonic() - began < TIMEOUT_SECONDS


def test_headers_within_the_limits_are_read(server):
    headers = b"".join(b"A%d: %s\r\n" % (n, b"b" * 600) for n in range(90))

    answer = talk(server, HEALTH + headers + b"Connection: close\r\n\r\n")

    assert status_of(answer) == 200


def test_a_long_url_is_a_problem(server):
    request = b"GET /healthz?" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n"

    answer = talk(server, request + b"Connection: close\r\n\r\n")

    assert status_of(answer) == 414
    body = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert (body["status"], body["code"]) == (414, "invalid_request")


def test_slow_headers_and_idle_connections_are_cut_off(server):
    started = time.monotonic()
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(talk, server, HEALTH)
        idle = threads.submit(talk, server, HEALTH + b"\r\n")

        assert slow.result() == b""
        assert status_of(idle.result()) == 200
    assert TIMEOUT_SECONDS - 1 < time.monotonic() - started < TIMEOUT_SECONDS + 10
