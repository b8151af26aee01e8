"""How apps in tests that are busier than any user set up their clients."""

from __future__ import annotations

from dataclasses import replace

from client_sdk import ClientConfig

__all__ = ["EAGER", "PATIENT", "ROOMY"]

#: Has room for everything: the bounds are not what is tested with it.
ROOMY = ClientConfig(
    backoff_max_seconds=0.2,
    max_queued_pings=100_000_000,
    max_queued_bytes=2**31 - 1,
    max_queued_surveys=1_000_000,
    max_set_aside=1_000_000,
    strict=True,
)
#: Sends at once, and again at once.
EAGER = replace(
    ROOMY,
    flush_at=5,
    flush_interval_seconds=0.05,
    startup_delay_seconds=0.01,
    backoff_initial_seconds=0.02,
)
#: Sends when it is asked to.
PATIENT = replace(ROOMY, flush_interval_seconds=3600, batch_size=500)
