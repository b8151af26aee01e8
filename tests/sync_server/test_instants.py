"""Times of any offset that RFC 3339 knows are taken, and stored as the instant they are."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, strategies as st
from pydantic import TypeAdapter, ValidationError

from client_sdk.contracts.limits import Moment

MOMENT = TypeAdapter[datetime](Moment)

offsets = st.integers(-1439, 1439).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)
moments = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(9998, 12, 31),  # noqa: DTZ001
    timezones=offsets,
)


@given(moments)
def test_a_time_of_any_offset_is_the_same_instant_in_utc(moment):
    read = MOMENT.validate_json(json.dumps(moment.isoformat()))

    assert read == moment
    assert read.utcoffset() == timedelta()


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"]
)
def test_a_time_beyond_the_calendar_is_refused(text):
    with pytest.raises(ValidationError, match="years 1 to 9999"):
        MOMENT.validate_json(json.dumps(text))


@pytest.mark.usefixtures("tour")
@pytest.mark.parametrize("offset", ["+23:59", "-23:59", "+16:00", "+00:00"])
def test_an_offset_that_postgresql_does_not_know_is_stored(client, user, sql, offset):
    answer = client.post(
        "/api/tutorial/step",
        json={
            "tutorialId": "tour",
            "stepId": "welcome",
            "status": "started",
            "t": 0,
            "occurredAt": f"2026-01-31T08:30:00{offset}",
        },
        headers=user.headers,
    )

    assert answer.status_code == 204, answer.json
    ((stored,),) = sql("SELECT occurred_at FROM tutorial_step_events")
    assert stored == datetime.fromisoformat(f"2026-01-31T08:30:00{offset}")
    assert stored.astimezone(UTC).year == 2026


@pytest.mark.usefixtures("tour")
@pytest.mark.parametrize(
    "text", ["", "x" * 201, "a\x07b"], ids=["empty", "long", "bell"]
)
def test_a_query_that_holds_no_id_is_refused(client, user, text):
    answer = client.get(
        "/api/tutorial/progress",
        query_string={"tutorialId": text},
        headers=user.headers,
    )

    assert answer.status_code == 400
    assert answer.json["code"] == "invalid_request"
    assert answer.json["errors"][0]["pointer"] == "/tutorialId"
