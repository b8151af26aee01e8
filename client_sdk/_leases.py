"""Leases: of the processes that share a file, one at a time sends."""

from __future__ import annotations

import os

from client_sdk._clock import Clock
from client_sdk._storage import Database

__all__ = ["Lease"]

# A time too far ahead is one of an earlier boot: the machine's clock began anew since.
_TAKE = (
    "INSERT INTO leases (name, holder, until_ms) VALUES (:name, :holder, :until_ms)"
    " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder,"
    " until_ms = excluded.until_ms WHERE holder = excluded.holder"
    " OR until_ms <= :now_ms OR until_ms > excluded.until_ms"
)


_PID_BYTES = 4


class Lease:
    """One name in the file that one process holds, for a while.

    The time is counted on the machine's monotonic clock, which all its processes share
    and no change of date moves.  A process that died is found out by its number, where
    the system tells, and leaves the lease to run out elsewhere.  One that was suspended
    beyond its time may still send what another sends too: the server counts it once, the
    lease only spares the work.
    """

    def __init__(self, name: str, *, seconds: float, clock: Clock) -> None:
        self._name = name
        self._holder = os.getpid().to_bytes(_PID_BYTES, "big") + os.urandom(12)
        self._seconds = seconds
        self._clock = clock

    def take(self, database: Database) -> bool:
        """Take the lease, or hold it for longer; False if another process has it."""
        now_ms = int(self._clock.monotonic_seconds() * 1000)
        values = {
            "name": self._name,
            "holder": self._holder,
            "now_ms": now_ms,
            "until_ms": now_ms + int(self._seconds * 1000),
        }
        with database.transaction() as connection:
            if connection.execute(_TAKE, values).rowcount == 1:
                return True
            query = "SELECT holder FROM leases WHERE name = ?"
            ((holder,),) = connection.execute(query, (self._name,)).fetchall()
            if _is_alive(int.from_bytes(holder[:_PID_BYTES], "big")):
                return False
            connection.execute("DELETE FROM leases WHERE name = ?", (self._name,))
            return connection.execute(_TAKE, values).rowcount == 1

    def release(self, database: Database) -> None:
        """Let the next process begin at once."""
        database.execute(
            "DELETE FROM leases WHERE name = ? AND holder = ?",
            (self._name, self._holder),
        )


def _is_alive(pid: int) -> bool:
    """Tell whether a process may still be there; True where nobody can say."""
    if os.name != "posix":
        return True  # there, signal 0 is a Ctrl-C
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is another user's
    return True
