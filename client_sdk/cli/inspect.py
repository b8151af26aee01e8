"""``kazi-sdk inspect``: what a device's file holds."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from client_sdk.cli.device_file import PATH, as_date, find_file, reading
from client_sdk.cli.set_aside import age_text, set_aside_rows

__all__ = ["inspect", "read_report"]

_ALWAYS_SHOWN = ("sent", "set_aside", "evicted")
#: Beside these what only a device in trouble has: events that came back from damaged files,
#: and how often the last writes before a kill were gone.
_COUNTERS = (*_ALWAYS_SHOWN, "recovered", "lost_writes")


@click.command()
@click.argument("path", type=PATH)
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
    report = read_report(find_file(path))
    if as_json:
        click.echo(json.dumps(report, indent=2))
        return
    _print_report(report)


def read_report(file: Path) -> dict[str, Any]:
    """Return what a device file holds; ClickException if it is none of ours."""
    import sqlite_utils

    with reading(file) as connection:
        database = sqlite_utils.Database(connection)
        return {
            "file": str(file),
            "device": _device(database),
            "queued": _queued(database),
            **_counters(database),
            "configs": _configs(database),
            "runs": _runs(database),
            "set_aside": _set_aside(connection),
        }


def _device(database: Any) -> dict[str, Any]:
    row = next(iter(database.query("SELECT device_id, account_id FROM device")))
    return {"device_id": row["device_id"].hex(), "account_id": row["account_id"]}


def _queued(database: Any) -> dict[str, int]:
    return {
        # Not the row of nobody that keeps the last number (_schema.py).
        "pings": database["pings"].count_where("user_id <> '-'"),
        "surveys": database["survey_answers"].count,
    }


def _counters(database: Any) -> dict[str, Any]:
    stored = {row["name"]: row["value"] for row in database["counters"].rows}
    # As status() counts them: pings, and answers beyond their own bound.
    stored["evicted"] = stored.get("evicted", 0) + stored.get("evicted_surveys", 0)
    last_sync_ms = stored.get("last_sync_ms")
    return {
        "counters": {name: stored.get(name, 0) for name in _COUNTERS},
        "last_sync_at": as_date(last_sync_ms) if last_sync_ms else None,
    }


def _configs(database: Any) -> list[dict[str, Any]]:
    columns = "key, user_id, device, fresh_until_ms, is_current"
    rows = database.query(f"SELECT {columns} FROM config_cache ORDER BY key")  # noqa: S608
    return [
        {
            "key": row["key"],
            "user_id": row["user_id"],
            "device": row["device"],
            "fresh_until": as_date(row["fresh_until_ms"]),
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
            "started_at": as_date(row["started_ms"]),
        }
        for row in rows
    ]


def _set_aside(connection: Any) -> list[dict[str, Any]]:
    rows = set_aside_rows(connection, now_ms=time.time_ns() // 1_000_000)
    return [{k: v for k, v in row.items() if k != "body"} for row in rows]


def _print_report(report: dict[str, Any]) -> None:
    device = report["device"]
    click.echo(report["file"])
    click.echo(f"  device    {device['device_id']}")
    click.echo(f"  account   {device['account_id'] or 'anonymous'}")
    for name, count in report["queued"].items():
        click.echo(f"  queued    {count} {name}")
    for name, count in report["counters"].items():
        if count or name in _ALWAYS_SHOWN:
            click.echo(f"  {name:<9} {count}")
    click.echo(f"  synced    {report['last_sync_at'] or 'never'}")
    for config in report["configs"]:
        mark = "*" if config["is_current"] else " "
        click.echo(
            f"  config  {mark} {config['key']}  fresh until {config['fresh_until']}"
        )
    for run in report["runs"]:
        place = f"{run['status']} at {run['step_id']}"
        click.echo(f"  run       {run['tutorial_id']} as {run['variant']}: {place}")
    for row in report["set_aside"]:
        reason = f"{row['code']}: {row['detail']}, {age_text(row['age_seconds'])} ago"
        click.echo(f"  aside     {row['kind']} {row['event_id']} {reason}")
