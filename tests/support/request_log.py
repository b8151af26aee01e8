"""What the server's log says of requests, which it writes a moment after their answers."""

from __future__ import annotations

import pytest

from tests.support.server_process import wait_until

__all__ = ["logged_requests"]


def logged_requests(capfd: pytest.CaptureFixture[str], count: int) -> str:
    """Return the output since the last look once it has a line for so many requests."""
    pieces: list[str] = []

    def is_complete() -> bool:
        pieces.append(capfd.readouterr().out)
        return "".join(pieces).count('"event": "request"') >= count

    wait_until(is_complete, what=f"{count} requests are logged")
    return "".join(pieces)
