"""Comments and texts from an old key to the current one, while everybody goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Connection

from sync_server.crypto import CommentCipher, DecryptionError
from sync_server.db.queries import load_queries

__all__ = ["KeyRotation", "KeyUse"]

#: Rows of one transaction: a user who answers waits for no more than these.
_BATCH_ROWS = 200
#: How often to look for what was locked, or was written with an old key in between.
_MAX_PASSES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """What is encrypted under one key; the id is '' for what is in no known format."""

    key_id: str
    comments: int
    texts: int

    @property
    def rows(self) -> int:
        """Comments and texts together."""
        return self.comments + self.texts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """An encrypted column: the end of its queries' names, and the key of its table."""

    name: str
    key: tuple[str, ...]


_COLUMNS = (
    _Column(name="comments", key=("user_id", "submission_id")),
    _Column(name="texts", key=("user_id", "submission_id", "question_id")),
)
#: Before every row.
_START = {"user_id": UUID(int=0), "submission_id": UUID(int=0), "question_id": ""}


class KeyRotation:
    """Works on one connection outside of any transaction.

    Each batch is a transaction of its own, so it may be killed at any time and run again,
    also twice at once.
    """

    def __init__(self, connection: Connection[Any], cipher: CommentCipher) -> None:
        self._connection = connection
        self._cipher = cipher
        self._queries = load_queries("sync_server.surveys")

    def uses(self) -> list[KeyUse]:
        """Return what each key holds: ours in their order, then the ones that we lack."""
        comments = Counter(dict(self._queries.comments_by_key(self._connection)))
        texts = Counter(dict(self._queries.texts_by_key(self._connection)))
        ours = self._cipher.key_ids
        missing = sorted((comments.keys() | texts.keys()) - set(ours))
        return [
            KeyUse(key_id=name, comments=comments[name], texts=texts[name])
            for name in (*ours, *missing)
        ]

    def run(self) -> Iterator[int]:
        """Re-encrypt whatever another key holds; yield how many rows, batch by batch.

        What cannot be read stays as it is.
        """
        for _ in range(_MAX_PASSES):
            renewed = 0
            for column in _COLUMNS:
                for count in self._pass(column):
                    renewed += count
                    yield count
            if not renewed:
                return

    def _pass(self, column: _Column) -> Iterator[int]:
        after = {name: _START[name] for name in column.key}
        while True:
            with self._connection.transaction():
                rows = list(
                    getattr(self._queries, f"stale_{column.name}")(
                        self._connection,
                        current=self._cipher.current,
                        batch_size=_BATCH_ROWS,
                        **after,
                    )
                )
                count = self._renew(column, rows)
            yield count
            if len(rows) < _BATCH_ROWS:
                return
            after = dict(zip(column.key, rows[-1], strict=False))

    def _renew(self, column: _Column, rows: Sequence[Sequence[Any]]) -> int:
        """Write the rows under the current key; return how many could be read."""
        renewed = []
        for *key, sealed in rows:
            place = dict(zip(column.key, key, strict=True))
            try:
                text = self._cipher.decrypt(sealed, **place)
            except DecryptionError:
                continue
            renewed.append((*key, self._cipher.encrypt(text, **place)))
        if renewed:
            names = (*(f"{name}s" for name in column.key), "sealed")
            values = (list(column) for column in zip(*renewed, strict=True))
            getattr(self._queries, f"renew_{column.name}")(
                self._connection, **dict(zip(names, values, strict=True))
            )
        return len(renewed)
