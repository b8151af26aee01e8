"""A server in trouble, strangers on the line, and nobody there at all."""

import pytest

from client_sdk import Response
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.pings import ping_all, received


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_trouble_of_the_server_loses_nothing(
    open_client: OpenClient, server: FakeServer, status: int
):
    client = open_client()
    ping_all(client, 2)
    server.script = [server.answer, Response(status=status)]
    client.flush(timeout_seconds=10)
    client.flush(timeout_seconds=10)

    assert received(server) == ["step-0", "step-1"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            Response(status=200, body=b"<html>Log in</html>"), id="login-page"
        ),
        pytest.param(Response(status=302, headers={"location": "/"}), id="redirect"),
        pytest.param(Response(status=400, body=b"<html>"), id="error-page-of-a-proxy"),
        pytest.param(Response(status=403, body=b"blocked"), id="firewall"),
        pytest.param(Response(status=404, body=b"nginx"), id="wrong-host"),
        pytest.param(Response(status=200, body=b"\xff\xfe"), id="not-text"),
        pytest.param(Response(status=200, body=b"[" * 99_999), id="no-end"),
    ],
)
def test_a_stranger_on_the_line_costs_no_event(
    open_client: OpenClient, server: FakeServer, answer: Response
):
    client = open_client()
    ping_all(client, 2)
    server.script = [server.answer, answer]
    error = client.flush(timeout_seconds=10).error
    client.flush(timeout_seconds=10)

    assert received(server) == ["step-0", "step-1"]
    assert client.status().set_aside == 0
    assert error is not None
    assert "fault" not in error


def test_time_offline_costs_no_event(open_client: OpenClient, server: FakeServer):
    client = open_client()
    ping_all(client, 2)
    server.online = False
    for _ in range(30):
        assert client.flush(timeout_seconds=10).remaining == 2
    server.online = True
    client.flush(timeout_seconds=10)

    assert received(server) == ["step-0", "step-1"]
