"""When to try again: full jitter, doubling, and never before the server's Retry-After."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from client_sdk._config import ClientConfig
from client_sdk._delivery_errors import Transient

if TYPE_CHECKING:
    import tenacity

__all__ = ["build_retrying", "parse_retry_after"]

#: Longest Retry-After that is believed, in seconds: a day.
MAX_RETRY_AFTER_SECONDS = 24 * 60 * 60.0


def parse_retry_after(
    value: str | None, *, now: datetime, at_most: float = MAX_RETRY_AFTER_SECONDS
) -> float | None:
    """Return seconds to wait from a ``Retry-After`` header, seconds or date.

    None where it is missing or unreadable; between 0 and ``at_most`` otherwise, a day.
    """
    if value is None:
        return None
    seconds = _seconds(value, now)
    return None if seconds is None else min(max(seconds, 0.0), at_most)


def _seconds(value: str, now: datetime) -> float | None:
    digits = value.strip()
    if digits.isascii() and digits.isdecimal():
        return float(digits)
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # a year that no calendar has
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - now).total_seconds()


def build_retrying(
    config: ClientConfig,
    *,
    sleep: Callable[[float], None],
    is_stopping: Callable[[], bool],
) -> tenacity.Retrying:
    """Return tenacity's loop over one sync: it ends with success or when stopping.

    There is no bound on attempts: time spent offline must cost an event neither
    attempts nor age.  The delay is drawn from the whole range up to the bound (full
    jitter), so that devices that lost one server do not return together.
    """
    import tenacity

    jitter = tenacity.wait_random_exponential(
        multiplier=config.backoff_initial_seconds, max=config.backoff_max_seconds
    )

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome and state.outcome.exception()
        retry_after = (
            error.retry_after_seconds if isinstance(error, Transient) else None
        )
        return (retry_after or 0.0) + jitter(state)

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(Transient),
        wait=wait,
        stop=lambda _: is_stopping(),
        sleep=sleep,
        retry_error_callback=lambda _: None,
    )
