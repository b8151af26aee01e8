"""Who this device is, and whose events it collects."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from uuid import UUID

from client_sdk._device_row import (
    KNOW,
    UNKNOWN_USER,
    DeviceRow,
    read_device,
    write_device,
)
from client_sdk._storage import Database
from client_sdk.contracts.identity import (
    SECRET_BYTES,
    encode_secret,
    user_id_of_secret,
)

__all__ = ["Identity"]


#: Something to be written, within the transaction under way.
Change = Callable[[sqlite3.Connection], None]


class Identity:
    """The device's id, its secrets, and the user to whom new events belong.

    Without an account the user is anonymous and follows from the secret, so that it is
    known before the first network.  With one it is the subject of the last token.
    """

    def __init__(self, database: Database, *, has_accounts: bool) -> None:
        with database.lock:
            device = read_device(database.connection)
        device_id, secret, account_id, is_opted_out = device
        self.device_id: UUID = UUID(bytes=device_id)
        self._secret = secret
        #: None for an anonymous user; empty where the account's id is not known yet.
        self._account_id = account_id
        if has_accounts and account_id is None:
            self._account_id = UNKNOWN_USER
        #: The account in the file, as far as this process knows: another one says that
        #: somebody has signed in or out elsewhere.
        self._stored_account = account_id
        #: Who was there when another process signed somebody in or out: tokens of that
        #: one are of before, until this process signs in, or has one of who is there now.
        #: Empty where the id was not known yet, and any may be; None where all are trusted.
        self._departed: str | None = None
        self.is_opted_out: bool = bool(is_opted_out)
        #: Whose events are collected now.
        self.user_id: str = self._present()
        #: Counts sign-ins and log-outs: a token that was asked for before one is stale.
        self.epoch: int = 0
        # Taken after a connection's lock and the file's, never before: the file may have to
        # be waited for, and who signs out must not.  A signal's handler may take it again.
        self._lock = threading.RLock()
        #: What the file has not taken yet of what holds already, in order.
        self._changes: deque[Change] = deque()

    def _present(self) -> str:
        if self._account_id is not None:
            return self._account_id
        return str(user_id_of_secret(self._secret))

    def unlock_after_fork(self) -> None:
        """Take a new lock in a child process: nobody lives there to let the old one go."""
        self._lock = threading.RLock()

    @property
    def is_anonymous(self) -> bool:
        """Tell whether nobody is signed in."""
        return self._account_id is None

    def refresh(self, database: Database) -> bool:
        """Take over what another process has changed; True if the user is another one.

        What this process has changed, and the file refused, goes first.
        """
        self._save(database)
        with database.lock, self._lock:
            # What was changed since is newer than what the file says.
            return not self._changes and self._refresh(database.connection)

    def _save(self, database: Database) -> None:
        """Store the changes that hold already; sqlite3.Error where the file refuses.

        They are stored by a later sync then: who signs out has signed out, whatever the
        disk says of it.
        """
        while self._changes:
            with database.lock, contextlib.ExitStack() as stored:
                with database.transaction() as connection:
                    stored.enter_context(self._lock)
                    stored.enter_context(self._unchanged_if_refused())
                    # None where another thread has stored them meanwhile.
                    change = self._changes[0] if self._changes else None
                    if change is not None:
                        change(connection)
                # A signal's handler may have put others into its place.
                if self._changes and self._changes[0] is change:
                    self._changes.popleft()

    @contextlib.contextmanager
    def _unchanged_if_refused(self) -> Iterator[None]:
        """Let nobody have signed in or out whom the file refuses, be it at the commit."""
        before = self._account_id, self._stored_account
        try:
            yield
        except BaseException:
            self._account_id, self._stored_account = before
            self.user_id = self._present()
            raise

    def _refresh(self, connection: sqlite3.Connection) -> bool:
        before = self.user_id
        device_id, secret, account_id, is_opted_out = read_device(connection)
        self.device_id = UUID(bytes=device_id)
        self._secret, self.is_opted_out = secret, bool(is_opted_out)
        if account_id != self._stored_account:
            # Who is called by a name now, and by none before, has not left.
            if self._departed is None and (self._account_id or not account_id):
                self._departed = self._account_id
            self._stored_account = self._account_id = account_id
        elif account_id is not None or self._account_id != UNKNOWN_USER:
            self._account_id = account_id
        self.user_id = self._present()
        return self.user_id != before

    def sign_in(self, database: Database) -> None:
        """Collect for an account from here on, whose first token will say which.

        What the anonymous user has begun goes on as the account's; what it has done
        stays its own until the server links the two.
        """
        with self._lock:
            self.epoch += 1
            self._departed = None
            self._changes.append(self._enter)
        self._save(database)

    def _enter(self, connection: sqlite3.Connection) -> None:
        """Sign in, as soon as the file takes it and what was changed before.

        Until then the user stays anonymous, and becomes the account's like any other.
        """
        from client_sdk._owners import hand_over_open

        if not self.is_anonymous:
            return
        anonymous_id, _ = anonymous = self.last_anonymous()
        connection.execute(KNOW, anonymous)
        _change_device(connection, account_id=UNKNOWN_USER)
        connection.execute(
            "UPDATE anonymous_users SET account_id = ? WHERE user_id = ?",
            (UNKNOWN_USER, anonymous_id),
        )
        hand_over_open(connection, anonymous_id, UNKNOWN_USER)
        self._account_id = self._stored_account = self.user_id = UNKNOWN_USER

    def adopt(self, database: Database, account_id: str, epoch: int) -> bool:
        """Make the subject of a token the user; True if it was another one before.

        What was collected before any account was known belongs to the first that comes.
        Rows of another account stay where they are and wait for its next log-in.
        DeviceTrouble if somebody signed in or out since ``epoch``, or in another process:
        the token may be the one's who has left.
        """
        from client_sdk._delivery_errors import DeviceTrouble

        # What was changed before would else undo it.
        self._save(database)
        with database.lock, contextlib.ExitStack() as stored:
            with database.transaction() as connection:
                stored.enter_context(self._lock)
                stored.enter_context(self._unchanged_if_refused())
                if epoch != self.epoch:
                    raise DeviceTrouble("the user has signed in or out meanwhile")
                is_new = self._adopt(connection, account_id)
            self._stored_account, self._departed = account_id, None
        return is_new

    def _adopt(self, connection: sqlite3.Connection, account_id: str) -> bool:
        from client_sdk._delivery_errors import DeviceTrouble
        from client_sdk._owners import hand_over

        is_new = account_id != self._account_id
        stored = read_device(connection).account_id
        is_trusted = self._departed not in (account_id, UNKNOWN_USER)
        may_change = is_trusted and stored == self._stored_account
        if not (may_change or stored == account_id):
            raise DeviceTrouble("another process has signed somebody in or out")
        # Before the commit: who waits for this write then has the new id already.
        self._account_id = self.user_id = account_id
        _change_device(connection, account_id=account_id)
        connection.execute(
            "UPDATE anonymous_users SET account_id = ? WHERE account_id = ?",
            (account_id, UNKNOWN_USER),
        )
        # At every token: a ping may have read the user before it was known, and have
        # been stored after.
        hand_over(connection, UNKNOWN_USER, account_id)
        return is_new

    def log_out(
        self,
        database: Database,
        *,
        wipe: bool,
        reassign_held: Callable[[str, str | None], None],
    ) -> None:
        """Make the device a new anonymous user's.

        ``wipe`` removes what is on the device of the user who leaves, sent or not, and
        of the anonymous users who have become this account.  What an account has done
        whose id was never known stays the anonymous user's of before.  ``reassign_held``
        does the same with what waits in memory: from whom, to whom, None to drop it.
        """
        from client_sdk._leaver import Leaver

        secret = encode_secret(os.urandom(SECRET_BYTES))
        with database.lock, self._lock:
            self.epoch += 1
            leaver = Leaver(self.user_id, self._account_id, self.last_anonymous())
            self._account_id, self._secret = None, secret
            self.user_id = self._present()

            def store(connection: sqlite3.Connection) -> None:
                connection.execute(KNOW, leaver.anonymous)
                (leaver.wipe if wipe else leaver.name_rows)(connection)
                _change_device(connection, account_id=None, secret=secret)
                self._account_id = self._stored_account = None
                self.user_id = self._present()

            held_by = leaver.ids(database) if wipe else [UNKNOWN_USER]
            for user_id in held_by:
                reassign_held(user_id, None if wipe else leaver.owner)
            # Who was to sign in, and has signed out since, was never there.
            kept = [one for one in list(self._changes) if one != self._enter]
            self._changes = deque([*kept, store])
        self._save(database)

    @property
    def device(self) -> DeviceRow:
        """Who the device is, as this process knows it."""
        is_opted_out = int(self.is_opted_out)
        return DeviceRow(
            self.device_id.bytes, self._secret, self._account_id, is_opted_out
        )

    def stand_aside(self, connection: sqlite3.Connection, known: DeviceRow) -> None:
        """Give what was collected while the file could not be read to whom it belongs.

        Within the transaction under way.
        """
        from client_sdk._owners import hand_over

        if not self.is_anonymous:
            return
        owner = known.account_id
        if owner is None:
            owner = str(user_id_of_secret(known.secret))
        hand_over(connection, self.user_id, owner)
        connection.execute(
            "DELETE FROM anonymous_users WHERE user_id = ?", (self.user_id,)
        )

    def last_anonymous(self) -> tuple[str, str]:
        """Return the id and the secret of the anonymous user who was here last."""
        return str(user_id_of_secret(self._secret)), self._secret

    def opt_out(self, database: Database, *, forget_held: Callable[[], None]) -> None:
        """Collect nothing from here on, and forget what has not been sent, of anybody.

        ``forget_held`` drops what waits in memory.
        """
        # The first lock is that of who stores an event: none comes between.
        with database.lock, self._lock:
            self.is_opted_out = True
            forget_held()
            self._changes.append(_opt_out)
        self._save(database)

    def opt_in(self, database: Database) -> None:
        """Collect again."""
        with database.lock, self._lock:
            if _opt_out in self._changes:
                self._limit_opt_out(database.connection)
            self.is_opted_out = False
            self._changes.append(partial(_change_device, is_opted_out=0))
        self._save(database)

    def _limit_opt_out(self, connection: sqlite3.Connection) -> None:
        """Have an opt-out that the file takes later spare what is collected from here on."""
        from client_sdk._forgetting import Collected, forget_collected

        try:
            collected = Collected.read(connection)
        except sqlite3.Error:
            return  # what cannot even be read may hold what is to be forgotten
        forget = partial(forget_collected, collected=collected)
        self._changes = deque(
            forget if one is _opt_out else one for one in list(self._changes)
        )


def _opt_out(connection: sqlite3.Connection) -> None:
    from client_sdk._forgetting import forget_collected

    _change_device(connection, is_opted_out=1)
    forget_collected(connection)


def _change_device(connection: sqlite3.Connection, **changes: str | int | None) -> None:
    before = read_device(connection)
    changed = before._replace(**changes)  # type: ignore[arg-type]
    if changed != before:
        write_device(connection, changed)
