"""Tutorial configs on the device, under ``tutorialCfg:<id>:<etag>`` (specification 6.2)."""

from __future__ import annotations

import json
import logging
from typing import NamedTuple

from client_sdk._storage import Database
from client_sdk.contracts.codec import DecodeError, decode
from client_sdk.contracts.tutorial import TutorialConfig

__all__ = ["CachedConfig", "ConfigCache", "cache_key"]

logger = logging.getLogger(__name__)


class CachedConfig(NamedTuple):
    """A config with the ETag that names its content and the time until it is fresh."""

    config: TutorialConfig
    etag: str
    #: Device time in milliseconds since 1970.
    fresh_until_ms: int


def cache_key(tutorial_id: str, etag: str) -> str:
    """Return the specification's key, e.g. ``tutorialCfg:welcome-tour:"5f2a"``."""
    return f"tutorialCfg:{tutorial_id}:{etag}"


_READ = "SELECT etag, body, fresh_until_ms FROM config_cache WHERE user_id = ? AND device = ? AND "
_STORE = (
    "INSERT OR REPLACE INTO config_cache (user_id, device, key, tutorial_id, etag, body,"
    " fresh_until_ms, used_ms, is_current) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)"
)
_RETIRE = (
    "UPDATE config_cache SET is_current = 0"
    " WHERE user_id = ? AND device = ? AND tutorial_id = ? AND is_current = 1"
)
# A config that an open run still shows stays, however many came after it.
_TRIM = (
    "DELETE FROM config_cache WHERE"
    " etag NOT IN (SELECT etag FROM runs WHERE status IN ('running', 'survey'))"
    " AND (user_id, device, key) NOT IN (SELECT user_id, device, key FROM config_cache"
    " ORDER BY used_ms DESC LIMIT ?)"
)


class ConfigCache:
    """Configs of one user on one kind of device.

    Another user never sees them: the variant and the persona are in the content.
    """

    def __init__(self, *, device: str, max_configs: int) -> None:
        self._device = device
        self._max_configs = max_configs

    def current(
        self, database: Database, *, user_id: str, tutorial_id: str
    ) -> CachedConfig | None:
        """Return the config fetched last, fresh or stale; None if there is none."""
        condition = "tutorial_id = ? AND is_current = 1"
        return self._read(database, condition, (user_id, self._device, tutorial_id))

    def pinned(
        self, database: Database, *, user_id: str, tutorial_id: str, etag: str
    ) -> CachedConfig | None:
        """Return the config that a run began with, if it is still there."""
        key = cache_key(tutorial_id, etag)
        return self._read(database, "key = ?", (user_id, self._device, key))

    def store(
        self,
        database: Database,
        *,
        user_id: str,
        cached: CachedConfig,
        body: str,
        now_ms: int,
    ) -> None:
        """Store a config as the current one of its tutorial, and trim the others."""
        tutorial_id = cached.config.tutorial_id
        scope = (user_id, self._device)
        key = cache_key(tutorial_id, cached.etag)
        row = (
            *scope,
            key,
            tutorial_id,
            cached.etag,
            body,
            cached.fresh_until_ms,
            now_ms,
        )
        with database.transaction() as connection:
            connection.execute(_RETIRE, (*scope, tutorial_id))
            connection.execute(_STORE, row)
            connection.execute(_TRIM, (self._max_configs,))

    def refresh(
        self, database: Database, *, user_id: str, cached: CachedConfig, now_ms: int
    ) -> None:
        """Note that the server still serves a config (304), and until when it is fresh."""
        key = cache_key(cached.config.tutorial_id, cached.etag)
        database.execute(
            "UPDATE config_cache SET fresh_until_ms = ?, used_ms = ?"
            " WHERE user_id = ? AND device = ? AND key = ?",
            (cached.fresh_until_ms, now_ms, user_id, self._device, key),
        )

    def _read(
        self, database: Database, condition: str, parameters: tuple[object, ...]
    ) -> CachedConfig | None:
        for etag, body, fresh_until_ms in database.execute(
            _READ + condition, parameters
        ):
            try:
                config = decode(TutorialConfig, json.loads(body))
            except (DecodeError, ValueError) as exc:
                logger.warning("a cached config cannot be read and is ignored: %s", exc)
                return None
            return CachedConfig(config=config, etag=etag, fresh_until_ms=fresh_until_ms)
        return None
