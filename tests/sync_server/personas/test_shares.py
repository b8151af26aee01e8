"""A refit by several workers is the refit of one."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from sync_server.clock import system_clock
from sync_server.personas import fitting
from sync_server.personas.refit import Refit
from sync_server.personas.rotation import Rotation
from sync_server.personas.share import Share
from tests.support.populations import population
from tests.sync_server.personas.filled import SECRET, fill, refit, rows_of
from tests.sync_server.personas.test_command import ENVIRON

COMMAND = [sys.executable, "-m", "sync_server", "personas", "refit"]


@pytest.fixture
def url(database_url):
    users = population(3_000, np.random.default_rng(1), separation=0.6, spread=0.8)
    fill(database_url, users)
    return database_url


def command(url, *arguments):
    return subprocess.run(
        [*COMMAND, *arguments],
        env={"KAZI_DATABASE_URL": url, **ENVIRON},
        capture_output=True,
        text=True,
        check=False,
    )


def test_three_workers_find_what_one_finds(url):
    assert command(url).returncode == 0
    alone = rows_of(url)
    done = command(url, "--workers", "3")
    assert done.returncode == 0, done.stderr
    assert "version 2: 3,000 users, served" in done.stdout
    assert "drift 0.000, changed persona 0.00%" in done.stdout
    shared = rows_of(url)
    assert {user: row[:2] for user, row in shared.items()} == {
        user: row[:2] for user, row in alone.items()
    }


def test_every_user_is_in_one_share(url):
    shares = [Share(url, Rotation(SECRET), part, 3) for part in range(3)]
    for share in shares:
        share.read()
    counts = [share.counts().users for share in shares]
    assert sum(counts) == 3_000
    assert min(counts) > 800


def test_a_worker_that_fails_ends_the_run_and_leaves_yesterdays(url):
    refit(url).run()
    before = rows_of(url)

    class Failing(Share):
        def write(self, *arguments, **named):
            raise ConnectionError

    with pytest.raises(ConnectionError):
        Refit(
            url,
            Rotation(SECRET),
            clock=system_clock,
            users=lambda: Failing(url, Rotation(SECRET)),
        ).run()
    assert rows_of(url) == before
    assert refit(url).run().is_served


def test_nobody_at_the_address_is_told(url):
    done = command(url, "--workers", "tcp://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "Error: no Dask scheduler answers at tcp://127.0.0.1:1"
    )


def test_tls_without_certificates_says_what_to_set(url):
    done = command(url, "--workers", "tls://127.0.0.1:1")
    assert done.returncode == 1
    told = done.stderr.splitlines()[-1]
    assert told.startswith("Error: Dask needs certificates for tls://; set DASK_")
    assert told.endswith("TLS__CLIENT__KEY")


@pytest.mark.parametrize("workers", ["0", "100", "http://a:1", "many"])
def test_what_is_neither_number_nor_address_is_refused(url, workers):
    done = command(url, "--workers", workers)
    assert done.returncode == 2
    assert "a number from 1 to 99 or an address" in done.stderr


def test_the_sample_is_a_part_of_many(url, monkeypatch):
    monkeypatch.setattr(fitting, "SAMPLE_USERS", 500)
    outcome = refit(url).run()
    assert outcome.is_served
    assert outcome.fit is not None
    assert len(outcome.fit.sample) < 700
