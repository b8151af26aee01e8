"""Everything works behind a pooler in transaction mode that has two connections.

There no statement may rely on what an earlier one left in its session: PgBouncer hands
each transaction whatever connection is free, and clears nothing in between.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from sync_server.db.migrations import migration_names
from tests.support.anonymous_user import sign_up
from tests.support.pgbouncer import pgbouncer
from tests.support.postgres import PostgresServer
from tests.support.server_environ import server_environ
from tests.support.server_process import ServerProcess, running_server, wait_until

ROOT = Path(__file__).parents[2]
#: Devices that send at once, many more than the pooler has connections.
DEVICES = 32
BATCHES = 5
BATCH = 20
TOUR = """
id: pooled
name: Pooled
steps:
  - {id: only, title: The only step}
"""


@pytest.fixture(scope="module")
def direct_url(postgres: PostgresServer) -> Iterator[str]:
    """An empty database, without the pooler."""
    with postgres.database(template="template0") as url:
        yield url


@pytest.fixture(scope="module")
def environ(direct_url: str) -> Iterator[dict[str, str]]:
    """The variables of a server whose database is behind the pooler."""
    with pgbouncer(direct_url) as pooled_url:
        yield server_environ(pooled_url)


@pytest.fixture(scope="module")
def server(
    environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    applied = command("migrate", environ=environ)
    assert applied.splitlines() == [f"applied {name}" for name in migration_names()]
    log = tmp_path_factory.mktemp("pooler") / "server.log"
    with running_server("--demo", "--workers", "2", environ=environ, log=log) as server:
        yield server


def command(*arguments: str, environ: dict[str, str]) -> str:
    """Run ``kazi-server`` and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "sync_server", *arguments],
        env={**os.environ, **environ},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def count(url: str, query: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def batch() -> dict[str, object]:
    event = {"tutorialId": "welcome-tour", "stepId": "welcome", "status": "completed"}
    events = [{**event, "t": 1, "eventId": str(uuid4())} for _ in range(BATCH)]
    return {"events": events, "sentAt": "2026-01-31T08:30:00Z"}


def test_batches_of_many_devices_are_stored_once(server, direct_url):
    def deliver(_: int) -> None:
        steps = f"{server.url}/api/tutorial/steps"
        with httpx.Client(headers=sign_up(server.url).headers, timeout=30) as client:
            for _ in range(BATCHES):
                body = batch()
                first = client.post(steps, json=body).json()
                again = client.post(steps, json=body).json()
                assert (first["accepted"], first["duplicates"]) == (BATCH, 0)
                assert (again["accepted"], again["duplicates"]) == (0, BATCH)

    before = count(direct_url, "SELECT count(*) FROM tutorial_step_events")
    with ThreadPoolExecutor(DEVICES) as threads:
        list(threads.map(deliver, range(DEVICES)))

    after = count(direct_url, "SELECT count(*) FROM tutorial_step_events")
    assert after - before == DEVICES * BATCHES * BATCH


def test_of_many_simultaneous_answers_one_stands(server, direct_url):
    headers = sign_up(server.url).headers
    answer = {"tutorialId": "welcome-tour", "nps": 9, "comment": "behind a pooler"}

    def submit(_: int) -> int:
        return httpx.post(
            f"{server.url}/api/tutorial/survey",
            json={**answer, "submissionId": str(uuid4())},
            headers=headers,
            timeout=30,
        ).status_code

    with ThreadPoolExecutor(DEVICES) as threads:
        statuses = list(threads.map(submit, range(DEVICES)))

    assert sorted(statuses) == [201] + [429] * (DEVICES - 1)
    assert count(direct_url, "SELECT count(*) FROM tutorial_surveys") == 1


def test_an_import_is_seen_by_both_workers(server, environ, tmp_path):
    config = f"{server.url}/api/tutorial/config?tutorialId=pooled"
    assert httpx.get(config).status_code == 404
    (tmp_path / "pooled.yaml").write_text(TOUR)

    told = command(
        "tutorials", "import", str(tmp_path / "pooled.yaml"), environ=environ
    )

    assert "published as version 1" in told
    wait_until(
        # a connection each, so that both workers get some
        lambda: {httpx.get(config).status_code for _ in range(20)} == {200},
        timeout_seconds=5,
        what="both workers serve it",
    )


@pytest.mark.usefixtures("server")
def test_the_doctor_sees_the_pooler_and_no_fault_of_it(environ):
    done = subprocess.run(
        [sys.executable, "-m", "sync_server", "doctor"],
        env={**os.environ, **environ},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "in transaction mode" in done.stdout
    assert "All" in done.stdout
    faults = [line for line in done.stdout.splitlines() if line.startswith("fault")]
    # the tests' PostgreSQL does not wait for the disk
    assert len(faults) == 1
    assert "fsync" in faults[0]


@pytest.mark.usefixtures("server")
def test_two_migrations_at_once_share_the_two_connections(environ, direct_url):
    with psycopg.connect(direct_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE pooled_again TEMPLATE template0")
    again = {
        **environ,
        "KAZI_DATABASE_URL": environ["KAZI_DATABASE_URL"].rpartition("/")[0]
        + "/pooled_again",
    }

    with ThreadPoolExecutor(3) as threads:
        told = list(threads.map(lambda _: command("migrate", environ=again), range(3)))

    applied = [line for text in told for line in text.splitlines() if "applied" in line]
    assert applied == [f"applied {name}" for name in migration_names()]


def test_every_golden_exchange_is_as_written():
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            "tests/sync_server/test_exchanges.py",
        ],
        env={**os.environ, "TEST_POOLER": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
