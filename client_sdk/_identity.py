"""Who this device is, and whose events it collects."""

from __future__ import annotations

import base64
import json
import logging
import os
from collections.abc import Callable
from uuid import UUID

from client_sdk._errors import Transient
from client_sdk._ping_queue import PingQueue
from client_sdk._storage import Database
from client_sdk._survey_queue import SurveyQueue
from client_sdk.contracts.identity import SECRET_BYTES, encode_secret, user_id_of_secret

__all__ = ["UNKNOWN_USER", "Identity", "TokenProvider", "TokenSource", "subject_of"]

logger = logging.getLogger(__name__)

#: Returns a valid bearer token.  Called on the sync thread only, and again after a 401.
TokenProvider = Callable[[], str]

#: User id of events collected before the first token of an app with accounts.
UNKNOWN_USER = ""


class Identity:
    """The device's id, its secret, and the user to whom new events belong.

    Without a token provider the user is anonymous and follows from the secret, so that
    it is known before the first network.  With one it is the subject of the last token.
    """

    def __init__(self, database: Database, *, has_accounts: bool) -> None:
        device_id, secret, account_id = _load_or_create(database)
        self.device_id = UUID(bytes=device_id)
        self.secret = secret
        self._has_accounts = has_accounts
        self.user_id = self._user_id(account_id)

    def _user_id(self, account_id: str | None) -> str:
        if self._has_accounts:
            return account_id or UNKNOWN_USER
        return str(user_id_of_secret(self.secret))

    def adopt(self, database: Database, account_id: str) -> bool:
        """Make the subject of a token the user; True if it was another one before.

        What was collected before any account was known belongs to the first that comes.
        Rows of another account stay where they are and wait for its next log-in.
        """
        is_new = account_id != self.user_id
        with database.transaction() as connection:
            # Before the commit: who waits for this write then has the new id already.
            self.user_id = account_id
            connection.execute("UPDATE device SET account_id = ?", (account_id,))
            PingQueue.claim(connection, UNKNOWN_USER, account_id)
            SurveyQueue.claim(connection, UNKNOWN_USER, account_id)
            connection.execute(
                "UPDATE OR IGNORE runs SET user_id = ? WHERE user_id = ?",
                (account_id, UNKNOWN_USER),
            )
        return is_new


def _load_or_create(database: Database) -> tuple[bytes, str, str | None]:
    select = "SELECT device_id, secret, account_id FROM device"
    rows = database.execute(select)
    if not rows:
        secret = encode_secret(os.urandom(SECRET_BYTES))
        # OR IGNORE: another process may have been first, then its row counts.
        database.execute(
            "INSERT OR IGNORE INTO device (id, device_id, secret) VALUES (1, ?, ?)",
            (_random_uuid(), secret),
        )
        rows = database.execute(select)
    device_id, secret, account_id = rows[0]
    return device_id, secret, account_id


def _random_uuid() -> bytes:
    raw = bytearray(os.urandom(16))
    raw[6] = (raw[6] & 0x0F) | 0x40
    raw[8] = (raw[8] & 0x3F) | 0x80
    return bytes(raw)


class TokenSource:
    """The bearer token of the sync under way; lives on the sync thread.

    ``mint`` gets a token from the app's provider, or from the server for the device's
    secret.  A token is never stored with an event: it is put on when a request is sent.
    """

    def __init__(self, mint: Callable[[], str], *, keep: bool) -> None:
        self._mint = mint
        self._keep = keep
        self._token: str | None = None

    def begin_sync(self) -> None:
        """Ask the app again at every sync: the user may have logged in as another."""
        if not self._keep:
            self._token = None

    def token(self) -> str:
        """Return the token, minted where there is none; Transient if that fails."""
        if self._token is None:
            self._token = self._mint()
        return self._token

    def renew(self) -> str:
        """Return a new token after the server refused the last one."""
        self._token = None
        return self.token()


def ask(provider: TokenProvider) -> str:
    """Return the app's token; Transient if the provider raises or returns none."""
    try:
        token: object = provider()
    except BaseException as exc:  # also asyncio's CancelledError: the thread must live
        logger.exception("the token provider failed; events wait until it works again")
        raise Transient(f"the token provider raised {type(exc).__name__}") from exc
    if not isinstance(token, str) or not token:
        raise Transient("the token provider returned no token")
    return token


def subject_of(token: str) -> str:
    """Return the subject of a JWT, unverified: the server does that.

    Transient if it is none: the app may provide a better one next time.
    """
    try:
        payload = token.split(".")[1]
        claims = json.loads(
            base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        )
        return str(claims["sub"])
    except (IndexError, ValueError, KeyError, TypeError) as exc:
        raise Transient("the token provider's token is no JWT with a subject") from exc
