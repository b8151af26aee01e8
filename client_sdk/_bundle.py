"""Configs that an app ships, for a first start without a network.

``kazi-sdk bundle`` writes the file: JSON with a version, the time it was made, and for
each tutorial the config that a user without a token gets, its ETag and a checksum.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from client_sdk.contracts.codec import (
    DecodeError,
    decode,
    format_timestamp,
    parse_timestamp,
)
from client_sdk.contracts.tutorial import TutorialConfig

__all__ = ["BUNDLE_VERSION", "Bundle", "BundledConfig", "bundle_text"]

logger = logging.getLogger(__name__)

BUNDLE_VERSION = 1
_FORMAT = "kazi-tutorial-bundle"
_FAULTS = (
    DecodeError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
)


class BundledConfig(NamedTuple):
    """One tutorial as it was when the bundle was made."""

    config: TutorialConfig
    etag: str
    #: The JSON that the config was read from.
    body: str
    made_at: datetime


class Bundle:
    """A file of configs, read when the first of them is asked for.

    Nothing is raised: a file that is missing or damaged is logged and counted, and is
    as good as none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        #: How much of the file could not be used.
        self.faults: int = 0
        self._lock = threading.RLock()
        self._entries: dict[str, dict[str, Any]] | None = None
        self._made_at: datetime | None = None
        self._configs: dict[str, BundledConfig | None] = {}

    @classmethod
    def load(cls, path: str | Path) -> Bundle:
        """Return the bundle of a file, which is not read yet."""
        return cls(Path(path))

    def unlock_after_fork(self) -> None:
        """Take a new lock in a child process: nobody lives there to let the old one go."""
        self._lock = threading.RLock()

    def tutorial_ids(self) -> list[str]:
        """Return the ids of what the file holds, readable or not."""
        with self._lock:
            return sorted(self._read())

    def config(self, tutorial_id: str) -> BundledConfig | None:
        """Return a tutorial, None if the file does not hold it, or holds it damaged."""
        with self._lock:
            if tutorial_id not in self._configs:
                entry = self._read().get(tutorial_id)
                self._configs[tutorial_id] = (
                    None if entry is None else self._decoded(tutorial_id, entry)
                )
            return self._configs[tutorial_id]

    def _read(self) -> dict[str, dict[str, Any]]:
        if self._entries is not None:
            return self._entries
        self._entries = {}
        try:
            data = json.loads(self.path.read_bytes())
            if data["format"] != _FORMAT:
                raise ValueError("it is no bundle; kazi-sdk bundle writes one")
            if data["version"] != BUNDLE_VERSION:
                raise ValueError(
                    f"it has version {data['version']} and this SDK reads"
                    f" {BUNDLE_VERSION}: write it with the kazi-sdk of this version"
                )
            self._made_at = parse_timestamp(data["madeAt"])
            self._entries = {str(one["tutorialId"]): one for one in data["tutorials"]}
        except (OSError, *_FAULTS) as exc:
            self._note("it cannot be read", exc)
        return self._entries

    def _decoded(self, tutorial_id: str, entry: dict[str, Any]) -> BundledConfig | None:
        try:
            if entry["checksum"] != _checksum(entry["config"]):
                raise ValueError("it changed after it was written")
            config = decode(TutorialConfig, entry["config"])
            if config.tutorial_id != tutorial_id or self._made_at is None:
                raise ValueError("it is another tutorial")
            return BundledConfig(
                config=config,
                etag=str(entry["etag"]),
                body=_compact(entry["config"]),
                made_at=self._made_at,
            )
        except _FAULTS as exc:
            self._note(f"{tutorial_id} cannot be used", exc)
            return None

    def _note(self, what: str, exc: Exception) -> None:
        self.faults += 1
        logger.error("the bundle %s: %s: %s", self.path, what, exc)


def bundle_text(answers: Iterable[tuple[str, str]], *, made_at: datetime) -> str:
    """Return the file for answers of the server: each an ETag and a body of JSON."""
    tutorials = []
    for etag, body in answers:
        config = json.loads(body)
        tutorials.append(
            {
                "tutorialId": config["tutorialId"],
                "etag": etag,
                "checksum": _checksum(config),
                "config": config,
            }
        )
    bundle = {
        "format": _FORMAT,
        "version": BUNDLE_VERSION,
        "madeAt": format_timestamp(made_at),
        "tutorials": sorted(tutorials, key=lambda one: str(one["tutorialId"])),
    }
    return json.dumps(bundle, ensure_ascii=False, indent=1) + "\n"


def _checksum(config: object) -> str:
    """Return a checksum over content alone: an editor may set the file out anew."""
    text = json.dumps(config, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _compact(config: object) -> str:
    return json.dumps(config, ensure_ascii=False, separators=(",", ":"))
