"""Tutorial configs on the device, under ``tutorialCfg:<id>:<etag>`` (specification 6.2).

The key stands in a namespace of identity and kind of device.  The contract has no locale:
should texts ever depend on one, it belongs into the namespace, beside the device.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import zlib
from collections.abc import Iterator
from typing import Any

from client_sdk._storage import Database
from client_sdk.contracts.codec import DecodeError, decode
from client_sdk.contracts.experiment import DeviceAssignment
from client_sdk.contracts.tutorial import TutorialConfig
from client_sdk.contracts.value import Value, value

__all__ = [
    "CachedConfig",
    "ConfigCache",
    "cache_key",
    "is_same_content",
]

logger = logging.getLogger(__name__)


@value(frozen=True, kw_only=True)
class CachedConfig(Value):
    """A config with the ETag that names its content and the time until it is fresh."""

    config: TutorialConfig
    etag: str
    #: Device time in milliseconds since 1970; 0 where it was never fresh here.
    fresh_until_ms: int
    #: The JSON that the config was read from.
    body: str
    #: Device time when the server last served it; None if that is not known.
    confirmed_ms: int | None = None
    #: Whether it is from the file that the app ships.
    is_bundled: bool = False
    #: Whether it was rendered for nobody: the device has to take a variant itself.
    is_impersonal: bool = False
    #: What the server is to be told: the variant that the device took by itself.
    assignment: DeviceAssignment | None = None


def cache_key(tutorial_id: str, etag: str) -> str:
    """Return the specification's key, e.g. ``tutorialCfg:welcome-tour:"5f2a"``."""
    return f"tutorialCfg:{tutorial_id}:{etag}"


def is_same_content(etag: str, other: str) -> bool:
    """Tell whether two tags name one content: what is compressed has a tag of its own."""
    return _content_tag(etag) == _content_tag(other)


def _content_tag(etag: str) -> str:
    return etag.removeprefix("W/").strip('"').removesuffix("-gzip")


# As bytes: of a text that is damaged SQLite makes an error of the whole query.
_READ = (
    "SELECT CAST(key AS BLOB), CAST(etag AS BLOB), CAST(body AS BLOB), fresh_until_ms,"
    " confirmed_ms, checksum, is_impersonal FROM config_cache"
    " WHERE user_id = ? AND device = ? AND "
)
# What was used last has the greatest number, whatever the clock says: a date set back
# must not make the newest config the first to go.
_NEXT_USE = "max(?, (SELECT ifnull(max(used_ms), 0) + 1 FROM config_cache))"
_COLUMNS = (
    "(user_id, device, key, tutorial_id, etag, body, fresh_until_ms, confirmed_ms,"
    " checksum, is_impersonal, used_ms, is_current)"
)
_STORE = (
    f"INSERT OR REPLACE INTO config_cache {_COLUMNS}"  # noqa: S608
    f" VALUES (?,?,?,?,?,?,?,?,?,?,{_NEXT_USE},1)"
)
_PIN = (
    f"INSERT OR IGNORE INTO config_cache {_COLUMNS}"  # noqa: S608
    f" VALUES (?,?,?,?,?,?,?,?,?,?,{_NEXT_USE},0)"
)
_MARK_USED = (
    f"UPDATE config_cache SET used_ms = {_NEXT_USE}"  # noqa: S608
    " WHERE user_id = ? AND device = ? AND key = ?"
)
_REFRESH = (
    "UPDATE config_cache SET fresh_until_ms = ?, confirmed_ms = ?"
    " WHERE user_id = ? AND device = ? AND key = ?"
)
_RETIRE = (
    "UPDATE config_cache SET is_current = 0"
    " WHERE user_id = ? AND device = ? AND tutorial_id = ? AND is_current = 1"
)
# A config that an open run still shows stays, however many came after it.
_TRIM = (
    "DELETE FROM config_cache WHERE (user_id, etag) NOT IN"
    " (SELECT user_id, etag FROM runs WHERE status IN ('running', 'survey'))"
    " AND (user_id, device, key) NOT IN (SELECT user_id, device, key FROM config_cache"
    " ORDER BY used_ms DESC LIMIT ?)"
)


