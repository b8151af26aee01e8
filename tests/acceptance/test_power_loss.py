"""The power goes in the midst of an app's writes: what it had promised is there.

``python -m tests.acceptance.power_loss`` does the same after every single operation.
"""

import logging
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from client_sdk import Durability, TutorialClient
from client_sdk.testing import TEST_CONFIG, FakeClock, FakeServer
from tests.acceptance.device_files import put
from tests.acceptance.power_loss import (
    Checker,
    History,
    all_points,
    record_app,
    some_points,
)
from tests.support.disk_operations import Operation, Said

only = partial(pytest.mark.parametrize, "durability", indirect=True, ids=str)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Leave out what the SDK says of every damaged file."""
    caplog.set_level(logging.CRITICAL, "client_sdk")


@pytest.fixture(scope="module", params=list(Durability), ids=lambda one: one.value)
def durability(request: pytest.FixtureRequest) -> Durability:
    """Each promise that an app may ask for."""
    chosen: Durability = request.param
    return chosen


@pytest.fixture(scope="module")
def operations(
    durability: Durability, tmp_path_factory: pytest.TempPathFactory
) -> list[Operation]:
    """What an app does that asks for it, all the way."""
    folder = tmp_path_factory.mktemp("power") / "device"
    return record_app(folder, durability)


@pytest.fixture(scope="module")
def checker(operations: list[Operation], durability: Durability) -> Checker:
    """What cuts these operations and remembers what it has looked at."""
    return Checker(operations, durability)


def test_what_is_promised_is_there_whenever_the_power_goes(
    operations: list[Operation], checker: Checker
):
    assert checker.faults(some_points(operations, sample=60)) == []
    assert checker.distinct > 200


@only([Durability.PROCESS])
def test_the_promise_for_a_kill_alone_does_not_hold_for_the_power(
    operations: list[Operation], checker: Checker
):
    # Or the disk of these tests would be kinder than real ones.
    points = some_points(operations, sample=60)

    kinds = {one.kind for one in checker.faults(points, Durability.POWER_LOSS)}

    assert kinds == {"lost"}


def test_nothing_older_than_the_last_sync_waits_for_the_disk(
    operations: list[Operation],
):
    # The bound of "process" is read from the trace: each sync, also one without a
    # network, ends after a flush of the log that began after the last promise.
    histories = [History(operations[:point]) for point in all_points(operations)]

    assert [one for one in histories if one.flushed < one.synced] == []
    assert histories[-1].synced > 0


def test_the_checker_finds_an_app_that_never_flushes(
    durability: Durability, tmp_path: Path
):
    operations = record_app(tmp_path / "device", durability, "--never-flush")
    checker = Checker(operations, durability)

    kinds = {one.kind for one in checker.faults(some_points(operations, sample=30))}

    assert {"corrupt", "lost"} <= kinds


def test_no_number_that_the_server_knows_is_given_again(
    operations: list[Operation], checker: Checker
):
    assert checker.renumbered(some_points(operations, sample=60)) == []


def test_what_was_sent_before_the_power_went_and_what_comes_after_are_stored_once(
    operations: list[Operation], checker: Checker, tmp_path: Path
):
    # "process" may give a number of a lost row to another event: the id tells them
    # apart, on the device when the receipt comes and on the server.
    point = _after_the_first_delivery(operations)
    server = _server_with(History(operations[:point]))
    had = list(server.pings)
    put(checker.files_after(point, "all lost"), tmp_path)

    with TutorialClient(
        "http://kazi.invalid",
        storage_dir=tmp_path,
        transport=server,
        clock=FakeClock(),  # the machine has booted: its monotonic clock begins anew
        config=TEST_CONFIG,
    ) as client:
        for number in range(5):
            client.ping("own-tour", f"after-{number}", "started")
        assert client.flush(timeout_seconds=10).remaining == 0
        assert client.status().set_aside == 0

    ids = [event["eventId"] for event in server.pings]
    assert len(ids) == len(set(ids))
    assert server.pings[: len(had)] == had
    assert [event["stepId"] for event in server.pings[-5:]] == [
        f"after-{number}" for number in range(5)
    ]


def _after_the_first_delivery(operations: list[Operation]) -> int:
    """Return the point where the server has a batch of which the app has not heard."""
    is_stored = [
        isinstance(one, Said) and one.text.startswith("stored") for one in operations
    ]
    return is_stored.index(False, is_stored.index(True))


def _server_with(history: History) -> FakeServer:
    server = FakeServer()
    for one in history.stored:
        step, status = one.name.split(":")
        event_id = str(UUID(bytes=one.event_id))
        server.pings.append(
            {"eventId": event_id, "seq": one.seq, "stepId": step, "status": status}
        )
    return server
