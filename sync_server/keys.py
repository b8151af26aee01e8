"""The server's secrets: given by the operator, or generated beside the embedded data."""

from __future__ import annotations

import base64
import dataclasses
import os
import secrets
import tempfile
from pathlib import Path

from sync_server.settings import (
    COMMENT_KEY_BYTES,
    Settings,
    SettingsError,
    missing_secrets,
)

__all__ = ["COMMENT_KEY_FILE", "JWT_SECRET_FILE", "with_keys"]

JWT_SECRET_FILE = "jwt-secret"  # noqa: S105
COMMENT_KEY_FILE = "comment-key"


def with_keys(settings: Settings) -> Settings:
    """Return settings that have both secrets.

    Without a database URL, missing ones are generated into the data folder, readable by
    the owner alone, and found there again.  With one, SettingsError names what is missing:
    a secret that is made up at start would lock out every user and comment of yesterday.
    """
    if settings.database_url is not None:
        _require_keys(settings)
        return settings
    return dataclasses.replace(
        settings,
        jwt_secret=settings.jwt_secret
        or _kept_key(settings.data_dir / JWT_SECRET_FILE).decode(),
        comment_keys=settings.comment_keys
        or (base64.b64decode(_kept_key(settings.data_dir / COMMENT_KEY_FILE)),),
    )


def _require_keys(settings: Settings) -> None:
    faults = missing_secrets(
        has_secret=bool(settings.jwt_secret), has_key=bool(settings.comment_keys)
    )
    if faults:
        raise SettingsError(*faults)


def _kept_key(path: Path) -> bytes:
    """Return the file's key; make the file first where there is none."""
    try:
        _create_key(path)
    except FileExistsError:
        pass
    except OSError as exc:
        raise SettingsError(
            f"KAZI_DATA_DIR: cannot write to {path.parent}: {exc.strerror}"
        ) from exc
    try:
        return path.read_bytes().strip()
    except OSError as exc:
        raise SettingsError(
            f"KAZI_DATA_DIR: cannot read {path}: {exc.strerror}"
        ) from exc


def _create_key(path: Path) -> None:
    """Write a new key; FileExistsError if there is one.

    The link appears in one step, so that two starts at once end with one whole key.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        raise FileExistsError(path)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(COMMENT_KEY_BYTES)))
        path.hardlink_to(draft)
    finally:
        draft.unlink()
