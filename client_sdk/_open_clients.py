"""The clients of this process: whose folders they have, and that they outlive a fork."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Protocol

from client_sdk._storage import MEMORY

if TYPE_CHECKING:
    from client_sdk._usage import UsageGuard

    class ForkedClient(Protocol):
        """What goes on in a child process."""

        def _restart_after_fork(self) -> None:
            """Take threads, locks and connections of its own."""


__all__ = ["add", "claim", "remove"]

_clients: weakref.WeakSet[ForkedClient] = weakref.WeakSet()
#: A second client in one process is a mistake, in another one is not.
_folders: set[str] = set()


def claim(storage_dir: str | None, guard: UsageGuard) -> str:
    """Note that a folder has a client, and tell where it has one already.

    Return the folder as ``remove`` takes it.  Two processes may share one: Android's
    service has its own.
    """
    if storage_dir in (None, MEMORY):
        return MEMORY
    folder = os.path.realpath(storage_dir)
    if folder in _folders:
        guard.note(
            f"{folder} has an open client already; share that one",
            then="both work, with twice the threads and requests",
        )
    _folders.add(folder)
    return folder


def add(client: ForkedClient) -> None:
    """Have a client go on in every child process."""
    _clients.add(client)


def remove(client: ForkedClient, folder: str) -> None:
    """Forget a client that is closed, and its claim."""
    _clients.discard(client)
    _folders.discard(folder)


def _restart_in_child() -> None:
    for client in list(_clients):
        client._restart_after_fork()  # noqa: SLF001 - its hook for this module alone


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_restart_in_child)
