"""Making good what went wrong with the file, on the sync thread before it sends."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from functools import partial

from client_sdk._anonymous_users import AnonymousUsers
from client_sdk._aside_files import Aside
from client_sdk._damage import is_damage
from client_sdk._device_file import DeviceFile, transaction
from client_sdk._errors import StorageError
from client_sdk._identity import Identity
from client_sdk._moving import move_rows
from client_sdk._storage import Database, Storage, check

__all__ = ["Recovery"]

logger = logging.getLogger(__name__)


class Recovery:
    """Brings the device back to a file that is whole, with all rows that can be read.

    It goes from memory to a file that can be used by now, replaces a damaged one, follows
    another process that has, and takes the rows of damaged files into the present one.
    What cannot be done now is tried again by the next sync.
    """

    def __init__(self, storage: Storage, identity: Identity) -> None:
        self._storage = storage
        self._identity = identity

    def run(self) -> None:
        """Do what there is to do: nothing, but for one look at the folder."""
        storage = self._storage
        if storage.file is None:
            return
        if storage.is_memory or storage.file.is_replaced():
            self._move()
        if storage.is_memory:
            return
        try:
            storage.check()
        except sqlite3.Error as exc:
            storage.note_trouble(exc)
        if storage.damage is not None:
            storage.replace_file(storage.damage, self._identity.device)
        if not storage.is_memory:
            self._salvage()

    def _move(self) -> None:
        """Go on with the file at the path; the rows that wait elsewhere come along."""
        storage, file = self._storage, self._storage.file
        if file is None:
            return
        try:
            is_known = not storage.is_memory and file.aside.reopen(file.inode)
            connection, trouble = _open_whole(file)
        except (OSError, sqlite3.Error, StorageError) as exc:
            logger.info("the file cannot be used yet: %s", exc)
            return
        try:
            with storage.foreground.lock:
                if not is_known:
                    self._bring(connection)
                storage.follow_file(connection)
        except sqlite3.Error as exc:
            connection.close()
            file.release_last()
            logger.info("the file took no rows yet: %s", exc)
        else:
            storage.trouble = trouble
            logger.info("events are kept in %s again", file.path)

    def _bring(self, connection: sqlite3.Connection) -> None:
        storage = self._storage
        is_new = storage.file is not None and storage.file.is_new
        with transaction(connection):
            source = storage.foreground.connection
            move_rows(source, connection, self._identity, is_new=is_new)

    def _salvage(self) -> None:
        """Take the rows of files that were set aside into the present one."""
        file = self._storage.file
        for aside in file.aside.waiting() if file else ():
            try:
                self._take(aside)
            except (OSError, sqlite3.Error) as exc:
                self._storage.note_trouble(exc)
                logger.error("%s keeps its rows for now: %s", aside.name.name, exc)

    def _take(self, aside: Aside) -> None:
        from client_sdk._page_images import read_images
        from client_sdk._salvage import restore_rows

        storage, file = self._storage, self._storage.file
        if file is None:
            return
        images = read_images(aside.file, aside.log)
        write = partial(self._transaction, aside)
        events = restore_rows(images, write, name=aside.name.name)
        logger.warning("%d events of %s are back", events, aside.name.name)
        if file.has_lost_user:
            AnonymousUsers(self._identity).adopt_orphans(storage.background)
        file.aside.note_salvaged(aside.name)

    @contextlib.contextmanager
    def _transaction(self, aside: Aside) -> Iterator[sqlite3.Connection]:
        """Write as long as the file is there: who opts out or wipes removes it first."""
        with self._storage.background.transaction() as connection:
            if not (aside.file.exists() or aside.log.exists()):
                raise FileNotFoundError(f"{aside.name.name} was removed")
            yield connection


def _open_whole(file: DeviceFile) -> tuple[sqlite3.Connection, str | None]:
    """Open the file at the path, or a new one in its place if it is damaged.

    All of it is looked at: what could not be set aside before is still there.
    """
    connection, trouble = file.open()
    try:
        check(Database(file.connect, connection))
    except sqlite3.Error as exc:
        connection.close()
        file.release_last()
        if not is_damage(exc):
            raise
        return file.replace(exc, device=None)
    return connection, trouble
