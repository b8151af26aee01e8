"""Progress belongs to a user: over log-ins, log-outs and opting out."""

from client_sdk import SessionStatus
from client_sdk.testing import FakeClock, FakeServer
from tests.client_sdk.accounts import token_of
from tests.client_sdk.pings import completed
from tests.client_sdk.progress.conftest import OpenDevice
from tests.client_sdk.progress.devices import gets, go, puts, start_at, sync, view


def test_it_goes_on_over_a_log_in(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone = open_device("phone", token_provider=None)
    go(phone, 1)
    phone.identify(lambda: token_of("u1"))
    sync(phone, clock)
    tablet = open_device("tablet")

    assert start_at(tablet) == "dashboard"
    assert view(phone).xp == view(tablet).xp == 10


def test_a_log_in_without_a_network_takes_everything_along(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone = open_device("phone", token_provider=None)
    go(phone, 1)
    sync(phone, clock)
    server.online = False
    phone.tutorial("welcome-tour").next()
    phone.tutorial("welcome-tour").skip()
    phone.identify(lambda: token_of("u1"))
    phone.flush(timeout_seconds=10)

    assert phone.tutorial("welcome-tour").status is SessionStatus.SKIPPED
    assert (view(phone).xp, view(phone).pending_xp) == (20, 10)


def test_a_device_that_was_wiped_goes_on_at_the_next_log_in(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone = open_device("phone")
    go(phone, 1)
    sync(phone, clock)
    phone.log_out(wipe=True)
    phone.identify(lambda: token_of("u1"))
    sync(phone, clock)

    assert start_at(phone) == "dashboard"
    phone.tutorial("welcome-tour").back()
    go(phone, 2)
    sync(phone, clock)
    assert completed(server) == ["intro", "dashboard"]


def test_a_log_out_that_wipes_leaves_no_progress(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone, tablet = open_device("phone"), open_device("tablet")
    go(phone, 1)
    sync(phone, clock)
    go(tablet, 1)
    tablet.tutorial("welcome-tour").start(restart=True)
    sync(tablet, clock)
    sync(phone, clock)
    server.online = False
    phone.tutorial("welcome-tour").next()
    phone.log_out(wipe=True)

    assert phone.progress("welcome-tour") is None
    for table in ("progress", "resumes", "pending_steps", "completed_steps"):
        query = f"SELECT count(*) FROM {table}"
        assert phone._core.storage.foreground.execute(query) == [(0,)], table


def test_a_device_that_did_all_as_an_earlier_user_tells_it_as_that_one(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone = open_device("phone", token_provider=None)
    first = phone.status().user_id
    go(phone, 1)
    phone.log_out()
    sync(phone, clock)

    (put,) = puts(server)
    assert put.headers["authorization"] == f"Bearer token-of-{first}"


def test_what_waited_when_the_user_opted_out_is_never_sent(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone = open_device("phone")
    server.online = False
    go(phone, 1)
    phone.opt_out()
    phone.opt_in()
    server.online = True
    sync(phone, clock)

    assert puts(server) == []
    assert phone.xp == 0


def test_who_opts_out_sends_no_progress(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone = open_device("phone")
    go(phone, 1)
    phone.opt_out()
    phone.tutorial("welcome-tour").next()
    asked = len(gets(server))
    sync(phone, clock)
    phone.opt_in()
    sync(phone, clock)

    assert puts(server) == []
    assert len(gets(server)) == asked + 1
    assert start_at(phone) == "team"
