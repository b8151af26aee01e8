"""``kazi-server surveys``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from sync_server.cli.database import (
    clear_errors,
    load_settings,
    ready_database,
    require_migrations,
)
from sync_server.cli.output import count_of_texts, opened
from sync_server.crypto import CommentCipher
from sync_server.db.pool import connect
from sync_server.keys import with_keys
from sync_server.privacy.audit import COMMAND_LINE, Action, AuditLog
from sync_server.surveys.export import SurveyExport, write_csv, write_jsonl

__all__ = ["surveys"]

_WRITERS = {"csv": write_csv, "jsonl": write_jsonl}


@click.group()
def surveys() -> None:
    """Analyse what users answered."""


@surveys.command()
@click.option(
    "--tutorial",
    "tutorial_id",
    required=True,
    metavar="ID",
    envvar="KAZI_SURVEY_TUTORIAL",
    show_envvar=True,
    help="The tutorial whose survey it is.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(sorted(_WRITERS)),
    default="csv",
    show_default=True,
    envvar="KAZI_SURVEY_FORMAT",
    show_envvar=True,
    help="A table, or a JSON object a line.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="KAZI_SURVEY_OUTPUT",
    show_envvar=True,
    help="File to write, readable by its owner alone; standard output by default.",
)
@click.option(
    "--with-comments",
    is_flag=True,
    envvar="KAZI_SURVEY_WITH_COMMENTS",
    show_envvar=True,
    help="Comments and texts too, which may say who wrote them.",
)
def export(
    tutorial_id: str, form: str, output: Path | None, with_comments: bool
) -> None:
    """Write the answers to a survey, anonymised.

    No user id, no submission id, the day instead of the time, and in random order.  An
    export with comments is noted in the audit log.

    \b
    Examples:
      kazi-server surveys export --tutorial welcome-tour --output answers.csv
      kazi-server surveys export --tutorial welcome-tour --format jsonl | jq .nps
    """
    with clear_errors():
        settings = with_keys(load_settings())
        audit = AuditLog.of(settings)
        url = ready_database(settings, migrate=True)
        require_migrations(url)
    cipher = CommentCipher(settings.comment_keys) if with_comments else None
    with connect(url) as connection:
        answers = SurveyExport(connection, tutorial_id, cipher)
        if not answers.is_known():
            raise click.ClickException(f"no tutorial has the id {tutorial_id!r}")
        if with_comments:
            audit.record(connection, Action.EXPORT_SURVEYS, actor=COMMAND_LINE)
        with opened(output) as out, _bar(answers.count()) as tick:
            _WRITERS[form](answers, out, with_comments=with_comments, tick=tick)
    if answers.unreadable:
        click.echo(
            f"Warning: left out {count_of_texts(answers.unreadable)}: KAZI_COMMENT_KEY lacks the "
            "key; kazi-server keys status names it",
            err=True,
        )


@contextmanager
def _bar(length: int) -> Iterator[Callable[[], None]]:
    with click.progressbar(length=length, label="Exporting", file=sys.stderr) as bar:
        yield lambda: bar.update(1)
