"""One user, two devices, one real server: where to go on, and what is paid once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from client_sdk import (
    ClientConfig,
    ProgressView,
    SessionStatus,
    SystemClock,
    TutorialClient,
)
from sync_server.auth.tokens import Role, TokenIssuer, TokenKey
from sync_server.settings import Settings
from tests.support.server_environ import server_environ
from tests.support.server_process import ServerProcess, running_server

QUIET = ClientConfig(flush_interval_seconds=3600, startup_delay_seconds=3600)
TEN_YEARS = timedelta(days=3650)
STEP_XP = 10


class DeviceClock(SystemClock):
    """A device's clock that may be wrong, and minutes that need not be waited for."""

    def __init__(self, wrong_by: timedelta = timedelta()) -> None:
        self._wrong_ms = wrong_by // timedelta(milliseconds=1)
        self._passed = 0.0

    def now_ms(self) -> int:
        return super().now_ms() + self._wrong_ms

    def monotonic_seconds(self) -> float:
        return super().monotonic_seconds() + self._passed

    def let_a_minute_pass(self) -> None:
        self._passed += 61


class Device:
    """A device of the user, and its clock."""

    def __init__(self, client: TutorialClient, clock: DeviceClock) -> None:
        self.client = client
        self.clock = clock
        self.session = client.tutorial("welcome-tour")

    def sync(self) -> None:
        self.clock.let_a_minute_pass()
        flushed = self.client.flush(timeout_seconds=10)
        assert (flushed.remaining, self.client.status().last_error) == (0, None)

    def go(self, moves: int) -> None:
        self.session.start()
        for _ in range(moves):
            self.session.next()

    @property
    def progress(self) -> ProgressView:
        found = self.client.progress("welcome-tour")
        assert found is not None
        return found


OpenDevice = Callable[..., Device]


@pytest.fixture
def environ(database_url: str) -> dict[str, str]:
    return server_environ(database_url)


@pytest.fixture
def server(environ: dict[str, str], tmp_path: Path) -> Iterator[ServerProcess]:
    log = tmp_path / "server.log"
    with running_server("--demo", environ=environ, log=log) as process:
        yield process


@pytest.fixture
def open_device(
    server: ServerProcess, environ: dict[str, str], tmp_path: Path
) -> Iterator[OpenDevice]:
    """Return a function that opens one more device of the same user."""
    key = TokenKey.of(Settings.from_environ(environ))
    issuer = TokenIssuer(key, clock=lambda: datetime.now(UTC))
    token, _ = issuer.issue(
        user_id=uuid4(), role=Role.USER, lifetime=timedelta(hours=1)
    )
    with ExitStack() as opened:

        def open_one(name: str, wrong_by: timedelta = timedelta()) -> Device:
            clock = DeviceClock(wrong_by)
            client = TutorialClient(
                server.url,
                storage_dir=tmp_path / name,
                token_provider=lambda: token,
                config=QUIET,
                clock=clock,
            )
            device = Device(opened.enter_context(client), clock)
            client.flush(timeout_seconds=10)
            return device

        yield open_one


def completed(database_url: str) -> list[tuple[str, str]]:
    query = (
        "SELECT run_id::text, step_id FROM tutorial_step_events"
        " WHERE status = 'completed' ORDER BY id"
    )
    with psycopg.connect(database_url) as connection:
        return connection.execute(query).fetchall()


def test_a_tour_begun_on_one_device_is_finished_on_another(
    open_device: OpenDevice, database_url: str
):
    phone = open_device("phone")
    phone.go(2)
    assert phone.progress.pending_xp == 2 * STEP_XP
    phone.sync()
    tablet = open_device("tablet")
    third = tablet.session.start()

    assert third == phone.session.step
    assert tablet.progress.xp == phone.progress.xp == 2 * STEP_XP
    while tablet.session.next():
        pass
    tablet.session.decline_survey()
    tablet.sync()
    phone.sync()

    size = tablet.session.size
    assert phone.session.start() is None
    assert phone.session.status is SessionStatus.FINISHED
    done = completed(database_url)
    assert len(done) == len(set(done)) == size
    assert len({run for run, _ in done}) == 1
    for device in (phone, tablet):
        assert (device.progress.xp, device.progress.pending_xp) == (size * STEP_XP, 0)


def test_what_two_devices_do_offline_meets_at_the_later_place_and_pays_once(
    open_device: OpenDevice, server: ServerProcess
):
    phone = open_device("phone")
    phone.go(2)
    phone.sync()
    tablet = open_device("tablet")
    server.stop()
    phone.go(1)
    tablet.go(2)
    assert tablet.progress.xp == 4 * STEP_XP
    server.start()
    for device in (phone, tablet, phone):
        device.sync()

    assert phone.session.start() == tablet.session.step
    for device in (phone, tablet):
        assert (device.progress.xp, device.progress.pending_xp) == (4 * STEP_XP, 0)


def test_a_clock_ten_years_ahead_does_not_win_for_ever(open_device: OpenDevice):
    phone = open_device("phone", TEN_YEARS)
    phone.go(3)
    phone.sync()
    tablet = open_device("tablet")
    tablet.go(0)
    tablet.session.back()
    tablet.sync()
    phone.sync()

    assert tablet.session.index == 2
    assert phone.session.start() == tablet.session.step


def test_a_tour_begun_again_completes_each_step_once_more_on_whatever_device(
    open_device: OpenDevice, database_url: str
):
    phone = open_device("phone")
    size = phone.session.size
    phone.go(size)
    phone.session.decline_survey()
    phone.session.start(restart=True)
    phone.session.next()
    phone.sync()
    tablet = open_device("tablet")
    tablet.session.start()
    # the step that the phone completed in this run, and one that only the first run did
    tablet.session.back()
    tablet.go(2)
    tablet.sync()
    phone.sync()
    phone.go(size - 2)
    phone.sync()

    done = completed(database_url)
    assert len(done) == len(set(done)) == 2 * size
    assert len({run for run, _ in done}) == 2
