"""``kazi-server serve`` as a real process: starts, stops, kills, and starts again."""

from __future__ import annotations

import base64
import json
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from tests.support.anonymous_user import sign_up
from tests.support.server_process import ServerProcess, running_server, wait_until

CONFIG = "/api/tutorial/config?tutorialId=welcome-tour"
KEYS = {
    "KAZI_JWT_SECRET": "s" * 32,
    "KAZI_COMMENT_KEY": base64.b64encode(b"k" * 32).decode(),
}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "server.log"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder that the user of the embedded PostgreSQL reaches."""
    with tempfile.TemporaryDirectory(
        prefix="kazi-test-", ignore_cleanup_errors=True
    ) as name:
        yield Path(name) / "data"


@pytest.fixture
def external(database_url: str) -> dict[str, str]:
    """The variables of a server on the test's database."""
    return {"KAZI_DATABASE_URL": database_url, **KEYS}


def postgres_processes(folder: Path) -> list[psutil.Process]:
    """Return PostgreSQL's main process below a folder; the others have no arguments."""
    found = []
    for process in psutil.process_iter():
        try:
            arguments = process.cmdline() if process.name() == "postgres" else []
            if any(argument.startswith(str(folder)) for argument in arguments):
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


def test_it_serves_from_a_database_of_its_own_and_leaves_nothing_running(data_dir, log):
    environ = {"KAZI_DATA_DIR": str(data_dir)}
    with running_server("--demo", environ=environ, log=log) as server:
        answer = httpx.get(server.url + CONFIG, headers=sign_up(server.url).headers)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["etag"]
        wait_until(lambda: "Serving tutorials on" in server.output(), what="the line")
        assert server.url in server.output()
        assert len(postgres_processes(data_dir)) == 1
        assert server.stop() == 0

    wait_until(lambda: not postgres_processes(data_dir), what="PostgreSQL stops")


def test_after_a_kill_it_starts_again_on_the_same_data(data_dir, log):
    """The killed server's PostgreSQL lives on; the next start finds and later stops it."""
    server = ServerProcess("--demo", environ={"KAZI_DATA_DIR": str(data_dir)}, log=log)
    server.start()
    headers = sign_up(server.url).headers
    event = {"tutorialId": "welcome-tour", "stepId": "welcome", "status": "started"}
    body = {**event, "t": 1, "eventId": "019aa1d4-7c5e-7b60-8a51-3f1d2c4b5a69"}
    batch = {"events": [body], "sentAt": "2026-01-31T08:30:00Z"}
    steps = server.url + "/api/tutorial/steps"
    first = httpx.post(steps, json=batch, headers=headers).json()
    server.kill()

    server.start()

    again = httpx.post(steps, json=batch, headers=headers).json()
    assert (first["accepted"], first["duplicates"]) == (1, 0)
    assert (again["accepted"], again["duplicates"]) == (0, 1)
    assert server.stop() == 0
    wait_until(lambda: not postgres_processes(data_dir), what="PostgreSQL stops")


def test_after_everything_was_killed_it_starts_again(data_dir, log):
    """PostgreSQL recovers, and a process id that means another process by now is no harm."""
    server = ServerProcess("--demo", environ={"KAZI_DATA_DIR": str(data_dir)}, log=log)
    server.start()
    server.kill()
    (postgres,) = postgres_processes(data_dir)
    postgres.kill()
    wait_until(lambda: not postgres_processes(data_dir), what="PostgreSQL is gone")
    pid_file = data_dir / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    server.start()

    assert httpx.get(server.url + CONFIG).status_code == 200
    assert server.stop() == 0


def test_a_worker_that_dies_is_replaced(external, log):
    with running_server("--demo", environ=external, log=log) as server:
        (worker,) = psutil.Process(server.pid).children()
        worker.kill()

        def is_replaced() -> bool:
            children = psutil.Process(server.pid).children()
            return [child.pid for child in children] not in ([], [worker.pid])

        wait_until(is_replaced, what="another worker is there")
        server.wait_ready()


def test_workers_do_not_outlive_a_killed_parent(external, log):
    server = ServerProcess("--demo", environ=external, log=log)
    server.start()
    parent = psutil.Process(server.pid)
    workers = parent.children()
    assert workers
    parent.kill()
    server.wait()

    _, alive = psutil.wait_procs(workers, timeout=20)

    assert alive == []


