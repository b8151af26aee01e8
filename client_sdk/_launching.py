"""Which tutorials may start now, by the rules of what this device has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from client_sdk._config_cache import CachedConfig
from client_sdk._decisions import Decisions
from client_sdk._facts import read_history
from client_sdk._storage import Database
from client_sdk.contracts.launch import (
    LaunchFacts,
    LaunchItem,
    LaunchReason,
    RuleCheck,
    launch_order,
    may_start,
    rule_checks,
)
from client_sdk.contracts.progress import Progress
from client_sdk.contracts.tutorial import TutorialConfig

__all__ = ["Launching"]


class Launching:
    """One user's tutorials at one moment, held against their rules.

    ``progress`` is what the server said of the person's other devices.  sqlite3.Error if
    the file cannot be read.
    """

    def __init__(
        self,
        database: Database,
        decisions: Decisions,
        *,
        user_id: str,
        now_ms: int,
        progress: Progress | None = None,
    ) -> None:
        self._device = decisions.cache.device
        self._found = decisions.all(database, user_id=user_id)
        self._history = read_history(database, user_id=user_id, progress=progress)
        self._now_ms = now_ms

    def items(self) -> tuple[LaunchItem, ...]:
        """Return what may start, in the order in which it should."""
        configs = _configs(self._found)
        items = (self._item(cached, configs) for cached in self._found.values())
        return tuple(sorted((one for one in items if one), key=launch_order))

    def judge(
        self, config: TutorialConfig
    ) -> tuple[LaunchReason, tuple[RuleCheck, ...]]:
        """Return whether one tutorial may start, and what each of its rules says."""
        facts = self._facts(config, _configs(self._found))
        reason = may_start(config.rules, facts, self._now)
        return reason, rule_checks(config.rules, facts, self._now)

    def _item(
        self, cached: CachedConfig, configs: Mapping[str, TutorialConfig]
    ) -> LaunchItem | None:
        config = cached.config
        facts = self._facts(config, configs)
        if may_start(config.rules, facts, self._now) is not LaunchReason.OK:
            return None
        return LaunchItem(
            tutorial_id=config.tutorial_id,
            version=config.version,
            etag=cached.etag,
            priority=config.rules.priority if config.rules else 0,
            resumes=facts.is_unfinished,
        )

    def _facts(
        self, config: TutorialConfig, configs: Mapping[str, TutorialConfig]
    ) -> LaunchFacts:
        return self._history.facts(
            config, device=self._device, now_ms=self._now_ms, configs=configs
        )

    @property
    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._now_ms / 1000, UTC)


def _configs(found: Mapping[str, CachedConfig]) -> dict[str, TutorialConfig]:
    return {each: cached.config for each, cached in found.items()}
