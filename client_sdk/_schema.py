"""The tables of the device's file, and how an older file gets their shape."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from client_sdk._checksums import checksum
from client_sdk._damage import DamagedError
from client_sdk._errors import StorageError

__all__ = [
    "RAISE_CLOCK",
    "SCHEMA_VERSION",
    "begin_new_numbers",
    "ensure_schema",
    "is_current",
]

#: Written to the file's ``user_version``.
SCHEMA_VERSION = 2

# Rows whose loss or change would count carry a checksum: SQLite keeps none.  New columns
# stand last, where an older file gets them too.
SCHEMA = """
CREATE TABLE device (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    device_id BLOB NOT NULL,
    secret TEXT NOT NULL,
    account_id TEXT,
    is_opted_out INTEGER NOT NULL DEFAULT 0,
    checksum INTEGER
);
CREATE TABLE pings (
    seq INTEGER PRIMARY KEY,
    event_id BLOB NOT NULL,
    user_id TEXT NOT NULL,
    tutorial_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    status TEXT NOT NULL,
    duration_ms INTEGER NOT NULL,
    occurred_ms INTEGER NOT NULL,
    variant TEXT,
    persona TEXT,
    run_id BLOB,
    tutorial_version INTEGER,
    checksum INTEGER NOT NULL,
    assignment TEXT
);
CREATE TABLE set_aside (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    event_id BLOB NOT NULL,
    user_id TEXT NOT NULL,
    body TEXT NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    set_aside_ms INTEGER NOT NULL,
    occurred_ms INTEGER
);
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
);
CREATE TABLE config_cache (
    user_id TEXT NOT NULL,
    device TEXT NOT NULL,
    key TEXT NOT NULL,
    tutorial_id TEXT NOT NULL,
    etag TEXT NOT NULL,
    body TEXT NOT NULL,
    fresh_until_ms INTEGER NOT NULL,
    used_ms INTEGER NOT NULL,
    is_current INTEGER NOT NULL,
    confirmed_ms INTEGER,
    checksum INTEGER,
    is_impersonal INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, device, key)
) WITHOUT ROWID;
CREATE TABLE runs (
    run_id BLOB PRIMARY KEY,
    user_id TEXT NOT NULL,
    tutorial_id TEXT NOT NULL,
    tutorial_version INTEGER NOT NULL,
    etag TEXT NOT NULL,
    variant TEXT NOT NULL,
    persona TEXT NOT NULL,
    step_id TEXT NOT NULL,
    status TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    moved_ms INTEGER
);
CREATE INDEX runs_of_user ON runs (user_id, tutorial_id, started_ms);
CREATE UNIQUE INDEX one_open_run ON runs (user_id, tutorial_id)
    WHERE status IN ('running', 'survey');
CREATE TABLE completed_steps (
    run_id BLOB NOT NULL,
    step_id TEXT NOT NULL,
    PRIMARY KEY (run_id, step_id)
) WITHOUT ROWID;
"""

# A sequence number is never used twice, also after its row has gone: where the last one
# goes, a floor stays, and SQLite counts on from there by itself.  AUTOINCREMENT would do
# the same, but writes a second page with every ping: a third of its time.
KEEP_LAST_SEQ = """
CREATE TRIGGER keep_last_seq AFTER DELETE ON pings
WHEN old.seq > (SELECT ifnull(max(seq), 0) FROM pings) BEGIN
    INSERT INTO pings (seq, event_id, user_id, tutorial_id, step_id, status,
        duration_ms, occurred_ms, checksum)
    VALUES (old.seq, x'', '-', '', '', '', 0, 0, 0);
END
"""
_FLOOR = (
    "INSERT INTO pings (seq, event_id, user_id, tutorial_id, step_id, status,"
    " duration_ms, occurred_ms, checksum) VALUES (?, x'', '-', '', '', '', 0, 0, 0)"
)
# Version 1 kept the number in a counter.
RAISE_FLOOR = """
DROP TRIGGER keep_last_seq;
INSERT INTO pings (seq, event_id, user_id, tutorial_id, step_id, status, duration_ms,
    occurred_ms, checksum)
    SELECT value, x'', '-', '', '', '', 0, 0, 0 FROM counters
    WHERE name = 'last_seq' AND value > (SELECT ifnull(max(seq), 0) FROM pings);
