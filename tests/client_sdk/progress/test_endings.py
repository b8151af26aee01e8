"""A tour that ended on one device, and what the others make of it."""

from client_sdk import SessionStatus
from client_sdk._explanation import Verdict
from client_sdk.testing import FakeClock, FakeServer
from tests.client_sdk.conftest import tour
from tests.client_sdk.progress.conftest import OpenDevice
from tests.client_sdk.progress.devices import go, start_at, sync


def test_a_tour_completed_elsewhere_is_over_here(
    open_device: OpenDevice, clock: FakeClock
):
    phone = open_device("phone")
    go(phone, 3)
    sync(phone, clock)
    tablet = open_device("tablet")
    session = tablet.tutorial("welcome-tour")

    assert session.status is SessionStatus.FINISHED
    assert session.start() is None
    assert session.start(restart=True) is not None


def test_a_tour_completed_elsewhere_may_not_start_here(
    open_device: OpenDevice, clock: FakeClock
):
    phone = open_device("phone")
    assert len(phone.launch()) == 1
    go(phone, 3)
    sync(phone, clock)
    tablet = open_device("tablet")

    assert tablet.launch() == ()
    assert tablet.explain("welcome-tour").verdict is Verdict.RULED_OUT


def test_a_tour_skipped_elsewhere_is_skipped_here(
    open_device: OpenDevice, clock: FakeClock
):
    phone, tablet = open_device("phone"), open_device("tablet")
    go(tablet, 0)
    clock.advance(1)
    go(phone, 1)
    phone.tutorial("welcome-tour").skip()
    sync(phone, clock)
    sync(tablet, clock)

    assert start_at(tablet) is None
    assert tablet.tutorial("welcome-tour").status is SessionStatus.SKIPPED


def test_a_tour_begun_again_elsewhere_goes_on_here_after_its_end_here(
    open_device: OpenDevice, clock: FakeClock
):
    phone, tablet = open_device("phone"), open_device("tablet")
    go(phone, 3)
    sync(phone, clock)
    sync(tablet, clock)
    tablet.tutorial("welcome-tour").start(restart=True)
    tablet.tutorial("welcome-tour").next()
    sync(tablet, clock)
    sync(phone, clock)
    session = phone.tutorial("welcome-tour")
    before = session.status
    session.start()
    shown = session.step
    session.next()
    session.next()

    assert before is SessionStatus.READY
    assert shown is not None
    assert shown.id == "dashboard"
    assert session.status is SessionStatus.FINISHED


def test_a_run_that_ended_here_long_ago_may_go_on_here(
    open_device: OpenDevice, clock: FakeClock
):
    phone = open_device("phone")
    go(phone, 1)
    sync(phone, clock)
    tablet = open_device("tablet")
    assert start_at(tablet) == "dashboard"
    session = phone.tutorial("welcome-tour")
    session.skip()
    session.start(restart=True)
    session.skip()
    sync(phone, clock)
    tablet.tutorial("welcome-tour").next()
    for client in (tablet, phone):
        sync(client, clock)

    assert start_at(phone) == "team"
    session.next()
    assert session.status is SessionStatus.FINISHED


def test_a_survey_that_is_open_here_is_not_closed_from_elsewhere(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    server.configs["welcome-tour"] = tour("intro", "dashboard", "team")
    phone = open_device("phone")
    go(phone, 2)
    sync(phone, clock)
    tablet = open_device("tablet")
    go(tablet, 0)
    phone.tutorial("welcome-tour").next()
    clock.advance(1)
    tablet.tutorial("welcome-tour").back()
    for client in (phone, tablet, phone):
        sync(client, clock)

    assert start_at(phone) is None
    assert phone.tutorial("welcome-tour").status is SessionStatus.SURVEY
