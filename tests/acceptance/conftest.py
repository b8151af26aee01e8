"""Fixtures of real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.demo_server import demo_server
from tests.support.postgres import database_url, postgres
from tests.support.server_process import ServerProcess

__all__ = ["database_url", "postgres"]


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[ServerProcess]:
    """A server on a database of its own, with the demo tour and without limits."""
    with demo_server(database_url, tmp_path / "server.log") as server:
        yield server
