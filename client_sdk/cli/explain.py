"""``kazi-sdk explain``: why a tutorial is or is not shown on a device."""

from __future__ import annotations

import dataclasses
import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from client_sdk._bundle import Bundle
from client_sdk._config_cache import ConfigCache
from client_sdk._decisions import Decisions
from client_sdk._evidence import explain as explain_from
from client_sdk._progress import ProgressStore
from client_sdk._schema import SCHEMA_VERSION
from client_sdk._storage import Database
from client_sdk.cli.device_file import PATH, find_file, reading
from client_sdk.contracts.identity import user_id_of_secret
from client_sdk.contracts.tutorial import Device

__all__ = ["explain"]


@click.command()
@click.argument("path", type=PATH)
@click.argument("tutorial_id")
@click.option("--user", "user_id", help="Another user than the device's present one.")
@click.option(
    "--device",
    type=click.Choice([each.value for each in Device]),
    help="What the app tells the server that it is; taken from the cache if left out.",
)
@click.option("--bundle", type=PATH, help="The file of configs that the app ships.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def explain(
    path: Path,
    tutorial_id: str,
    user_id: str | None,
    device: str | None,
    bundle: Path | None,
    as_json: bool,
) -> None:
    """Say where a tutorial's content comes from, and what lets it start or does not.

    PATH is the storage folder of an app, or the SQLite file in it, or a copy.  Nothing is
    changed, and no token, secret or survey comment is shown.

    \b
    Examples:
      kazi-sdk explain ~/.local/share/myapp welcome-tour
      kazi-sdk explain copy.sqlite3 welcome-tour --device android --json
    """
    with reading(find_file(path)) as connection:
        _check_schema(connection)
        database = Database(lambda: connection)
        user_id = _user(database) if user_id is None else user_id
        cache = ConfigCache(device=device or _device(database, user_id), max_configs=1)
        explanation = explain_from(
            database,
            Decisions(cache=cache, bundle=Bundle.load(bundle) if bundle else None),
            user_id=user_id,
            tutorial_id=tutorial_id,
            now_ms=time.time_ns() // 1_000_000,
            progress=ProgressStore.told(database, user_id),
        )
    if as_json:
        content = dataclasses.asdict(explanation)
        click.echo(json.dumps(content, indent=2, ensure_ascii=False, default=_plain))
    else:
        click.echo(str(explanation))


def _check_schema(connection: Any) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version not in (0, SCHEMA_VERSION):
        raise click.ClickException(
            f"the file has schema {version} and this tool reads {SCHEMA_VERSION}: use the"
            " kazi-sdk of the version of the SDK that is in the app"
        )


def _user(database: Database) -> str:
    ((secret, account_id),) = database.execute("SELECT secret, account_id FROM device")
    return str(account_id or user_id_of_secret(secret))


def _device(database: Database, user_id: str) -> str:
    rows = database.execute(
        "SELECT device FROM config_cache WHERE user_id = ? ORDER BY used_ms DESC LIMIT 1",
        (user_id,),
    )
    return str(rows[0][0]) if rows else Device.DESKTOP.value


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)
