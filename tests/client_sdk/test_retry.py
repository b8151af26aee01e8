"""When the SDK tries again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import pytest
from hypothesis import given, strategies as st

from client_sdk import ClientConfig
from client_sdk._delivery_errors import Transient
from client_sdk._retry import (
    MAX_RETRY_AFTER_SECONDS,
    build_retrying,
    parse_retry_after,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        (format_datetime(NOW + timedelta(minutes=2), usegmt=True), 120.0),
        (format_datetime(NOW - timedelta(minutes=2), usegmt=True), 0.0),
        ("99999999999", MAX_RETRY_AFTER_SECONDS),
        ("soon", None),
        ("Wed, 21 Oct 99999999999999 07:28:00 GMT", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
    ids=[
        "seconds",
        "none",
        "date",
        "past",
        "absurd",
        "word",
        "year",
        "negative",
        "empty",
        "absent",
    ],
)
def test_retry_after_is_read(value: str | None, seconds: float | None):
    assert parse_retry_after(value, now=NOW) == seconds


@given(st.text())
def test_any_retry_after_gives_a_bounded_wait_or_none(value: str):
    seconds = parse_retry_after(value, now=NOW)

    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER_SECONDS


def waits(*, attempt: int, retry_after: float | None, draws: int = 200) -> list[float]:
    retrying = build_retrying(
        ClientConfig(backoff_initial_seconds=1, backoff_max_seconds=60),
        sleep=lambda _: None,
        is_stopping=lambda: False,
    )
    error = Transient("busy", retry_after_seconds=retry_after)
    outcome = SimpleNamespace(exception=lambda: error)
    state = SimpleNamespace(attempt_number=attempt, outcome=outcome)
    return [retrying.wait(state) for _ in range(draws)]  # type: ignore[arg-type]


@pytest.mark.parametrize(("attempt", "bound"), [(1, 1), (3, 4), (10, 60), (5000, 60)])
def test_a_delay_is_drawn_from_the_whole_range_up_to_a_doubling_bound(
    attempt: int, bound: float
):
    drawn = waits(attempt=attempt, retry_after=None)

    assert 0 <= min(drawn) < bound * 0.2
    assert bound * 0.8 < max(drawn) <= bound


def test_no_delay_is_shorter_than_retry_after():
    assert min(waits(attempt=1, retry_after=30)) >= 30
