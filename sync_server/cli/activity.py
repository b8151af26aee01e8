"""``kazi-server activity``."""

from __future__ import annotations

import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from sync_server.activity.counting import UsageCounting
from sync_server.activity.files import FileError, Line, lines_of
from sync_server.activity.intake import ActivityIntake, Taken, names_of
from sync_server.activity.store import ActivityStore
from sync_server.cli.database import (
    clear_errors,
    load_settings,
    ready_database,
    require_migrations,
)
from sync_server.clock import system_clock
from sync_server.db.pool import connect, open_pool
from sync_server.settings import Settings

__all__ = ["activity"]

#: Events that are stored together.
_BATCH_EVENTS = 1_000
#: Most refused lines, and names without a meaning, that are told one by one.
_MAX_TOLD = 20
_MAX_NAMES = 5
#: Seconds for which a command may hold its connection: nobody waits for its answer.
_STATEMENT_TIMEOUT_SECONDS = 3_600.0


@click.group()
def activity() -> None:
    """Take in and count what users do in the product."""


@activity.command("import", short_help="Store the events of a CSV or JSON lines FILE.")
@click.argument(
    "file",
    # not "exists": of a file in a closed folder click would say that there is none
    type=click.Path(dir_okay=False, path_type=Path),
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    envvar="KAZI_ACTIVITY_JSON",
    show_envvar=True,
    help="Print one JSON object instead of lines.",
)
def import_file(file: Path, as_json: bool) -> None:
    """Store the events of a FILE, .csv or .jsonl, each once however often it is read.

    JSON lines are events of POST /_internal/activity or Segment's track calls.  A table
    has the columns userId, name, occurredAt and, if there are any, eventId; each further
    column is a property.  A line that cannot be taken is told and left out.

    \b
    Examples:
      kazi-server activity import usage.csv
      kazi-server activity import segment.jsonl --json
    """
    total = _Total()
    with _opened(file) as (settings, url):
        pool = open_pool(
            url,
            max_size=1,
            timeout_seconds=settings.database_timeout_seconds,
            statement_timeout_seconds=_STATEMENT_TIMEOUT_SECONDS,
        )
        with pool:
            intake = ActivityIntake(
                ActivityStore(pool), names=names_of(settings), clock=system_clock
            )
            for lines in _batches(file):
                total.add(lines, intake.take(lines, Line.event))
    click.echo(json.dumps(total.as_json()) if as_json else total.as_text())


@activity.command(short_help="Count new events and compute features from them.")
def count() -> None:
    """Count what has not been counted, and compute the features of those users.

    A refit of personas does the same first.  It may be interrupted at any time and run
    again, beside a server that serves.

    \b
    Examples:
      kazi-server activity count
    """
    with clear_errors():
        url = ready_database(load_settings(), migrate=True)
        require_migrations(url)
    counting = UsageCounting()
    events = users = 0
    with connect(url) as connection:
        length = counting.waiting(connection)
        with click.progressbar(length=length, label="Counting", file=sys.stderr) as bar:
            for piece in counting.run(connection):
                events, users = events + piece.rows, users + piece.users
                bar.update(piece.rows)
    click.echo(f"counted {events:,} events, computed the features of {users:,} users")


class _Total:
    """What became of the whole file."""

    def __init__(self) -> None:
        self._stored = self._known = self._refused = 0
        self._faults: Counter[str] = Counter()
        self._names: Counter[str] = Counter()

    def add(self, lines: list[Line], taken: Taken) -> None:
        """Add a batch, and tell the first lines that were refused."""
        for refused in taken.refused:
            self._refused += 1
            if self._refused <= _MAX_TOLD:
                number = lines[refused.place].number
                click.echo(f"line {number}: {refused.detail}", err=True)
        self._stored += taken.new
        self._known += taken.known
        self._faults.update({str(key): n for key, n in taken.faults.items()})
        self._names.update(taken.unknown_names)

    def as_json(self) -> dict[str, object]:
        return {
            "stored": self._stored,
            "known": self._known,
            "refused": self._refused,
            "reasons": dict(self._faults.most_common()),
            "unknownNames": dict(self._names.most_common(_MAX_NAMES)),
        }

    def as_text(self) -> str:
        lines = [
            f"stored {self._stored:,} events, {self._known:,} were known, "
            f"{self._refused:,} were refused"
        ]
        lines += [f"  {reason}: {n:,}" for reason, n in self._faults.most_common()]
        if self._names:
            names = (
                f"{name} ({n:,})" for name, n in self._names.most_common(_MAX_NAMES)
            )
            lines.append(
                "names that say nothing to a persona, most frequent first: "
                f"{', '.join(names)}; KAZI_ACTIVITY_NAMES can give them a meaning"
            )
        return "\n".join(lines)


@contextmanager
def _opened(file: Path) -> Iterator[tuple[Settings, str]]:
    """Yield settings and the URL of a database; what is wrong with the file is told."""
    try:
        with file.open("rb") as source:
            next(lines_of(file.name, source), None)
        with clear_errors():
            settings = load_settings()
            url = ready_database(settings, migrate=True)
            require_migrations(url)
        yield settings, url
    except FileError as exc:
        raise click.ClickException(f"{file.name}: {exc}") from exc
    except OSError as exc:
        raise click.ClickException(f"cannot read {file}: {exc.strerror}") from exc


def _batches(file: Path) -> Iterator[list[Line]]:
    """Yield lines with a bar on standard error, by the bytes that were read."""
    size = file.stat().st_size
    with (
        file.open("rb") as source,
        click.progressbar(length=size, label="Importing", file=sys.stderr) as bar,
    ):
        lines = lines_of(file.name, source)
        while batch := list(itertools.islice(lines, _BATCH_EVENTS)):
            yield batch
            bar.update(source.tell() - bar.pos)
