"""A tour goes on where the user's last device has left it."""

from client_sdk import EventKind
from client_sdk.testing import FakeClock, FakeServer
from tests.client_sdk.conftest import tour
from tests.client_sdk.pings import completed
from tests.client_sdk.progress.conftest import OpenDevice
from tests.client_sdk.progress.devices import go, runs, start_at, sync, view


def test_a_tour_goes_on_with_its_run_on_another_device(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone = open_device("phone")
    go(phone, 2)
    sync(phone, clock)
    tablet = open_device("tablet")

    assert start_at(tablet) == "team"
    tablet.tutorial("welcome-tour").next()
    sync(tablet, clock)
    assert completed(server) == ["intro", "dashboard", "team"]
    assert len(runs(server)) == 1


def test_it_goes_on_without_a_network_once_it_is_known(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone = open_device("phone")
    go(phone, 1)
    sync(phone, clock)
    open_device("tablet").close()
    server.online = False
    tablet = open_device("tablet")

    assert start_at(tablet) == "dashboard"


def test_a_step_is_completed_once_in_a_run_whatever_the_device(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone = open_device("phone")
    go(phone, 1)
    sync(phone, clock)
    tablet = open_device("tablet")
    tablet.tutorial("welcome-tour").start()
    tablet.tutorial("welcome-tour").back()
    tablet.tutorial("welcome-tour").next()
    tablet.tutorial("welcome-tour").next()
    sync(tablet, clock)
    sync(phone, clock)
    phone.tutorial("welcome-tour").next()
    sync(phone, clock)

    assert completed(server) == ["intro", "dashboard"]


def test_an_open_run_follows_a_device_that_moved_later(
    open_device: OpenDevice, clock: FakeClock
):
    phone = open_device("phone")
    go(phone, 0)
    sync(phone, clock)
    tablet = open_device("tablet")
    go(tablet, 2)
    sync(tablet, clock)
    sync(phone, clock)

    session = phone.tutorial("welcome-tour")
    assert session.index == 0
    assert start_at(phone) == "team"


def test_an_open_run_stays_where_it_moved_last(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone, tablet = open_device("phone"), open_device("tablet")
    go(tablet, 0)
    sync(tablet, clock)
    go(phone, 2)
    sync(phone, clock)

    assert start_at(phone) == "team"
    sync(tablet, clock)
    assert start_at(tablet) == "team"


def test_two_runs_begun_offline_become_the_later_one(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone, tablet = open_device("phone"), open_device("tablet")
    server.online = False
    go(phone, 1)
    clock.advance(10)
    go(tablet, 2)
    server.online = True
    sync(tablet, clock)
    sync(phone, clock)

    assert start_at(phone) == "team"
    assert start_at(tablet) == "team"
    phone_run = phone.tutorial("welcome-tour").run
    tablet_run = tablet.tutorial("welcome-tour").run
    assert phone_run is not None
    assert tablet_run is not None
    assert phone_run.run_id == tablet_run.run_id


def test_a_step_that_is_no_more_becomes_the_first_one_not_completed(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone = open_device("phone")
    go(phone, 1)
    sync(phone, clock)
    server.configs["welcome-tour"] = tour("intro", "week", "team", version=2)
    tablet = open_device("tablet")

    assert start_at(tablet) == "week"


def test_a_run_that_gives_way_takes_its_content_with_it(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone = open_device("phone")
    go(phone, 0)
    server.configs["welcome-tour"] = tour("intro", "week", "team", version=2)
    tablet = open_device("tablet")
    go(tablet, 0)
    clock.advance(1)
    tablet.tutorial("welcome-tour").start(restart=True)
    tablet.tutorial("welcome-tour").next()
    for client in (tablet, phone):
        clock.advance(3600)
        sync(client, clock)

    assert start_at(phone) == "week"
    assert phone.tutorial("welcome-tour").size == 3


def test_moves_and_news_are_told(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone, tablet = open_device("phone"), open_device("tablet")
    seen: list[str | None] = []
    for client in (phone, tablet):
        client.subscribe(
            lambda event: (
                seen.append(event.tutorial_id)
                if event.kind is EventKind.PROGRESS_CHANGED
                else None
            )
        )
    go(phone, 0)
    assert seen == ["welcome-tour"]
    sync(phone, clock)
    seen.clear()
    sync(tablet, clock)

    assert seen == ["welcome-tour"]


def test_a_damaged_row_is_ignored(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone = open_device("phone")
    go(phone, 1)
    sync(phone, clock)
    database = phone._core.storage.foreground
    database.execute("UPDATE progress SET body = '{' WHERE tutorial_id <> ''")
    database.execute("UPDATE resumes SET device_id = x'00'")

    assert start_at(phone) == "dashboard"
    assert view(phone).xp == 0
