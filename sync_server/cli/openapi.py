"""``kazi-server openapi``."""

from __future__ import annotations

import base64
import json
import secrets

import click

from sync_server.db.pool import Pool
from sync_server.settings import COMMENT_KEY_BYTES, Settings

__all__ = ["openapi"]


@click.command(short_help="Print the OpenAPI document of this version.")
def openapi() -> None:
    """Print the OpenAPI document of this version, as /openapi.json serves it.

    It needs no database and no settings.

    \b
    Examples:
      kazi-server openapi > docs/openapi.json
    """
    click.echo(document_text(), nl=False)


def document_text() -> str:
    """Return the document as it is checked in: indented, with a newline at the end."""
    from sync_server.app import create_app
    from sync_server.openapi.document import document_of

    # an application that never answers: its pool stays closed, its keys sign nothing
    key = base64.b64encode(secrets.token_bytes(COMMENT_KEY_BYTES)).decode()
    settings = Settings.from_environ(
        {
            "KAZI_DATABASE_URL": "postgresql://nobody@localhost/none",
            "KAZI_JWT_SECRET": secrets.token_urlsafe(48),
            "KAZI_COMMENT_KEY": key,
        }
    )
    app = create_app(settings, pool=Pool("", open=False))
    return json.dumps(document_of(app), ensure_ascii=False, indent=2) + "\n"
