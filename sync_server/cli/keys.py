"""``kazi-server keys``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import click
from psycopg import Connection

from sync_server.cli.database import (
    clear_errors,
    load_settings,
    ready_database,
    require_migrations,
)
from sync_server.cli.output import count_of_texts
from sync_server.crypto import CommentCipher
from sync_server.db.pool import connect
from sync_server.keys import with_keys
from sync_server.privacy.audit import COMMAND_LINE, Action, AuditLog
from sync_server.surveys.rotation import KeyRotation, KeyUse

__all__ = ["keys"]

#: What to know of a key in each state.
_MEANINGS = {
    "current": "encrypts",
    "old": "decrypts; run: kazi-server keys rotate",
    "unused": "holds nothing, may be removed once every server has the new key first",
    "missing": "lacks its key; put that back into KAZI_COMMENT_KEY",
    "unreadable": "not in a format that we know",
}


@click.group()
def keys() -> None:
    """Change the key that encrypts comments and texts."""


@keys.command(short_help="Tell how much each key holds, and which may be removed.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    envvar="KAZI_KEYS_JSON",
    show_envvar=True,
    help="Print one JSON object instead of lines.",
)
def status(as_json: bool) -> None:
    """Tell how much each key of KAZI_COMMENT_KEY holds, and which may be removed.

    Keys go by their ids: eight digits of their SHA-256.

    \b
    Examples:
      kazi-server keys status
    """
    with _ready() as (connection, cipher, _):
        uses = KeyRotation(connection, cipher).uses()
    states = {use.key_id: _state(use, cipher) for use in uses}
    if as_json:
        lines = [
            {
                "keyId": use.key_id,
                "state": states[use.key_id],
                "comments": use.comments,
                "texts": use.texts,
            }
            for use in uses
        ]
        click.echo(json.dumps({"keys": lines}, indent=2))
        return
    for use in uses:
        click.echo(
            f"{use.key_id or 'no key':8}  {use.comments:>9} comments  {use.texts:>9} texts"
            f"  {_MEANINGS[states[use.key_id]]}"
        )


@keys.command(short_help="Re-encrypt with the first key what older ones hold.")
def rotate() -> None:
    """Re-encrypt what older keys hold with the first key of KAZI_COMMENT_KEY.

    Put the new key first and keep the old one behind it (KAZI_COMMENT_KEY=new,old) for
    every server, restart them, then run this, beside servers that serve.  It may be
    interrupted and run again at any time; nothing is lost.

    \b
    Examples:
      kazi-server keys rotate
    """
    with _ready() as (connection, cipher, audit):
        rotation = KeyRotation(connection, cipher)
        stale = sum(use.rows for use in rotation.uses() if use.key_id != cipher.current)
        note = partial(audit.record, connection, actor=COMMAND_LINE)
        if stale:
            note(Action.BEGIN_ROTATION, details={"rows": stale})
        renewed = _run(rotation, stale)
        if stale:
            note(Action.END_ROTATION, details={"rows": renewed})
        uses = rotation.uses()
    click.echo(f"re-encrypted {count_of_texts(renewed)} with {cipher.current}")
    _tell_rest(uses, cipher)


def _run(rotation: KeyRotation, stale: int) -> int:
    """Run to the end with a bar on standard error; return how many rows were renewed."""
    renewed = 0
    try:
        with click.progressbar(
            length=stale, label="Re-encrypting", file=sys.stderr
        ) as bar:
            for count in rotation.run():
                renewed += count
                bar.update(count)
    except KeyboardInterrupt:
        raise click.ClickException(
            f"interrupted after {renewed} of {stale}; nothing is lost, run the same "
            "again to go on"
        ) from None
    return renewed


@contextmanager
def _ready() -> Iterator[tuple[Connection[Any], CommentCipher, AuditLog]]:
    """Yield a connection to a database with every migration, and what the keys make."""
    with clear_errors():
        settings = with_keys(load_settings())
        audit = AuditLog.of(settings)
        url = ready_database(settings, migrate=True)
        require_migrations(url)
    with connect(url) as connection:
        yield connection, CommentCipher(settings.comment_keys), audit


def _state(use: KeyUse, cipher: CommentCipher) -> str:
    if use.key_id == cipher.current:
        return "current"
    if use.key_id in cipher.key_ids:
        return "old" if use.rows else "unused"
    return "missing" if use.key_id else "unreadable"


def _tell_rest(uses: list[KeyUse], cipher: CommentCipher) -> None:
    """Say what to do next; ClickException if something is not under the current key."""
    rest = [use for use in uses if use.rows and use.key_id != cipher.current]
    if rest:
        raise click.ClickException(
            "\n".join(
                f"{count_of_texts(use.rows)}: {_MEANINGS[_state(use, cipher)]}"
                f" ({use.key_id or 'no key'})"
                for use in rest
            )
        )
    if len(cipher.key_ids) > 1:
        old = ", ".join(cipher.key_ids[1:])
        click.echo(f"nothing needs {old} any more: remove it from KAZI_COMMENT_KEY")