class ConfigCache:
    """Configs of one user on one kind of device.

    Another user never sees them: the variant and the persona are in the content.
    """

    def __init__(self, *, device: str, max_configs: int) -> None:
        self.device = device
        self.max_configs = max_configs
        #: Read since the last ``mark_used``, in order: user id and key.
        self._used: dict[tuple[str, str], None] = {}
        self._lock = threading.RLock()

    def unlock_after_fork(self) -> None:
        """Take a new lock in a child process: nobody lives there to let the old one go."""
        self._lock = threading.RLock()

    def current(
        self,
        database: Database,
        *,
        user_id: str,
        tutorial_id: str,
        is_use: bool = True,
    ) -> CachedConfig | None:
        """Return the config fetched last, fresh or stale; None if there is none.

        Where ``is_use`` is false somebody only looks, and it is not kept for longer.
        """
        condition = "tutorial_id = ? AND is_current = 1"
        place = (user_id, self.device, tutorial_id)
        return self._read(database, condition, place, is_use=is_use)

    def pinned(
        self, database: Database, *, user_id: str, tutorial_id: str, etag: str
    ) -> CachedConfig | None:
        """Return the config that a run began with, if it is still there."""
        key = cache_key(tutorial_id, etag)
        place = (user_id, self.device, key)
        return self._read(database, "key = ?", place, is_use=True)

    def tutorial_ids(self, database: Database, *, user_id: str) -> list[str]:
        """Return the tutorials of which a user has a current config."""
        rows = database.execute(
            "SELECT tutorial_id FROM config_cache WHERE user_id = ? AND device = ?"
            " AND is_current = 1 ORDER BY tutorial_id",
            (user_id, self.device),
        )
        return [tutorial_id for (tutorial_id,) in rows]

    def store(
        self,
        connection: sqlite3.Connection,
        *,
        user_id: str,
        cached: CachedConfig,
        now_ms: int,
    ) -> None:
        """Store a config as the current one of its tutorial, and trim the others.

        Within the transaction under way, on the sync thread.
        """
        tutorial_id = cached.config.tutorial_id
        connection.execute(_RETIRE, (user_id, self.device, tutorial_id))
        connection.execute(_STORE, (*self._row(user_id, cached), now_ms))
        connection.execute(_TRIM, (self.max_configs,))

    def pin(
        self,
        connection: sqlite3.Connection,
        *,
        user_id: str,
        cached: CachedConfig,
        now_ms: int,
    ) -> None:
        """Keep a config for a run that begins, in the transaction that begins it.

        Between the look at it and this moment another connection may have trimmed it, or
        it may come from the app's bundle, which an update replaces.
        """
        connection.execute(_PIN, (*self._row(user_id, cached), now_ms))

    def refresh(
        self, database: Database, *, user_id: str, cached: CachedConfig
    ) -> None:
        """Note that the server still serves a config (304), and until when it is fresh."""
        key = cache_key(cached.config.tutorial_id, cached.etag)
        database.execute(
            _REFRESH,
            (cached.fresh_until_ms, cached.confirmed_ms, user_id, self.device, key),
        )

    def mark_used(self, database: Database, *, now_ms: int) -> None:
        """Write down what was read since the last call; on the sync thread.

        A read itself writes nothing: the UI thread reads at every move.
        """
        with self._lock:
            used, self._used = self._used, {}
        if not used:
            return
        with database.transaction() as connection:
            connection.executemany(
                _MARK_USED,
                [(now_ms, user_id, self.device, key) for user_id, key in used],
            )

    def _row(self, user_id: str, cached: CachedConfig) -> tuple[object, ...]:
        tutorial_id = cached.config.tutorial_id
        return (
            user_id,
            self.device,
            cache_key(tutorial_id, cached.etag),
            tutorial_id,
            cached.etag,
            cached.body,
            cached.fresh_until_ms,
            cached.confirmed_ms,
            zlib.crc32(cached.body.encode()),
            cached.is_impersonal,
        )

    def _read(
        self,
        database: Database,
        condition: str,
        parameters: tuple[str, ...],
        *,
        is_use: bool,
    ) -> CachedConfig | None:
        """Return the first row that can be read; a damaged one is as good as none."""
        for key, cached in _readable(database.execute(_READ + condition, parameters)):
            if is_use:
                self._note_use((parameters[0], key))
            return cached
        return None

    def _note_use(self, use: tuple[str, str]) -> None:
        with self._lock:
            self._used.pop(use, None)
            self._used[use] = None


def _readable(rows: list[Any]) -> Iterator[tuple[str, CachedConfig]]:
    for key, etag, body, fresh_until_ms, confirmed_ms, checksum, impersonal in rows:
        try:
            # an older version of this SDK stored no checksum
            if checksum not in (None, zlib.crc32(body)):
                raise ValueError("it changed on the disk after it was written")
            cached = CachedConfig(
                config=decode(TutorialConfig, json.loads(body)),
                etag=etag.decode(),
                fresh_until_ms=fresh_until_ms,
                body=body.decode(),
                confirmed_ms=confirmed_ms,
                is_impersonal=bool(impersonal),
            )
            yield key.decode(), cached
        except (DecodeError, ValueError, TypeError) as exc:
            logger.warning("the cached config %r is ignored: %s", key, exc)
