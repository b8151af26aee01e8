"""The row that says who this device is, with a checksum and what it can be remade from."""

from __future__ import annotations

import os
import sqlite3

from client_sdk._checksums import checksum
from client_sdk._damage import DamagedError
from client_sdk.contracts.identity import SECRET_BYTES, encode_secret, user_id_of_secret
from client_sdk.contracts.named_tuple import NamedTuple

__all__ = [
    "KNOW",
    "UNKNOWN_USER",
    "DeviceRow",
    "ensure_device",
    "new_device",
    "read_device",
    "write_device",
]

#: User id of events collected before the first token of an app with accounts.
UNKNOWN_USER = ""


class DeviceRow(NamedTuple):
    """The table's one row, in its order; the file adds a checksum."""

    device_id: bytes
    secret: str
    account_id: str | None
    is_opted_out: int


_READ = "SELECT device_id, secret, account_id, is_opted_out, checksum FROM device"
_WRITE = (
    "INSERT OR REPLACE INTO device"
    " (id, device_id, secret, account_id, is_opted_out, checksum)"
    " VALUES (1, ?, ?, ?, ?, ?)"
)
#: Notes an anonymous user of this device: its id and secret.
KNOW = "INSERT OR IGNORE INTO anonymous_users (user_id, secret, is_linked) VALUES (?, ?, 0)"
# A second place for what must not be forgotten, whatever becomes of the first.
_NOTE_OPT_OUT = "INSERT OR REPLACE INTO counters (name, value) VALUES ('opted_out', ?)"


def new_device() -> DeviceRow:
    """Return a device that nobody knows yet."""
    device_id = bytearray(os.urandom(16))
    device_id[6] = (device_id[6] & 0x0F) | 0x40
    device_id[8] = (device_id[8] & 0x3F) | 0x80
    secret = encode_secret(os.urandom(SECRET_BYTES))
    return DeviceRow(bytes(device_id), secret, None, 0)


def read_device(connection: sqlite3.Connection) -> DeviceRow:
    """Return who the device is; DamagedError where the row is gone or has changed."""
    rows = connection.execute(_READ).fetchall()
    if not rows:
        raise DamagedError("the row of the device is gone")
    *values, stored = rows[0]
    row = DeviceRow(*values)
    # A file of version 1 had none.
    if stored not in (None, checksum(tuple(row))):
        raise DamagedError("the row of the device has changed on the disk")
    return row


def write_device(connection: sqlite3.Connection, row: DeviceRow) -> None:
    """Store who the device is, within the transaction under way.

    The secret goes to a second place, where the user id that follows from it shows that
    it is whole: without it an anonymous user is lost.
    """
    connection.execute(_WRITE, (*row, checksum(tuple(row))))
    connection.execute(KNOW, (str(user_id_of_secret(row.secret)), row.secret))
    connection.execute(_NOTE_OPT_OUT, (row.is_opted_out,))


def ensure_device(connection: sqlite3.Connection) -> bool:
    """Give a file that has none a row, in the transaction that makes its tables.

    True if there was none.
    """
    is_missing = not connection.execute("SELECT 1 FROM device").fetchone()
    if is_missing:
        write_device(connection, new_device())
    return is_missing
