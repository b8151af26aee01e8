"""``kazi-server token``."""

from __future__ import annotations

from datetime import timedelta

import click

from client_sdk.contracts.identity import is_canonical_uuid
from sync_server.auth.principals import Role
from sync_server.auth.tokens import TokenIssuer, TokenKey
from sync_server.cli.database import clear_errors, load_settings
from sync_server.clock import system_clock
from sync_server.keys import with_keys

__all__ = ["token"]

#: Seconds for which a token is good unless told otherwise: a working day.
_DEFAULT_TTL_SECONDS = 8 * 60 * 60
#: Longest name of a service: it goes into the audit log.
_MAX_NAME_LENGTH = 200


@click.command()
@click.option(
    "--sub",
    "subject",
    metavar="UUID",
    envvar="KAZI_TOKEN_SUB",
    show_envvar=True,
    help="The user that the token is for; with another role a name, or nothing.",
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
def token(subject: str | None, role: str, ttl_seconds: int) -> None:
    """Print a bearer token that this server accepts.

    It is signed with KAZI_JWT_SECRET; without KAZI_DATABASE_URL with the key in
    KAZI_DATA_DIR, which is made if there is none.

    \b
    Examples:
      kazi-server token --sub 0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69
      kazi-server token --sub 0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69 --ttl 600
      kazi-server token --role service --sub billing
    """
    _check_subject(subject, Role(role))
    with clear_errors():
        key = TokenKey.of(with_keys(load_settings()))
    text, _ = TokenIssuer(key, clock=system_clock).issue(
        user_id=subject, role=Role(role), lifetime=timedelta(seconds=ttl_seconds)
    )
    click.echo(text)


def _check_subject(subject: str | None, role: Role) -> None:
    """click's BadParameter unless the subject is one that the role may have."""
    if role is Role.USER and subject is None:
        raise click.BadParameter("a user's token needs a UUID", param_hint="--sub")
    if role is Role.USER and not is_canonical_uuid(subject or ""):
        raise click.BadParameter(
            f"{subject!r} is not a UUID in lower case with hyphens, "
            "as 0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69",
            param_hint="--sub",
        )
    if subject is not None and not _is_name(subject):
        raise click.BadParameter(
            f"a name has 1 to {_MAX_NAME_LENGTH} characters that can be printed",
            param_hint="--sub",
        )


def _is_name(subject: str) -> bool:
    return 1 <= len(subject) <= _MAX_NAME_LENGTH and subject.isprintable()
