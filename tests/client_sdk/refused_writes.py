"""A file that takes no write for a while, as on a full disk."""

from collections.abc import Iterator
from contextlib import contextmanager

from client_sdk import TutorialClient


@contextmanager
def refused_writes(client: TutorialClient) -> Iterator[None]:
    """Have the file refuse what the client writes in the block, on whichever thread."""
    connections = client._storage.foreground, client._storage.background
    for connection in connections:
        connection.execute("PRAGMA query_only = ON")
    yield
    for connection in connections:
        connection.execute("PRAGMA query_only = OFF")
