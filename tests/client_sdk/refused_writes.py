"""A file that takes no write for a while, as on a full disk."""

from collections.abc import Iterator
from contextlib import contextmanager

from client_sdk import TutorialClient


@contextmanager
def refused_writes(client: TutorialClient) -> Iterator[None]:
    """Have the file refuse what the host app's thread writes in the block."""
    connection = client._storage.foreground
    connection.execute("PRAGMA query_only = ON")
    yield
    connection.execute("PRAGMA query_only = OFF")
