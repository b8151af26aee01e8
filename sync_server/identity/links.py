"""Links from anonymous users to the accounts that they became."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import Connection

from client_sdk.contracts.problem import ProblemCode
from sync_server.db.pool import Pool
from sync_server.db.queries import load_queries
from sync_server.errors import ApiError

__all__ = ["IdentityLinks"]


class IdentityLinks:
    """The table ``identity_links``: written here, resolved wherever something is read."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._queries = load_queries("sync_server.identity")

    def link(self, *, anonymous_id: UUID, user_id: UUID) -> None:
        """Make the anonymous user one person with the account; again is no fault.

        ApiError ``already_identified`` if the anonymous user belongs to another account,
        and for links that would make a chain.
        """
        with self._pool.connection() as connection, connection.transaction():
            # the anonymous user first, as everybody does who locks a person: of two
            # accounts that come at once, the second finds the link of the first
            self._queries.lock_person(connection, user_id=anonymous_id)
            self._queries.lock_person(connection, user_id=user_id)
            self._queries.wait_for_erasures(
                connection, user_ids=[anonymous_id, user_id]
            )
            self._link(connection, anonymous_id, user_id)

    def _link(
        self, connection: Connection[Any], anonymous_id: UUID, user_id: UUID
    ) -> None:
        ids = {"anonymous_id": anonymous_id, "user_id": user_id}
        account = self._queries.account_of(connection, anonymous_id=anonymous_id)
        if account == user_id:
            return
        if account is not None:
            raise ApiError(
                ProblemCode.ALREADY_IDENTIFIED,
                "The anonymous user belongs to another account; log in to that one, or "
                "go on with a new anonymous user.",
            )
        if anonymous_id == user_id or self._queries.makes_a_chain(connection, **ids):
            raise ApiError(
                ProblemCode.ALREADY_IDENTIFIED,
                "An account cannot be another account's anonymous user; send the "
                "anonymous token of this device with the token of the account.",
            )
        self._queries.link(connection, **ids)
