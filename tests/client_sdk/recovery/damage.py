"""Damage to a file that is open."""

import sqlite3
from pathlib import Path

from client_sdk._storage import FILE_NAME

PAGE = 1024


def spoil(folder: Path, *, tables: tuple[str, ...] = ("pings",)) -> None:
    """Overwrite the first page of tables, and have all connections read it anew."""
    file = folder / FILE_NAME
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
    pages = [connection.execute(query, (table,)).fetchone()[0] for table in tables]
    with file.open("r+b") as content:
        for page in pages:
            content.seek((page - 1) * PAGE)
            content.write(b"\xff" * 8)
    connection.execute("INSERT OR REPLACE INTO counters VALUES ('spoiled', 1)")
    connection.close()
