"""One ``completed`` for each step of a run, whatever device shows it."""

import json
from uuid import UUID

from client_sdk import Request, Response
from client_sdk.contracts import routes
from client_sdk.testing import FakeClock, FakeServer
from tests.client_sdk.pings import completed
from tests.client_sdk.progress.conftest import OpenDevice
from tests.client_sdk.progress.devices import go, sync


def completed_in(server: FakeServer, run_id: bytes) -> list[str]:
    mine = [p for p in server.pings if p["runId"] == str(UUID(bytes=run_id))]
    return [p["stepId"] for p in mine if p["status"] == "completed"]


def test_a_run_begun_again_completes_each_step_again_whatever_the_device(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone = open_device("phone")
    go(phone, 3)
    sync(phone, clock)
    phone.tutorial("welcome-tour").start(restart=True)
    sync(phone, clock)
    tablet = open_device("tablet")
    go(tablet, 1)
    sync(tablet, clock)
    sync(phone, clock)
    go(phone, 2)
    sync(phone, clock)

    again = phone.tutorial("welcome-tour").run
    assert again is not None
    assert completed_in(server, again.run_id) == ["intro", "dashboard", "team"]


def test_what_was_completed_elsewhere_counts_though_the_own_move_was_later(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone = open_device("phone")
    go(phone, 0)
    sync(phone, clock)
    tablet = open_device("tablet")
    server.online = False
    go(tablet, 1)
    clock.advance(1)
    phone.tutorial("welcome-tour").go_to("team")
    server.online = True
    for client in (phone, tablet, phone):
        sync(client, clock)
    phone.tutorial("welcome-tour").go_to("intro")
    phone.tutorial("welcome-tour").next()
    sync(phone, clock)

    assert completed(server) == ["intro"]


def test_a_server_that_knows_no_runs_has_no_step_completed_twice(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    def without_runs(request: Request) -> Response:
        answer = server.answer(request)
        if not request.path.startswith(routes.PROGRESS):
            return answer
        body = json.loads(answer.body)
        for one in body.get("tutorials", [body]):
            one.pop("runSteps", None)
        return answer._replace(body=json.dumps(body).encode())

    server.script = [without_runs] * 40
    phone = open_device("phone")
    go(phone, 1)
    sync(phone, clock)
    tablet = open_device("tablet")
    go(tablet, 0)
    tablet.tutorial("welcome-tour").back()
    tablet.tutorial("welcome-tour").next()
    sync(tablet, clock)

    assert completed(server) == ["intro"]
