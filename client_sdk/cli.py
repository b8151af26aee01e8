"""``kazi-sdk``: look into the SDK's file on a device or on a copy of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from client_sdk._storage import FILE_NAME

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kazi-tutorial")
def main() -> None:
    """Look into the file that the tutorial SDK keeps on a device."""


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def inspect(path: Path, as_json: bool) -> None:
    """Show what waits, what was sent, what was set aside and why.

    PATH is the storage folder of an app, or the SQLite file in it.  Nothing is changed,
    and no token, secret or survey comment is shown.

    \b
    Examples:
      kazi-sdk inspect ~/.local/share/myapp
      kazi-sdk inspect kazi-tutorial.sqlite3 --json | jq .set_aside
    """
    report = read_report(_file(path))
    if as_json:
        click.echo(json.dumps(report, indent=2))
        return
    _print_report(report)


def _file(path: Path) -> Path:
    file = path / FILE_NAME if path.is_dir() else path
    if not file.is_file():
        raise click.ClickException(
            f"{file} does not exist; give the app's storage folder or the file in it"
        )
    return file


def read_report(file: Path) -> dict[str, Any]:
    """Return what a device file holds; ClickException if it is none of ours."""
    import sqlite3

    import sqlite_utils

    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        database = sqlite_utils.Database(connection)
        return {
            "file": str(file),
            "device": _device(database),
            "queued": _queued(database),
            **_counters(database),
            "configs": _configs(database),
            "runs": _runs(database),
            "set_aside": _set_aside(database),
        }
    except (sqlite3.Error, LookupError) as exc:
        raise click.ClickException(f"{file} is not a tutorial SDK file: {exc}") from exc
    finally:
        connection.close()


def _device(database: Any) -> dict[str, Any]:
    row = next(iter(database.query("SELECT device_id, account_id FROM device")))
    return {"device_id": row["device_id"].hex(), "account_id": row["account_id"]}


def _queued(database: Any) -> dict[str, int]:
    return {
        "pings": database["pings"].count,
        "surveys": database["survey_answers"].count,
    }


def _counters(database: Any) -> dict[str, Any]:
    stored = {row["name"]: row["value"] for row in database["counters"].rows}
    last_sync_ms = stored.get("last_sync_ms")
    names = ("sent", "set_aside", "evicted")
    return {
        "counters": {name: stored.get(name, 0) for name in names},
        "last_sync_at": _date(last_sync_ms) if last_sync_ms else None,
    }


def _configs(database: Any) -> list[dict[str, Any]]:
    columns = "key, user_id, device, fresh_until_ms, is_current"
    rows = database.query(f"SELECT {columns} FROM config_cache ORDER BY key")  # noqa: S608
    return [
        {
            "key": row["key"],
            "user_id": row["user_id"],
            "device": row["device"],
            "fresh_until": _date(row["fresh_until_ms"]),
            "is_current": bool(row["is_current"]),
        }
        for row in rows
    ]


def _runs(database: Any) -> list[dict[str, Any]]:
    columns = "tutorial_id, variant, persona, step_id, status, started_ms"
    rows = database.query(f"SELECT {columns} FROM runs ORDER BY started_ms")  # noqa: S608
    return [
        {
            **{k: v for k, v in row.items() if k != "started_ms"},
            "started_at": _date(row["started_ms"]),
        }
        for row in rows
    ]


def _set_aside(database: Any) -> list[dict[str, Any]]:
    columns = "kind, event_id, user_id, code, detail, set_aside_ms"
    rows = database.query(f"SELECT {columns} FROM set_aside ORDER BY id")  # noqa: S608
    return [
        {
            **{k: v for k, v in row.items() if k != "set_aside_ms"},
            "event_id": row["event_id"].hex(),
            "set_aside_at": _date(row["set_aside_ms"]),
        }
        for row in rows
    ]


def _date(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="seconds")


def _print_report(report: dict[str, Any]) -> None:
    device = report["device"]
    click.echo(report["file"])
    click.echo(f"  device    {device['device_id']}")
    click.echo(f"  account   {device['account_id'] or 'anonymous'}")
    for name, count in report["queued"].items():
        click.echo(f"  queued    {count} {name}")
    for name in ("sent", "set_aside", "evicted"):
        click.echo(f"  {name:<9} {report['counters'].get(name, 0)}")
    for config in report["configs"]:
        mark = "*" if config["is_current"] else " "
        click.echo(
            f"  config  {mark} {config['key']}  fresh until {config['fresh_until']}"
        )
    for run in report["runs"]:
        place = f"{run['status']} at {run['step_id']}"
        click.echo(f"  run       {run['tutorial_id']} as {run['variant']}: {place}")
    for row in report["set_aside"]:
        reason = f"{row['code']}: {row['detail']}"
        click.echo(f"  aside     {row['kind']} {row['event_id']} {reason}")
