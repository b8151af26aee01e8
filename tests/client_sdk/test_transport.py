"""The network by httpx, against a real socket."""

import http.server
import socket
import threading
from collections.abc import Iterator

import pytest

from client_sdk import (
    ClientConfig,
    HttpxTransport,
    Request,
    TutorialClient,
    Unreachable,
    UsageError,
)
from client_sdk._transport import MAX_ANSWER_BYTES


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what was asked; /long answers too much, /cut too little."""

    def do_GET(self) -> None:
        if self.path == "/long":
            self._answer(b"x" * (MAX_ANSWER_BYTES + 1))
        elif self.path == "/cut":
            self.send_response(200)
            self.send_header("content-length", "100")
            self.end_headers()
            self.wfile.write(b"short")
        else:
            self._answer(f"{self.path} {self.headers['x-name']}".encode())

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        self._answer(self.rfile.read(length))

    def _answer(self, body: bytes) -> None:
        self.send_response(203)
        self.send_header("X-Answer", "yes")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def base_url() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def transport(base_url: str) -> Iterator[HttpxTransport]:
    transport = HttpxTransport(base_url, timeout_seconds=5)
    yield transport
    transport.close()


def test_a_request_goes_out_and_its_answer_comes_back(transport: HttpxTransport):
    request = Request(
        method="GET", path="/x", params={"a": "ü"}, headers={"x-name": "n"}
    )

    answer = transport.send(request)

    assert (answer.status, answer.body) == (203, b"/x?a=%C3%BC n")
    assert answer.headers["x-answer"] == "yes"


def test_a_body_is_sent_as_it_is(transport: HttpxTransport):
    answer = transport.send(Request(method="POST", path="/", body=b'{"a":1}'))

    assert answer.body == b'{"a":1}'


@pytest.mark.parametrize("path", ["/long", "/cut"])
def test_an_answer_that_cannot_be_ours_counts_as_none(
    transport: HttpxTransport, path: str
):
    with pytest.raises(Unreachable):
        transport.send(Request(method="GET", path=path))


def test_nobody_there_is_unreachable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    transport = HttpxTransport(f"http://127.0.0.1:{port}", timeout_seconds=5)

    with pytest.raises(Unreachable, match="ConnectError"):
        transport.send(Request(method="GET", path="/"))
    transport.close()


def test_a_server_that_says_nothing_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        transport = HttpxTransport(url, timeout_seconds=0.1)
        with pytest.raises(Unreachable, match="ReadTimeout"):
            transport.send(Request(method="GET", path="/"))
        transport.close()


def test_a_closed_transport_is_unreachable(transport: HttpxTransport):
    transport.send(Request(method="GET", path="/"))
    transport.close()

    with pytest.raises(Unreachable, match="closed"):
        transport.send(Request(method="GET", path="/"))


@pytest.mark.parametrize(
    "base_url", ["", "example.com", "ftp://example.com", "http://"]
)
def test_a_base_url_that_is_none_is_refused_with_an_example(tmp_path, base_url: str):
    with pytest.raises(UsageError, match="such as https://"):
        TutorialClient(base_url, storage_dir=tmp_path, config=ClientConfig(strict=True))
