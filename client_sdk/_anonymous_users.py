"""The users whom this device has made from secrets of its own; on the sync thread."""

from __future__ import annotations

from client_sdk._device_row import KNOW
from client_sdk._identity import Identity
from client_sdk._owners import hand_over
from client_sdk._storage import Database
from client_sdk.contracts.identity import is_secret, user_id_of_secret
from client_sdk.contracts.value import Value, value

__all__ = ["AnonymousUser", "AnonymousUsers"]

_READ = "SELECT user_id, secret, account_id, is_linked FROM anonymous_users"
_MEND = "UPDATE anonymous_users SET secret = ? WHERE user_id = ? AND secret <> ?"
# Anonymous user ids are UUIDs of version 8, as no account's are.
_ORPHANS = (
    "SELECT user_id FROM (SELECT user_id FROM pings UNION"
    " SELECT user_id FROM survey_answers UNION SELECT user_id FROM runs)"
    " WHERE user_id LIKE '________-____-8%'"
    " AND user_id NOT IN (SELECT user_id FROM anonymous_users)"
)


@value(frozen=True, kw_only=True)
class AnonymousUser(Value):
    """One of them.

    ``account_id`` is the account that it has become, ``is_linked`` whether the server
    knows that.
    """

    user_id: str
    secret: str
    account_id: str | None
    is_linked: bool


class AnonymousUsers:
    """The table ``anonymous_users``, and the last one of them, whom the device's row names."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def all(self, database: Database) -> list[AnonymousUser]:
        """Return them, the last one among them."""
        # A file of version 1 knew the last secret only.
        database.execute(KNOW, self._identity.last_anonymous())
        return [
            AnonymousUser(
                user_id=user_id,
                secret=secret,
                account_id=account_id,
                is_linked=bool(is_linked),
            )
            for user_id, secret, account_id, is_linked in database.execute(_READ)
        ]

    def note_linked(self, database: Database, user: AnonymousUser) -> None:
        """Note that the server knows one as its account's."""
        query = "UPDATE anonymous_users SET is_linked = 1 WHERE user_id = ?"
        database.execute(query, (user.user_id,))

    def mend(self, database: Database) -> None:
        """Make good the secrets that have changed on the disk.

        The last one stands in a second place.  What users have done whose secret is lost
        is this device's next anonymous user's.
        """
        user_id, secret = self._identity.last_anonymous()
        database.execute(_MEND, (secret, user_id, secret))
        query = "SELECT user_id, secret FROM anonymous_users"
        lost = [one for one in database.execute(query) if not _is_whole(*one)]
        if lost:
            query = "DELETE FROM anonymous_users WHERE user_id = ?"
            with database.transaction() as connection:
                connection.executemany(query, [(user_id,) for user_id, _ in lost])
            self.adopt_orphans(database)

    def adopt_orphans(self, database: Database) -> None:
        """Give the last one what others have done whose secrets are lost.

        It was this device, and nobody can ever ask for a token in their names.
        """
        with database.transaction() as connection:
            present, _ = self._identity.last_anonymous()
            for (user_id,) in connection.execute(_ORPHANS).fetchall():
                hand_over(connection, user_id, present)


def _is_whole(user_id: str, secret: str) -> bool:
    return is_secret(secret) and str(user_id_of_secret(secret)) == user_id
