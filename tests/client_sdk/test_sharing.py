"""One file, several processes and threads: leases, locks, forks."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace

from client_sdk import Durability, Request, Response, TutorialClient
from client_sdk._leases import Lease
from client_sdk._ping_queue import MAX_HELD
from client_sdk._storage import FILE_NAME, Database, Storage
from client_sdk.contracts import routes
from client_sdk.testing import FakeClock, FakeServer
from tests.client_sdk.conftest import QUIET, OpenClient
from tests.client_sdk.pings import ping_all, received
from tests.client_sdk.refused_writes import refused_writes


def memory() -> Database:
    return Storage.in_memory("for this test").foreground


def test_a_lease_is_one_processs_at_a_time():
    database, clock = memory(), FakeClock()
    mine, other = (Lease("flush", seconds=30, clock=clock) for _ in range(2))

    assert mine.take(database)
    assert mine.take(database)
    assert not other.take(database)
    mine.release(database)
    assert other.take(database)


def test_a_lease_of_a_process_that_died_runs_out():
    database, clock = memory(), FakeClock()
    Lease("flush", seconds=30, clock=clock).take(database)
    clock.advance(31)

    assert Lease("flush", seconds=30, clock=clock).take(database)


def test_a_lease_of_a_process_that_was_killed_is_free_at_once(tmp_path):
    storage = Storage.open(tmp_path, Durability.PROCESS)
    clock = FakeClock()
    child = os.fork()
    if child == 0:  # pragma: no cover - the child's lines are counted nowhere
        own = Storage.open(tmp_path, Durability.PROCESS)
        Lease("flush", seconds=30, clock=clock).take(own.foreground)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    held = storage.foreground.execute("SELECT count(*) FROM leases")

    assert held == [(1,)]
    assert Lease("flush", seconds=30, clock=clock).take(storage.foreground)
    storage.close()


def test_no_change_of_date_ends_or_prolongs_a_lease():
    database, clock = memory(), FakeClock()
    mine, other = (Lease("flush", seconds=30, clock=clock) for _ in range(2))
    mine.take(database)
    clock.jump(10 * 365 * 86_400)

    assert not other.take(database)
    clock.jump(-20 * 365 * 86_400)
    clock.advance(31)
    assert other.take(database)


def test_a_lease_of_an_earlier_boot_counts_for_nothing():
    database, long_up = memory(), FakeClock()
    long_up.advance(30 * 86_400)
    Lease("flush", seconds=30, clock=long_up).take(database)

    assert Lease("flush", seconds=30, clock=FakeClock()).take(database)


def test_of_two_processes_one_sends_and_the_other_waits(
    open_client: OpenClient, server: FakeServer, clock: FakeClock
):
    client = open_client()
    client.ping("welcome-tour", "intro", "started")
    client.submit_survey("welcome-tour", nps=7)
    service = Lease("flush", seconds=30, clock=clock)
    service.take(client._core.storage.foreground)
    # Twice: who is turned away takes the lease from nobody.
    results = [client.flush(timeout_seconds=10) for _ in range(2)]

    for result in results:
        assert result.error == "another process of the app is sending"
    assert server.requests_to(routes.STEPS) == []
    assert server.requests_to(routes.SURVEY) == []
    service.release(client._core.storage.foreground)
    assert client.flush(timeout_seconds=10).remaining == 0


def test_a_sync_lets_go_of_the_lease(open_client: OpenClient, server: FakeServer):
    first, second = open_client(), open_client()
    for client in (first, second, first):
        client.ping("welcome-tour", "intro", "started")
        assert client.flush(timeout_seconds=10).remaining == 0


def test_a_long_flush_keeps_the_lease_to_its_end(
    open_client: OpenClient, server: FakeServer, clock: FakeClock
):
    client = open_client(config=replace(QUIET, batch_size=2))
    service = Lease("flush", seconds=30, clock=clock)
    was_taken: list[bool] = []

    def answer_slowly(request: Request) -> Response:
        clock.advance(QUIET.request_timeout_seconds)
        was_taken.append(service.take(client._core.storage.foreground))
        return server.answer(request)

    ping_all(client, 20)
    client.flush(timeout_seconds=10)
    ping_all(client, 20)
    server.script = [answer_slowly] * 10
    client.flush(timeout_seconds=10)

    assert was_taken == [False] * 10
    assert len(server.pings) == 40


def test_two_processes_draw_no_number_twice(
    open_client: OpenClient, server: FakeServer
):
    clients = [open_client(), open_client()]

    def ping_often(client: TutorialClient) -> None:
        ping_all(client, 200)

    threads = [threading.Thread(target=ping_often, args=(one,)) for one in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        client.flush(timeout_seconds=10)

    assert [ping["seq"] for ping in server.pings] == list(range(1, 401))


def test_a_ping_beside_a_locked_file_waits_in_memory_and_arrives_in_order(
    open_client: OpenClient, server: FakeServer, tmp_path
):
    client = open_client()
    client.ping("welcome-tour", "before", "started")
    rude = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    rude.execute("BEGIN IMMEDIATE")
    client.ping("welcome-tour", "held", "started")
    held = client.status().held
    rude.execute("ROLLBACK")
    rude.close()
    client.ping("welcome-tour", "after", "started")
    client.flush(timeout_seconds=10)

    assert held == 1
    assert received(server) == ["before", "held", "after"]


def test_a_process_that_comes_and_goes_takes_nobody_elses_log_away(
    open_client: OpenClient, server: FakeServer, tmp_path
):
    """A sync waits for the disk, and must not give up SQLite's locks for that."""
    server.online = False
    client = open_client()
    client.ping("welcome-tour", "before", "started")
    client.flush(timeout_seconds=10)
    script = (
        "import sqlite3, sys; file = sqlite3.connect(sys.argv[1]);"
        "print([step for (step,) in file.execute('SELECT step_id FROM pings')]);"
        "file.close()"
    )
    look = [sys.executable, "-c", script, str(tmp_path / FILE_NAME)]
    subprocess.run(look, check=True, capture_output=True)
    client.ping("welcome-tour", "after", "started")
    found = subprocess.run(look, check=True, capture_output=True, text=True)

    assert found.stdout.strip() == "['before', 'after']"


