"""``kazi-server token``."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import click

from client_sdk.contracts.identity import is_canonical_uuid
from sync_server.auth.tokens import Role, TokenIssuer, TokenKey
from sync_server.cli.database import clear_errors, load_settings
from sync_server.clock import system_clock
from sync_server.keys import with_keys

__all__ = ["token"]

#: Seconds for which a token is good unless told otherwise: a working day.
_DEFAULT_TTL_SECONDS = 8 * 60 * 60


def _subject(_context: click.Context, _option: click.Option, text: str) -> UUID:
    if not is_canonical_uuid(text):
        raise click.BadParameter(
            f"{text!r} is not a UUID in lower case with hyphens, "
            "as 0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69"
        )
    return UUID(text)


@click.command()
@click.option(
    "--sub",
    "user_id",
    required=True,
    callback=_subject,
    metavar="UUID",
    envvar="KAZI_TOKEN_SUB",
    show_envvar=True,
    help="The user that the token is for.",
)
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.USER.value,
    show_default=True,
    envvar="KAZI_TOKEN_ROLE",
    show_envvar=True,
    help="What the token is for.",
)
@click.option(
    "--ttl",
    "ttl_seconds",
    type=click.IntRange(1, 10 * 365 * 24 * 60 * 60),
    default=_DEFAULT_TTL_SECONDS,
    show_default=True,
    metavar="SECONDS",
    envvar="KAZI_TOKEN_TTL",
    show_envvar=True,
    help="How long the token is good.",
)
def token(user_id: UUID, role: str, ttl_seconds: int) -> None:
    """Print a bearer token that this server accepts.

    It is signed with KAZI_JWT_SECRET; without KAZI_DATABASE_URL with the key in
    KAZI_DATA_DIR, which is made if there is none.

    \b
    Examples:
      kazi-server token --sub 0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69
      kazi-server token --sub 0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69 --role admin --ttl 600
    """
    with clear_errors():
        key = TokenKey.of(with_keys(load_settings()))
    text, _ = TokenIssuer(key, clock=system_clock).issue(
        user_id=user_id, role=Role(role), lifetime=timedelta(seconds=ttl_seconds)
    )
    click.echo(text)
