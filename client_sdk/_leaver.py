"""Who signs out of a device, and what becomes there of what the user has done."""

from __future__ import annotations

import contextlib
import sqlite3

from client_sdk._device_row import UNKNOWN_USER
from client_sdk._forgetting import forget_users
from client_sdk._owners import hand_over
from client_sdk._storage import Database
from client_sdk.contracts.named_tuple import NamedTuple

__all__ = ["Leaver"]

_LINKED = "SELECT user_id FROM anonymous_users WHERE account_id = ?"


class Leaver(NamedTuple):
    """The user, the account if there was one, the anonymous user of before."""

    user_id: str
    account_id: str | None
    #: Its id and secret.
    anonymous: tuple[str, str]

    @property
    def owner(self) -> str:
        """Return whose it is what was collected before the account's id was known.

        The account's, or the anonymous user's of before if the id never came: the next
        account to sign in must not get it.
        """
        return self.account_id or self.anonymous[0]

    def ids(self, database: Database) -> set[str]:
        """Return by whose ids the leaver is known here, as far as the file can be read."""
        found = {self.user_id, self.owner, self.anonymous[0], UNKNOWN_USER}
        with contextlib.suppress(sqlite3.Error), database.lock:
            found |= _linked(database.connection, self.user_id)
        return found

    def wipe(self, connection: sqlite3.Connection) -> None:
        """Remove all of the user, and of the anonymous users who have become it."""
        linked = _linked(connection, self.user_id)
        forget_users(connection, {self.user_id, UNKNOWN_USER} | linked)

    def name_rows(self, connection: sqlite3.Connection) -> None:
        """Say whose it is what was stored before the account's id was known."""
        hand_over(connection, UNKNOWN_USER, self.owner)
        connection.execute(
            "UPDATE anonymous_users SET account_id = ? WHERE account_id = ?",
            (self.account_id or None, UNKNOWN_USER),
        )


def _linked(connection: sqlite3.Connection, user_id: str) -> set[str]:
    return {found for (found,) in connection.execute(_LINKED, (user_id,))}
