"""Are the secrets there, and could anybody guess them?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sync_server.diagnosis.result import Result, fault, ok, warning
from sync_server.keys import COMMENT_KEY_FILE, JWT_SECRET_FILE, with_keys
from sync_server.settings import Settings, SettingsError

__all__ = ["key_file_results", "secret_results", "with_found_keys"]

#: Random bytes in base64 have some thirty different characters among their first 48; a
#: word or a repeated one has few.
_MIN_DISTINCT = 12
_MAKE_SECRET = "set KAZI_JWT_SECRET to the output of: openssl rand -base64 48"  # noqa: S105
_MAKE_KEY = (
    "put the output of `openssl rand -base64 32` before the old key in KAZI_COMMENT_KEY, "
    "then run: kazi-server keys rotate"
)


def secret_results(settings: Settings) -> Iterator[Result]:
    """Yield a result for each secret; settings of an embedded database need none."""
    if settings.database_url is not None:
        try:
            with_keys(settings)
        except SettingsError as exc:
            for text in exc.faults:
                name, _, detail = text.partition(": ")
                yield fault(
                    "secrets", f"{name} is missing", remedy=detail.partition("; ")[2]
                )
    if settings.jwt_secret:
        yield _token_secret_result(settings.jwt_secret)
    for number, key in enumerate(settings.comment_keys, start=1):
        yield _comment_key_result(number, key)


def key_file_results(folder: Path) -> Iterator[Result]:
    """Yield a result for each generated secret in the data folder."""
    for path in (folder / JWT_SECRET_FILE, folder / COMMENT_KEY_FILE):
        if not path.exists():
            continue
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            yield fault(
                "secrets",
                f"{path} can be read by others (mode {mode:o})",
                remedy=f"chmod 600 {path}",
            )
        else:
            yield ok("secrets", f"{path.name} was generated, its owner alone reads it")


def with_found_keys(settings: Settings) -> Settings:
    """Return settings with the generated secrets, where both are there; makes none."""
    files = (JWT_SECRET_FILE, COMMENT_KEY_FILE)
    is_embedded = settings.database_url is None
    if is_embedded and all((settings.data_dir / name).exists() for name in files):
        return with_keys(settings)
    return settings


def _token_secret_result(secret: str) -> Result:
    if len(set(secret)) < _MIN_DISTINCT:
        return fault(
            "secrets",
            f"KAZI_JWT_SECRET has only {len(set(secret))} different characters: whoever "
            "guesses it can sign tokens of any role",
            remedy=_MAKE_SECRET,
        )
    return ok("secrets", f"KAZI_JWT_SECRET has {len(secret.encode())} bytes")


def _comment_key_result(number: int, key: bytes) -> Result:
    if len(set(key)) >= _MIN_DISTINCT:
        return ok("secrets", f"comment key {number} is random")
    detail = f"comment key {number} has only {len(set(key))} different bytes"
    if number > 1:
        return warning("secrets", detail, remedy="run: kazi-server keys rotate")
    return fault("secrets", detail, remedy=_MAKE_KEY)
