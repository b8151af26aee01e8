"""docs/limits.md tells the numbers that hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from client_sdk.contracts.limits import (
    MAX_BATCH_EVENTS,
    MAX_BODY_BYTES,
    MAX_COMMENT_LENGTH,
    MAX_ID_LENGTH,
)
from sync_server.ratelimits.counting import KEPT_SLICES, SLICE_SECONDS
from sync_server.ratelimits.gate import MAX_URL_LENGTH
from sync_server.ratelimits.limit import MAX_KEYS
from sync_server.serving import HTTP1
from sync_server.variables import VARIABLES

TEXT = (Path(__file__).parents[2] / "docs" / "limits.md").read_text("utf-8")
DEFAULTS = {variable.name: variable.default for variable in VARIABLES}


@pytest.mark.parametrize(
    "line",
    [
        f"| {MAX_BODY_BYTES // 1024**2} MiB | 413",
        f"| events in one batch | {MAX_BATCH_EVENTS} |",
        f"| {MAX_ID_LENGTH}; {MAX_COMMENT_LENGTH:,} characters |",
        f"| {MAX_URL_LENGTH:,} characters | 414",
        f"| {HTTP1.max_buffer_size // 1024} KiB | 431, empty body",
        f"an idle connection | {HTTP1.header_read_timeout // 1000} s |",
        f"in {KEPT_SLICES * SLICE_SECONDS} seconds is\n  refused",
        f"{MAX_KEYS:,} to {2 * MAX_KEYS:,} keys",
    ],
)
def test_a_number_is_the_codes(line):
    assert line in TEXT


@pytest.mark.parametrize(
    "name", [name for name in DEFAULTS if f"`{name}` |" in TEXT], ids=str
)
def test_a_default_is_the_settings(name):
    (row,) = [line for line in TEXT.splitlines() if f"`{name}` |" in line]

    assert f"| {int(DEFAULTS[name]):,} " in row
