"""Debian's PgBouncer in transaction mode before a test's PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests.support.server_process import free_port, wait_until

__all__ = ["pgbouncer"]

STOP_TIMEOUT_SECONDS = 20.0


@contextmanager
def pgbouncer(
    url: str, *, host: str = "127.0.0.1", options: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Yield the URL of the same database behind a pooler with two connections.

    What a session leaves behind is not cleared between clients, as in production; so a
    test fails where one client meets the state of another.
    """
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "pgbouncer is missing; make setup says how to install it"
    parts = conninfo_to_dict(url)
    # not under pytest's own folder: as root, it runs as another user, who must reach it
    with tempfile.TemporaryDirectory(prefix="kazi-pgbouncer-") as name:
        folder = Path(name)
        port = free_port()
        settings = {
            "listen_addr": host,
            "listen_port": str(port),
            "unix_socket_dir": "",
            "auth_type": "any",
            "pool_mode": "transaction",
            "default_pool_size": "2",
            "max_client_conn": "500",
            "max_prepared_statements": "0",
            "server_reset_query": "",
            # or it would not look for PostgreSQL again for 15 s after an outage
            "server_login_retry": "1",
            # or a statement would wait in it for two minutes meanwhile
            "query_wait_timeout": "5",
            **(options or {}),
        }
        if not supports_prepared_statements(program):
            del settings["max_prepared_statements"]
        config = folder / "pgbouncer.ini"
        config.write_text(
            "[databases]\n"
            f"* = host={parts['host']} user={parts['user']}\n"
            "[pgbouncer]\n"
            + "".join(f"{key} = {value}\n" for key, value in settings.items())
        )
        user = owner_of(Path(str(parts["host"])))
        make_readable(folder, user)
        log = (folder / "log").open("wb")
        with log, running([program, *user_option(user), str(config)], log.fileno()):
            pooled = f"postgresql://{parts['user']}@{host}:{port}/{parts['dbname']}"
            wait_until(
                lambda: is_answering(pooled),
                what=f"the pooler answers\n{(folder / 'log').read_text()}",
            )
            yield pooled


def supports_prepared_statements(program: str) -> bool:
    """Return whether it knows that setting, which came with version 1.21."""
    told = subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=True
    ).stdout
    major, minor = told.split()[1].split(".")[:2]
    return (int(major), int(minor)) >= (1, 21)


def owner_of(folder: Path) -> str:
    """Return who runs PostgreSQL: whoever owns the folder of its socket."""
    return folder.owner()


def user_option(user: str) -> list[str]:
    # it refuses to run as root
    return ["-u", user] if os.geteuid() == 0 else []


def make_readable(folder: Path, user: str) -> None:
    if os.geteuid() == 0:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, user)


@contextmanager
def running(command: list[str], log: int) -> Iterator[None]:
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(STOP_TIMEOUT_SECONDS)


def is_answering(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
