import pytest

from client_sdk import Request, Response, Unreachable
from demo_app.offline import SwitchedTransport


class CountingTransport:
    """Answers every request and counts them."""

    def __init__(self) -> None:
        self.requests = 0
        self.is_closed = False

    def send(self, request: Request) -> Response:
        self.requests += 1
        return Response(status=204)

    def close(self) -> None:
        self.is_closed = True


def test_no_request_leaves_while_switched_off():
    network = CountingTransport()
    transport = SwitchedTransport(network)
    request = Request(method="GET", path="/healthz")

    transport.switch(off=True)
    with pytest.raises(Unreachable, match="works offline"):
        transport.send(request)
    assert network.requests == 0

    transport.switch(off=False)
    assert transport.send(request).status == 204
    assert network.requests == 1


def test_closing_closes_the_network_behind():
    network = CountingTransport()
    SwitchedTransport(network).close()
    assert network.is_closed
