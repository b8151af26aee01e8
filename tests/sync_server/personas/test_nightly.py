"""Refits beside the embedded PostgreSQL."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from sync_server.personas.nightly import Nightly, is_due, last_begun
from tests.support.server_process import wait_until
from tests.sync_server.personas.filled import refit

AT = time(3, 20)


def moment(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        pytest.param(None, moment(2, 1), True, id="never"),
        pytest.param(moment(1, 3, 20), moment(2, 3, 19), False, id="before"),
        pytest.param(moment(1, 3, 20), moment(2, 3, 20), True, id="at"),
        pytest.param(moment(2, 3, 20), moment(2, 23), False, id="done"),
        pytest.param(moment(1, 3, 30), moment(4, 12), True, id="off for days"),
        pytest.param(moment(9, 3), moment(2, 12), True, id="a clock that went back"),
        pytest.param(moment(2, 12, 30), moment(2, 12), False, id="not quite the same"),
    ],
)
def test_a_refit_is_due_once_a_day(last, now, due):
    assert is_due(last, now, AT) is due


def test_the_last_one_counts_however_it_ended(database_url):
    assert last_begun(database_url) is None
    refit(database_url).run()
    first = last_begun(database_url)
    assert first is not None
    assert not is_due(first, first, first.time())


def test_after_a_clock_was_wrong_the_newest_one_counts(database_url, sql):
    """Or a refit would be due all day, until the wrong time has come."""
    refit(database_url).run()
    sql("UPDATE persona_models SET begun_at = now() + interval '1 year'")
    now = datetime.now(UTC)
    assert is_due(last_begun(database_url), now, AT)
    refit(database_url).run()
    assert not is_due(last_begun(database_url), now, now.time())


def nightly(command: str, begun: list[datetime], folder: Path) -> Nightly:
    """One that looks all the time, and whose refit is Python code in a folder."""
    return Nightly(
        AT,
        lambda: begun[-1] if begun else None,
        clock=lambda: moment(2, 4),
        command=(sys.executable, "-c", command, str(folder)),
        first_look_seconds=0.01,
        look_seconds=0.01,
    )


RUN = "import pathlib, sys, uuid; pathlib.Path(sys.argv[1], uuid.uuid4().hex).touch()"


def test_what_is_due_is_run_until_it_is_not(tmp_path):
    begun: list[datetime] = []
    with nightly(RUN, begun, tmp_path) as scheduler:
        scheduler.start()
        wait_until(
            lambda: len(list(tmp_path.iterdir())) > 1, timeout_seconds=20, what="runs"
        )
        begun.append(moment(2, 4))
        names = {thread.name for thread in threading.enumerate()}
        assert "nightly" in names


def test_a_database_that_is_away_is_asked_again(tmp_path):
    asked = []

    def last() -> datetime | None:
        asked.append(1)
        if len(asked) < 3:
            raise ConnectionError
        return None

    scheduler = Nightly(
        AT,
        last,
        clock=lambda: moment(2, 4),
        command=(sys.executable, "-c", RUN, str(tmp_path)),
        first_look_seconds=0.01,
        look_seconds=0.01,
    )
    with scheduler:
        scheduler.start()
        wait_until(lambda: any(tmp_path.iterdir()), timeout_seconds=20, what="a run")


def test_a_server_that_stops_ends_the_refit(tmp_path):
    command = RUN + "; import time; time.sleep(600)"
    with nightly(command, [], tmp_path) as scheduler:
        scheduler.start()
        wait_until(lambda: any(tmp_path.iterdir()), timeout_seconds=20, what="a run")
    wait_until(
        lambda: "nightly" not in {thread.name for thread in threading.enumerate()},
        timeout_seconds=20,
        what="the end",
    )