DELETE FROM counters WHERE name = 'last_seq';
"""

# What version 2 brought, in a new file and in an older one.
NEW_IN_2 = """
CREATE TABLE survey_answers (
    submission_id BLOB PRIMARY KEY,
    user_id TEXT NOT NULL,
    tutorial_id TEXT NOT NULL,
    nps INTEGER,
    comment TEXT NOT NULL,
    persona TEXT,
    occurred_ms INTEGER NOT NULL,
    answers TEXT,
    tutorial_version INTEGER,
    is_complete INTEGER NOT NULL,
    checksum INTEGER NOT NULL
);
CREATE TABLE anonymous_users (
    user_id TEXT PRIMARY KEY,
    secret TEXT NOT NULL,
    account_id TEXT,
    is_linked INTEGER NOT NULL
);
CREATE TABLE assignments (
    user_id TEXT NOT NULL,
    experiment_id TEXT NOT NULL,
    variant TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    assigned_by TEXT NOT NULL,
    PRIMARY KEY (user_id, experiment_id)
) WITHOUT ROWID;
CREATE TABLE survey_windows (
    submission_id BLOB PRIMARY KEY,
    user_id TEXT NOT NULL,
    answered_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX survey_windows_of_user ON survey_windows (user_id, answered_ms);
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder BLOB NOT NULL,
    until_ms INTEGER NOT NULL
);
CREATE TABLE progress (
    user_id TEXT NOT NULL,
    tutorial_id TEXT NOT NULL,
    etag TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (user_id, tutorial_id)
) WITHOUT ROWID;
CREATE TABLE resumes (
    user_id TEXT NOT NULL,
    tutorial_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    run_id BLOB,
    is_finished INTEGER NOT NULL,
    wall_ms INTEGER NOT NULL,
    counter INTEGER NOT NULL,
    device_id BLOB NOT NULL,
    furthest_step TEXT NOT NULL,
    furthest_position INTEGER NOT NULL,
    is_waiting INTEGER NOT NULL,
    PRIMARY KEY (user_id, tutorial_id)
) WITHOUT ROWID;
CREATE TABLE pending_steps (
    user_id TEXT NOT NULL,
    tutorial_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    PRIMARY KEY (user_id, tutorial_id, step_id)
) WITHOUT ROWID;
CREATE TABLE hybrid_clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    wall_ms INTEGER NOT NULL,
    counter INTEGER NOT NULL
);
"""

# A completed step earns points that the server does not know of yet, whoever reports it
# and however: here no way into the queue can forget it.
NOTE_PENDING = """
CREATE TRIGGER note_pending AFTER INSERT ON pings WHEN new.status = 'completed' BEGIN
    INSERT OR IGNORE INTO pending_steps (user_id, tutorial_id, step_id)
    VALUES (new.user_id, new.tutorial_id, new.step_id);
END
"""

# Each of these takes no time, however large the table is: the app's start waits for it.
# What reads and writes rows is left to the sync thread (_upgrades.py).
ALTERED_IN_2 = """
ALTER TABLE device ADD COLUMN is_opted_out INTEGER NOT NULL DEFAULT 0;
ALTER TABLE device ADD COLUMN checksum INTEGER;
ALTER TABLE pings ADD COLUMN assignment TEXT;
ALTER TABLE set_aside ADD COLUMN occurred_ms INTEGER;
ALTER TABLE config_cache ADD COLUMN confirmed_ms INTEGER;
ALTER TABLE config_cache ADD COLUMN checksum INTEGER;
ALTER TABLE config_cache ADD COLUMN is_impersonal INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN moved_ms INTEGER;
"""


# After rows have come from elsewhere: what is written next comes after all that is known.
RAISE_CLOCK = """
INSERT OR REPLACE INTO hybrid_clock (id, wall_ms, counter)
    SELECT 1, wall_ms, counter FROM
        (SELECT wall_ms, counter FROM hybrid_clock UNION SELECT wall_ms, counter FROM resumes)
    ORDER BY wall_ms DESC, counter DESC LIMIT 1
"""
# The tables of this version, where they lie and how they were declared: a byte that
# flips there lets SQLite look for rows elsewhere.  What sqlite-utils keeps, and the table
# that the sync thread still has to empty, come and go.
_DECLARATIONS = (
    "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master"
    " WHERE tbl_name <> 'surveys' AND tbl_name NOT LIKE '\\_%' ESCAPE '\\'"
    " ORDER BY rowid"
)
_SEAL = "INSERT OR REPLACE INTO counters (name, value) VALUES ('schema', ?)"
_READ_SEAL = "SELECT value FROM counters WHERE name = 'schema'"


def is_current(connection: sqlite3.Connection) -> bool:
    """Tell whether the file has this version's tables; it asks for no lock.

    StorageError if a newer version of the app has written the file; DamagedError if what
    it says of its tables has changed.
    """
    # One look at both: another process may be bringing the file up to date.
    connection.execute("BEGIN")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        declared = connection.execute(_DECLARATIONS).fetchall()
        is_ours = _is_sealed(connection, declared)
    finally:
        connection.execute("COMMIT")
    if version == SCHEMA_VERSION and is_ours:
        return True
    is_odd = version == SCHEMA_VERSION or (version <= 0 and declared)
    if is_ours or is_odd:
        raise DamagedError("what the file says of its tables has changed on the disk")
    if version > SCHEMA_VERSION:
        raise StorageError(
            f"the file has schema {version}, this SDK knows {SCHEMA_VERSION}; "
            "a newer version of the app wrote it"
        )
    return False


def _is_sealed(connection: sqlite3.Connection, declared: list[Any]) -> bool:
    """Tell whether the tables are those of a file that this version has made."""
    if not any(name == "counters" for _, name, *_ in declared):
        return False
    seal = connection.execute(_READ_SEAL).fetchone()
    return seal is not None and seal[0] == _seal(declared)


def _seal(declared: list[Any]) -> int:
    return checksum((SCHEMA_VERSION, *declared))


def ensure_schema(connection: sqlite3.Connection) -> None:
    """Give the file this version's tables, within the transaction under way.

    Another process may have done it since one asked.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == SCHEMA_VERSION:
        return
    scripts = (SCHEMA,) if version == 0 else (ALTERED_IN_2, RAISE_FLOOR)
    for script in (*scripts, NEW_IN_2):
        for statement in script.split(";"):
            connection.execute(statement)
    connection.execute(KEEP_LAST_SEQ)
    connection.execute(NOTE_PENDING)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    seal = _seal(connection.execute(_DECLARATIONS).fetchall())
    connection.execute(_SEAL, (seal,))


def begin_new_numbers(connection: sqlite3.Connection) -> None:
    """Give a new file that replaces a damaged one numbers that were never given.

    The old one may not tell its last number any more; no device has had an event a
    millisecond since 1970.
    """
    connection.execute(_FLOOR, (time.time_ns() // 1_000_000,))
