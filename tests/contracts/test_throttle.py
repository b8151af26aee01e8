"""When a survey may be answered again: golden cases that the server's tests run, too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from client_sdk.contracts.throttle import SURVEY_WINDOW, survey_closed_until
from tests.contracts.wire_cases import load_case_file

NOW = datetime(2026, 1, 31, 8, 30, tzinfo=UTC)
MOMENTS = st.datetimes(
    datetime.fromisoformat("2026-01-01"),
    datetime.fromisoformat("2026-06-01"),
    timezones=st.just(UTC),
)


def moment(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "case", load_case_file("survey_window")["cases"], ids=lambda case: case["name"]
)
def test_an_answer_is_taken_or_not_as_the_case_says(case: dict[str, Any]):
    end = case["closedUntil"]

    closed_until = survey_closed_until(
        map(moment, case["answered"]), moment(case["at"])
    )

    assert closed_until == (None if end is None else moment(end))


@given(st.lists(MOMENTS), MOMENTS)
def test_what_is_taken_keeps_its_distance_from_every_other(
    answered: list[datetime], at: datetime
):
    closed_until = survey_closed_until(answered, at)

    is_far = all(abs(at - one) >= SURVEY_WINDOW for one in answered)
    assert (closed_until is None) == is_far
    assert closed_until is None or closed_until > at
