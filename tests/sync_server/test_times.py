"""When something occurred, by the server's clock, on devices whose clocks are wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given, strategies as st

from sync_server.events.times import TOLERATED_ERROR, occurred_at

NOW = datetime(2026, 1, 31, 8, 30, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
anytime = st.datetimes(timezones=st.timezones())


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@pytest.mark.parametrize("error", [0, 1, -1, 59, -59, 60, -60])
def test_a_clock_that_is_about_right_is_believed(error):
    moment = NOW - seconds(1000)

    assert occurred_at(moment, sent_at=NOW + seconds(error), now=NOW) == moment


@pytest.mark.parametrize(
    "error",
    [61, -61, 86_400, -86_400, 9 * 365 * 86_400, -56 * 365 * 86_400],
    ids=["minute+", "minute-", "day+", "day-", "in-2035", "in-1970"],
)
def test_a_clock_that_is_off_is_corrected_by_its_error(error):
    happened = NOW - seconds(1000)

    told, sent = happened + seconds(error), NOW + seconds(error)

    assert occurred_at(told, sent_at=sent, now=NOW) == happened


def test_an_event_that_is_later_than_its_sending_occurred_now():
    """The clock was set back between the event and the sending."""
    sent = NOW - timedelta(days=3)

    assert occurred_at(sent + seconds(5), sent_at=sent, now=NOW) == NOW


def test_without_a_time_of_sending_only_the_future_is_cut_off():
    assert occurred_at(NOW + seconds(1), sent_at=None, now=NOW) == NOW
    assert occurred_at(NOW - seconds(99), sent_at=None, now=NOW) == NOW - seconds(99)


@given(anytime, st.none() | anytime)
def test_no_event_lies_in_the_future_or_before_1970(moment, sent_at):
    assert EPOCH <= occurred_at(moment, sent_at=sent_at, now=NOW) <= NOW


@given(st.lists(st.integers(0, 10**9), min_size=2), st.integers(-(10**9), 10**9))
def test_events_keep_their_distances(ages, error):
    """As far as they do not lie before 1970."""
    sent = NOW + seconds(error)
    times = [occurred_at(sent - seconds(age), sent_at=sent, now=NOW) for age in ages]

    if abs(error) > TOLERATED_ERROR.total_seconds():
        assert times == [NOW - seconds(age) for age in ages]


@pytest.mark.usefixtures("tour")
class TestStored:
    @pytest.mark.parametrize("years", [9, -30])
    def test_a_batch_from_a_device_years_off_is_stored_where_it_belongs(
        self, client, user, clock, sql, years
    ):
        error = timedelta(days=365 * years)
        event = {
            "tutorialId": "tour",
            "stepId": "welcome",
            "status": "started",
            "t": 0,
            "eventId": str(uuid4()),
            "occurredAt": (clock.now + error - seconds(90)).isoformat(),
        }
        sent_at = (clock.now + error).isoformat()

        client.post(
            "/api/tutorial/steps",
            json={"events": [event], "sentAt": sent_at},
            headers=user.headers,
        )

        rows = sql("SELECT occurred_at FROM tutorial_step_events")
        assert rows == [(clock.now - seconds(90),)]

    def test_a_single_ping_of_tomorrow_occurred_now(self, client, user, clock, sql):
        event = {
            "tutorialId": "tour",
            "stepId": "welcome",
            "status": "started",
            "t": 0,
            "occurredAt": (clock.now + timedelta(days=1)).isoformat(),
        }

        client.post("/api/tutorial/step", json=event, headers=user.headers)

        assert sql("SELECT occurred_at FROM tutorial_step_events") == [(clock.now,)]

    def test_an_impossible_time_in_a_batch_hurts_nobody(self, client, user, sql):
        event = {
            "tutorialId": "tour",
            "stepId": "welcome",
            "status": "completed",
            "t": 0,
            "occurredAt": "0001-01-01T00:00:00Z",
        }

        answer = client.post(
            "/api/tutorial/steps",
            json={"events": [event], "sentAt": "9999-12-31T23:59:59Z"},
            headers=user.headers,
        )

        assert answer.json["accepted"] == 1
        assert sql("SELECT occurred_at FROM tutorial_step_events") == [(EPOCH,)]
