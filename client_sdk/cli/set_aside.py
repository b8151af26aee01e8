"""``kazi-sdk set-aside``: what the server will never accept, and why."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from client_sdk.cli.device_file import PATH, as_date, find_file, reading

__all__ = ["age_text", "set_aside", "set_aside_rows"]

#: What is shown of a row's body: all of a ping; of a survey nothing that was written.
_SHOWN = {
    "ping": None,
    "survey": ("tutorial_id", "nps", "persona", "occurred_ms"),
}
_COLUMNS = "kind, event_id, user_id, body, code, detail, set_aside_ms"


@click.command("set-aside")
@click.argument("path", type=PATH)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def set_aside(path: Path, as_json: bool) -> None:
    """List the events that were set aside, with reason and age.

    PATH is the storage folder of an app, or the SQLite file in it.  Nothing is changed,
    and nothing that a user wrote is shown.

    \b
    Examples:
      kazi-sdk set-aside ~/.local/share/myapp
      kazi-sdk set-aside kazi-tutorial.sqlite3 --json > set-aside.jsonl
    """
    with reading(find_file(path)) as connection:
        rows = set_aside_rows(connection, now_ms=time.time_ns() // 1_000_000)
    for row in rows:
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else _line(row))


def set_aside_rows(connection: Any, *, now_ms: int) -> list[dict[str, Any]]:
    """Return the rows, oldest first, as JSON objects."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM set_aside ORDER BY id")  # noqa: S608
    return [
        {
            "kind": kind,
            "event_id": event_id.hex(),
            "user_id": user_id,
            "code": code,
            "detail": detail,
            "set_aside_at": as_date(set_aside_ms),
            "age_seconds": (now_ms - set_aside_ms) // 1000,
            "body": _shown(kind, body),
        }
        for kind, event_id, user_id, body, code, detail, set_aside_ms in rows
    ]


def age_text(seconds: int) -> str:
    """Return an age in its largest unit, as ``3 d``."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{max(seconds, 0)} s"


def _shown(kind: str, body: str) -> dict[str, Any]:
    try:
        values = json.loads(body)
    except ValueError:
        return {}
    names = _SHOWN.get(kind, ())
    return {k: v for k, v in values.items() if names is None or k in names}


def _line(row: dict[str, Any]) -> str:
    reason = f"{row['code']}: {row['detail']}"
    tutorial_id = row["body"].get("tutorial_id", "?")
    age = age_text(row["age_seconds"])
    return f"{row['kind']} {row['event_id']} of {tutorial_id}, {age} ago  {reason}"
