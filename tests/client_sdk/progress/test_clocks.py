"""Devices whose clocks are years ahead or behind."""

from client_sdk.testing import FakeClock, FakeServer, body_of
from tests.client_sdk.progress.conftest import OpenDevice
from tests.client_sdk.progress.devices import TEN_YEARS, go, puts, start_at, sync


def test_a_clock_ten_years_ahead_does_not_win_for_ever(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    wrong = FakeClock(clock.now_ms() + round(TEN_YEARS * 1000))
    phone = open_device("phone", clock=wrong)
    go(phone, 1)
    sync(phone, wrong)
    tablet = open_device("tablet")
    go(tablet, 1)
    clock.advance(1)
    sync(tablet, clock)
    sync(phone, wrong)

    assert start_at(tablet) == start_at(phone) == "team"


def test_a_clock_that_is_put_right_counts_as_right(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    wrong = FakeClock(clock.now_ms() + round(TEN_YEARS * 1000))
    phone = open_device("phone", clock=wrong)
    go(phone, 1)
    sync(phone, wrong)
    wrong.jump(-TEN_YEARS)
    phone.tutorial("welcome-tour").next()
    sync(phone, wrong)

    clocks = [body_of(one)["clock"]["wallMs"] for one in puts(server)]
    assert clocks[-1] <= wrong.now_ms()


def test_a_clock_ten_years_behind_still_moves_what_it_has_seen(
    open_device: OpenDevice, clock: FakeClock
):
    phone = open_device("phone")
    go(phone, 1)
    sync(phone, clock)
    behind = FakeClock(clock.now_ms() - round(TEN_YEARS * 1000))
    tablet = open_device("tablet", clock=behind)
    go(tablet, 1)
    sync(tablet, behind)
    sync(phone, clock)

    assert start_at(phone) == "team"


def test_what_it_did_before_is_not_taken_for_later(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    wrong = FakeClock(clock.now_ms() + round(TEN_YEARS * 1000))
    phone, tablet = open_device("phone", clock=wrong), open_device("tablet")
    phone_was_offline = phone
    server.online = False
    go(phone_was_offline, 1)
    server.online = True
    for one in (clock, wrong):
        one.advance(3600)
    go(tablet, 2)
    sync(tablet, clock)
    for one in (clock, wrong):
        one.advance(3600)
    sync(phone, wrong)

    assert start_at(phone) == "team"
