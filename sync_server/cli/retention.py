"""``kazi-server retention``."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable

import click

from sync_server.cli.database import (
    clear_errors,
    load_settings,
    ready_database,
    require_migrations,
)
from sync_server.clock import system_clock
from sync_server.keys import with_keys
from sync_server.privacy.audit import AuditLog
from sync_server.privacy.retention import (
    Retention,
    RetentionBusyError,
    Rule,
    Step,
    rules_of,
)

__all__ = ["retention"]


@click.group()
def retention() -> None:
    """Let go of what was kept long enough."""


@retention.command()
@click.option(
    "--dry-run",
    is_flag=True,
    envvar="KAZI_DRY_RUN",
    show_envvar=True,
    help="Count, delete nothing.",
)
def run(dry_run: bool) -> None:
    """Delete what is older than the settings say; best once a night.

    \b
    Step events:      KAZI_STEP_EVENT_RETENTION_DAYS
    Product activity: KAZI_ACTIVITY_RETENTION_DAYS

    Completed steps and XP stay.  It may be interrupted at any time and run again, beside
    a server that serves.

    \b
    Examples:
      kazi-server retention run --dry-run
      KAZI_STEP_EVENT_RETENTION_DAYS=90 kazi-server retention run
    """
    with clear_errors():
        settings = with_keys(load_settings())
        url = ready_database(settings, migrate=True)
        require_migrations(url)
        rules = rules_of(settings)
        audit = AuditLog.of(settings)
    job = Retention(url, rules, clock=system_clock)
    steps = job.count() if dry_run else job.run(audit)
    label = "Counting" if dry_run else "Deleting"
    try:
        rows = _watch(steps, label=label, pages=job.pages())
    except RetentionBusyError as exc:
        raise click.ClickException(f"{exc}; it does this one's work too") from exc
    for rule in rules:
        click.echo(_line(rule, rows[rule.table], dry_run=dry_run))


def _watch(steps: Iterable[Step], *, label: str, pages: int) -> Counter[str]:
    """Run to the end with a bar on standard error; return the rows of each table."""
    rows: Counter[str] = Counter()
    with click.progressbar(length=pages, label=label, file=sys.stderr) as bar:
        for step in steps:
            rows[step.rule.table] += step.rows
            bar.update(step.pages)
    return rows


def _line(rule: Rule, rows: int, *, dry_run: bool) -> str:
    verb = "would delete" if dry_run else "deleted"
    days = "1 day" if rule.days == 1 else f"{rule.days} days"
    return f"{rule.table}: {verb} {rows} rows older than {days}"