def test_sigterm_lets_requests_under_way_finish(external, log, database_url):
    with running_server("--demo", environ=external, log=log) as server:
        headers = sign_up(server.url).headers
        event = {"tutorialId": "welcome-tour", "stepId": "welcome", "status": "started"}
        with psycopg.connect(database_url) as connection, httpx.Client() as client:
            # the ping waits for this lock, and the server has been asked to stop by then
            connection.execute("LOCK tutorial_step_events IN EXCLUSIVE MODE")
            answers: list[int] = []

            def send() -> None:
                url = server.url + "/api/tutorial/step"
                body = {**event, "t": 1}
                answer = client.post(url, json=body, headers=headers, timeout=30)
                answers.append(answer.status_code)

            thread = threading.Thread(target=send)
            thread.start()
            wait_until(lambda: is_waiting(database_url), what="the ping waits")
            os.kill(server.pid, signal.SIGTERM)
            connection.rollback()
            thread.join()

        assert answers == [204]
        assert server.wait() == 0


def is_waiting(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return bool(
            connection.execute(
                "SELECT 1 FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            ).fetchone()
        )


def test_a_port_in_use_stops_the_second_server(external, log, tmp_path):
    with running_server("--demo", environ=external, log=log) as server:
        second = ServerProcess(
            environ=external, log=tmp_path / "second.log", port=server.port
        )
        second.start(wait=False)

        assert second.wait() == 1
        assert f"port {server.port} on 127.0.0.1 is in use" in second.output()
        assert httpx.get(server.url + "/healthz").status_code == 200


def test_several_workers_add_up_their_metrics(external, log):
    with running_server(
        "--demo", "--workers", "2", environ=external, log=log
    ) as server:
        for _ in range(40):
            # a connection each, so that both workers get some
            assert httpx.get(server.url + CONFIG).status_code == 200

        text = httpx.get(f"{server.url}/metrics").text
        assert 'route="/api/tutorial/config",status="200"} 40.0' in text


def test_an_oversized_chunked_body_is_refused(external, log):
    with running_server("--demo", environ=external, log=log) as server:
        headers = {**sign_up(server.url).headers, "Content-Type": "application/json"}

        def chunks() -> Iterator[bytes]:
            for _ in range(17):
                yield b" " * 65_536

        answer = httpx.post(
            f"{server.url}/api/tutorial/steps", content=chunks(), headers=headers
        )

        assert answer.status_code == 413
        assert answer.json()["code"] == "body_too_large"


def test_a_small_chunked_body_is_read(external, log):
    with running_server("--demo", environ=external, log=log) as server:
        headers = {**sign_up(server.url).headers, "Content-Type": "application/json"}
        event = '{"tutorialId":"welcome-tour","stepId":"welcome","status":"started",'

        answer = httpx.post(
            f"{server.url}/api/tutorial/step",
            content=iter([event.encode(), b'"t":', b"7}"]),
            headers=headers,
        )

        assert answer.status_code == 204


def test_requests_are_logged_as_json_without_secrets(external, log):
    with running_server("--demo", environ=external, log=log) as server:
        headers = {**sign_up(server.url).headers, "X-Request-Id": "find-me"}
        body = {"tutorialId": "welcome-tour", "nps": 3, "comment": "my secret diary"}
        survey = httpx.post(
            f"{server.url}/api/tutorial/survey", json=body, headers=headers
        )
        assert survey.status_code == 201
        server.stop()
        output = server.output()

    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    (line,) = [each for each in lines if each.get("request_id") == "find-me"]
    assert line["route"] == "/api/tutorial/survey"
    assert line["status"] == 201
    assert line["milliseconds"] > 0
    assert "diary" not in output
    assert headers["Authorization"].split(".")[2] not in output


def test_a_half_made_data_folder_is_made_again(data_dir, log):
    """A first start that was killed inside initdb leaves a folder that is nobody's."""
    draft = data_dir / "postgres.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")

    with running_server(
        "--demo", environ={"KAZI_DATA_DIR": str(data_dir)}, log=log
    ) as server:
        assert httpx.get(server.url + CONFIG).status_code == 200
    assert not draft.exists()
