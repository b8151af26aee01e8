"""A file that takes no write for a while, or none to the end, as on a full disk."""

from collections.abc import Iterator
from contextlib import contextmanager

from client_sdk import TutorialClient


@contextmanager
def refused_writes(client: TutorialClient) -> Iterator[None]:
    """Have the file refuse what the client writes in the block, on whichever thread."""
    connections = client._core.storage.foreground, client._core.storage.background
    for connection in connections:
        connection.execute("PRAGMA query_only = ON")
    yield
    for connection in connections:
        connection.execute("PRAGMA query_only = OFF")


@contextmanager
def refused_events(client: TutorialClient) -> Iterator[None]:
    """Have the file refuse events in the block, and take everything else."""
    database = client._core.storage.foreground
    for table in ("pings", "survey_answers"):
        # Not RAISE: that breaks a constraint, as a run that another process has moved does.
        database.execute(
            f"CREATE TRIGGER refuse_{table} BEFORE INSERT ON {table}"
            " BEGIN INSERT INTO no_space VALUES (1); END"
        )
    yield
    for table in ("pings", "survey_answers"):
        database.execute(f"DROP TRIGGER refuse_{table}")


@contextmanager
def refused_commits(client: TutorialClient) -> Iterator[None]:
    """Have the file take each answer in the block and refuse it at the commit."""
    database = client._core.storage.foreground
    database.execute(
        "CREATE TABLE refusals (id INTEGER REFERENCES nobody DEFERRABLE"
        " INITIALLY DEFERRED)"
    )
    database.execute("CREATE TABLE nobody (id INTEGER PRIMARY KEY)")
    database.execute(
        "CREATE TRIGGER refuse AFTER INSERT ON survey_answers BEGIN"
        " INSERT INTO refusals VALUES (1); END"
    )
    connections = database, client._core.storage.background
    for connection in connections:
        connection.execute("PRAGMA foreign_keys = ON")
    yield
    for connection in connections:
        connection.execute("PRAGMA foreign_keys = OFF")
    database.execute("DROP TRIGGER refuse")