def test_a_held_ping_is_stored_by_the_next_sync(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    with refused_writes(client):
        client.ping("welcome-tour", "held", "started")
    client.flush(timeout_seconds=10)

    assert received(server) == ["held"]
    assert client.status().held == 0


def test_what_memory_cannot_hold_either_is_counted(open_client: OpenClient):
    client = open_client()
    with refused_writes(client):
        ping_all(client, MAX_HELD + 5)

        assert (client.status().held, client.status().dropped) == (MAX_HELD, 5)


def test_a_child_process_goes_on_by_itself(open_client: OpenClient, server: FakeServer):
    server.online = False
    client = open_client()
    client.ping("welcome-tour", "parent", "started")
    client.flush(timeout_seconds=10)
    storage = client._core.storage
    parents = storage.foreground.connection, storage.background.connection
    child = os.fork()
    if child == 0:  # pragma: no cover - the child's lines are counted nowhere
        client.ping("welcome-tour", "child", "started")
        server.online = True
        delivered = client.flush(timeout_seconds=10).delivered
        # SQLite forbids it, although it mostly goes well.
        used = storage.foreground.connection, storage.background.connection
        os._exit(1 if set(used) & set(parents) else 10 + delivered)
    _, status = os.waitpid(child, 0)
    client.ping("welcome-tour", "parent again", "started")

    assert os.waitstatus_to_exitcode(status) == 12
    assert client.status().queued_pings == 1
    assert client.status().sent == 2


def test_a_fork_waits_until_the_sync_thread_has_imported_the_network(tmp_path):
    script = f"""
        import os, sys, threading
        from client_sdk import TutorialClient
        from client_sdk.testing import TEST_CONFIG

        class SlowImport:
            begun, has_forked = threading.Event(), threading.Event()

            def find_spec(self, name, path, target=None):
                if name == "httpx":
                    self.begun.set()
                    self.has_forked.wait(0.5)

        sys.meta_path.insert(0, SlowImport())
        client = TutorialClient(
            "http://127.0.0.1:9", storage_dir={str(tmp_path)!r}, config=TEST_CONFIG
        )
        client.ping("welcome-tour", "intro", "started")
        client.wake()
        SlowImport.begun.wait(10)
        child = os.fork()
        SlowImport.has_forked.set()
        if child == 0:
            print(client.flush(timeout_seconds=5).error, flush=True)
            os._exit(0)
        os.waitpid(child, 0)
    """
    told = subprocess.check_output(
        [sys.executable, "-c", textwrap.dedent(script)], text=True, timeout=30
    )

    assert told == "http://127.0.0.1:9: ConnectError\n"


def test_a_child_does_without_the_locks_that_another_thread_had(client: TutorialClient):
    lock = client._core.tutorials.decisions.cache._lock
    lock.acquire()
    child = os.fork()
    if child == 0:  # pragma: no cover - the child's lines are counted nowhere
        threading.Timer(10, os._exit, [1]).start()
        client.tutorial("welcome-tour")
        os._exit(0)
    lock.release()
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0


def test_a_child_gives_no_id_that_its_parent_gives(open_client: OpenClient):
    from client_sdk._clock import new_event_id

    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - the child's lines are counted nowhere
        os.write(sending, new_event_id(0))
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(receiving, 16) != new_event_id(0)
    os.close(receiving)
    os.close(sending)
