"""Workers, PostgreSQL and the whole server are killed during load.

What was acknowledged is stored once, what was not is delivered by repeating it, and the
server answers again by itself.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psutil
import psycopg
import pytest

from sync_server.db.migrations import Migrator
from tests.support.anonymous_user import sign_up
from tests.support.durable_postgres import DurablePostgres, durable_postgres
from tests.support.server_environ import server_environ
from tests.support.server_process import ServerProcess, wait_until

SENDERS = 8
#: Events in the largest batch.
BATCH = 40
#: Longest time until every sender is acknowledged again, on a busy machine.
RECOVERY_SECONDS = 20.0
STEPS = ("welcome", "week", "create-project", "invite")


class Sender:
    """A device that sends until it is acknowledged, and remembers what it was told."""

    def __init__(self, url: str, *, seed: int, stop: threading.Event) -> None:
        self._url = url
        self._random = random.Random(seed)
        self._stop = stop
        user = sign_up(url)
        self.user_id = user.user_id
        self._headers = user.headers
        self.sent: set[UUID] = set()
        self.acknowledged: list[UUID] = []
        self.repeats = 0
        self.duplicates = 0
        self.faults: list[str] = []
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        with httpx.Client(headers=self._headers, timeout=15) as client:
            while not self._stop.is_set() and not self.faults:
                size = self._random.choice((1, 1, 1, self._random.randint(1, BATCH)))
                ids = [uuid4() for _ in range(size)]
                self.sent.update(ids)
                self._deliver(client, ids)

    def _deliver(self, client: httpx.Client, ids: list[UUID]) -> None:
        """Send the same events until a receipt covers them; drains after the stop too."""
        events = [self._event(event_id) for event_id in ids]
        # a batch of one as often as a single step
        is_single = len(ids) == 1 and self._random.random() < 0.7
        send = self._send_one if is_single else self._send_batch
        while not self.faults:
            try:
                if send(client, events):
                    self.acknowledged.extend(ids)
                    return
            except httpx.TransportError:
                pass
            self.repeats += 1
            self._stop.wait(0.05)

    def _send_one(self, client: httpx.Client, events: list[dict[str, object]]) -> bool:
        answer = client.post(f"{self._url}/api/tutorial/step", json=events[0])
        return answer.status_code == 204 or self._refused(answer)

    def _send_batch(
        self, client: httpx.Client, events: list[dict[str, object]]
    ) -> bool:
        body = {"events": events, "sentAt": "2026-01-31T08:30:00Z"}
        answer = client.post(f"{self._url}/api/tutorial/steps", json=body)
        if answer.status_code != 200:
            return self._refused(answer)
        receipt = answer.json()
        if receipt["accepted"] + receipt["duplicates"] != len(events):
            self.faults.append(f"a receipt that does not add up: {receipt}")
        self.duplicates += receipt["duplicates"]
        return True

    def _refused(self, answer: httpx.Response) -> bool:
        # 503 says that nothing was stored; anything else is no answer to a crash
        if answer.status_code != 503 or "Retry-After" not in answer.headers:
            self.faults.append(f"{answer.status_code}: {answer.text}")
        return False

    def _event(self, event_id: UUID) -> dict[str, object]:
        return {
            "eventId": str(event_id),
            "tutorialId": "welcome-tour",
            "stepId": self._random.choice(STEPS),
            "status": self._random.choice(("started", "completed")),
            "t": self._random.randint(0, 9_999),
        }


class Load:
    """All senders, and whether they get on."""

    def __init__(self, url: str) -> None:
        self._stop = threading.Event()
        self.senders = [Sender(url, seed=i, stop=self._stop) for i in range(SENDERS)]
        for sender in self.senders:
            sender.thread.start()

    def wait_for_progress(self, *, count: int = 1) -> None:
        """Return when every sender was acknowledged again."""
        before = [len(sender.acknowledged) for sender in self.senders]

        def all_get_on() -> bool:
            assert self.faults() == []
            return all(
                len(sender.acknowledged) >= had + count
                for sender, had in zip(self.senders, before, strict=True)
            )

        wait_until(
            all_get_on, timeout_seconds=RECOVERY_SECONDS, what="all are acknowledged"
        )

    def wait_for_repeats(self, *, count: int = 3) -> None:
        """Return when every sender was refused, and refused again."""
        before = [sender.repeats for sender in self.senders]
        wait_until(
            lambda: all(
                sender.repeats >= had + count
                for sender, had in zip(self.senders, before, strict=True)
            ),
            timeout_seconds=2 * RECOVERY_SECONDS,
            what="all are refused",
        )

    def drain(self) -> None:
        """Stop when everything that was sent is acknowledged."""
        self._stop.set()
        for sender in self.senders:
            sender.thread.join(RECOVERY_SECONDS)
            assert not sender.thread.is_alive()

    def abandon(self) -> None:
        """End all threads, whatever they wait for."""
        self._stop.set()
        for sender in self.senders:
            sender.faults.append("abandoned")
            sender.thread.join()

    def faults(self) -> list[str]:
        return [fault for sender in self.senders for fault in sender.faults]


@contextmanager
def loaded(url: str) -> Iterator[Load]:
    load = Load(url)
    try:
        yield load
    finally:
        load.abandon()


@pytest.fixture
def postgres() -> Iterator[DurablePostgres]:
    with durable_postgres() as postgres:
        Migrator(postgres.url).apply()
        yield postgres


@pytest.fixture
def server(postgres: DurablePostgres, tmp_path: Path) -> Iterator[ServerProcess]:
    environ = server_environ(
        postgres.url,
        KAZI_DATABASE_TIMEOUT_SECONDS="1",
        KAZI_USER_REQUESTS_PER_MINUTE="0",
        KAZI_USER_EVENTS_PER_MINUTE="0",
    )
    process = ServerProcess(
        *("--demo", "--workers", "2"), environ=environ, log=tmp_path / "server.log"
    )
    process.start()
    yield process
    process.kill()


def workers(server: ServerProcess) -> list[psutil.Process]:
    """Return the worker processes, the oldest first."""
    found = [
        process
        for process in psutil.Process(server.pid).children()
        if process.status() != psutil.STATUS_ZOMBIE
    ]
    return sorted(found, key=lambda process: process.create_time())


def kill_worker(server: ServerProcess, _: DurablePostgres, __: Load) -> None:
    wait_until(lambda: len(workers(server)) == 2, what="both workers are there")
    workers(server)[0].kill()


def kill_postgres(_: ServerProcess, postgres: DurablePostgres, load: Load) -> None:
    postgres.kill()
    load.wait_for_repeats()
    postgres.start()


def kill_server(server: ServerProcess, _: DurablePostgres, load: Load) -> None:
    server.kill()
    load.wait_for_repeats()
    server.start()


def stored_events(url: str) -> Counter[tuple[UUID, UUID]]:
    query = "SELECT user_id, event_id FROM tutorial_step_events"
    with psycopg.connect(url) as connection:
        return Counter(connection.execute(query))


def unpaid_steps(url: str) -> int:
    """Return how many completed steps were stored without their points."""
    query = """
        SELECT count(*) FROM (
          SELECT user_id, step_id FROM tutorial_step_events WHERE status = 'completed'
          EXCEPT
          SELECT user_id, step_id FROM xp_awards WHERE rule = 'step_completed'
        ) AS unpaid
    """
    with psycopg.connect(url) as connection:
        ((count,),) = connection.execute(query)
    return int(count)


def lacks_fsync(url: str) -> bool:
    query = "SELECT current_setting(name) FROM unnest(%s::text[]) AS name"
    names = ["fsync", "synchronous_commit", "full_page_writes"]
    with psycopg.connect(url) as connection:
        return {value for (value,) in connection.execute(query, [names])} != {"on"}


CRASHES: tuple[Callable[[ServerProcess, DurablePostgres, Load], None], ...] = (
    kill_worker,
    kill_postgres,
    kill_worker,
    kill_server,
    kill_worker,
    kill_postgres,
    kill_server,
)


@pytest.mark.timeout(240)
def test_no_crash_loses_or_doubles_an_acknowledged_event(
    server: ServerProcess, postgres: DurablePostgres
):
    assert not lacks_fsync(postgres.url)
    with loaded(server.url) as load:
        for crash in CRASHES:
            load.wait_for_progress(count=20)
            crash(server, postgres, load)
            load.wait_for_progress()
        load.drain()

        assert load.faults() == []
        for sender in load.senders:
            assert sorted(sender.acknowledged) == sorted(sender.sent)
        expected = {(s.user_id, event_id) for s in load.senders for event_id in s.sent}
        stored = stored_events(postgres.url)
        assert stored == Counter(expected)
        assert unpaid_steps(postgres.url) == 0
        # kills that hit nothing would prove nothing
        assert sum(sender.repeats for sender in load.senders) > SENDERS
