"""A server with the demo tour that lets a device send as much as it likes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from tests.support.server_environ import server_environ
from tests.support.server_process import ServerProcess, running_server

__all__ = ["demo_server"]


def demo_server(database_url: str, log: Path) -> AbstractContextManager[ServerProcess]:
    """Yield it on a migrated database; apps in tests are busier than any user."""
    environ = server_environ(
        database_url,
        KAZI_USER_REQUESTS_PER_MINUTE="0",
        KAZI_USER_EVENTS_PER_MINUTE="0",
        KAZI_ADDRESS_REQUESTS_PER_MINUTE="0",
        KAZI_ANONYMOUS_TOKENS_PER_MINUTE="0",
    )
    return running_server("--demo", environ=environ, log=log)
