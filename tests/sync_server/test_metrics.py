"""``/metrics`` is right: under several workers, after deaths, and about what was refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from client_sdk.contracts.routes import STEP, STEPS, SURVEY
from sync_server.metrics import Metrics
from tests.support.server_process import ServerProcess, running_server, wait_until

CONFIG = "/api/tutorial/config?tutorialId=welcome-tour"
EVENT = {"tutorialId": "plain", "stepId": "only", "status": "started", "t": 0}
EVENT_ID = "019aa1d4-7c5e-7b60-8a51-3f1d2c4b5a69"


def values(text: str) -> dict[tuple[str, ...], float]:
    """Return each sample under its name and its labels' values, by label name."""
    return {
        (sample.name, *(sample.labels[key] for key in sorted(sample.labels))): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.usefixtures("tour")
def test_every_event_is_counted_by_what_became_of_it(client, user):
    known = EVENT | {"eventId": EVENT_ID}
    unknown = EVENT | {"stepId": "nowhere"}
    unreadable = EVENT | {"t": "soon"}
    batch = {
        "events": [known, EVENT, unknown, unreadable],
        "sentAt": "2026-01-31T08:30:00Z",
    }
    client.post(STEP, json=known, headers=user.headers)
    client.post(STEPS, json=batch, headers=user.headers)

    found = values(client.get("/metrics").text)

    assert found["tutorial_event_deliveries_total", "accepted"] == 2
    assert found["tutorial_event_deliveries_total", "duplicate"] == 1
    assert found["tutorial_event_rejections_total", "unknown_step"] == 1
    assert found["tutorial_event_rejections_total", "invalid_request"] == 1
    assert found["tutorial_step_events_total", "started", "only"] == 2


@pytest.mark.usefixtures("tour")
def test_every_survey_answer_is_counted_by_what_became_of_it(client, user):
    answer = {"tutorialId": "tour", "nps": 9}
    for tutorial_id in ("tour", "tour", "nowhere"):
        body = answer | {"tutorialId": tutorial_id}
        client.post(SURVEY, json=body, headers=user.headers)

    found = values(client.get("/metrics").text)

    assert found["tutorial_survey_answers_total", "stored"] == 1
    assert found["tutorial_survey_answers_total", "survey_rate_limited"] == 1
    assert found["tutorial_survey_answers_total", "unknown_tutorial"] == 1


def test_methods_that_clients_make_up_share_one_series(client):
    for number in range(20):
        client.open("/healthz", method=f"MADEUP{number}")

    found = values(client.get("/metrics").text)

    assert found["http_requests_total", "other", "none", "405"] == 20
    assert not [key for key in found if any("MADEUP" in part for part in key)]


def test_the_pool_and_the_build_are_told(client):
    found = values(client.get("/metrics").text)

    assert found["database_pool_connections",] >= 0
    assert found["database_pool_waiting",] == 0
    assert ("database_pool_available",) in found
    assert found["kazi_workers",] == 1
    assert [key for key in found if key[0] == "kazi_build_info"]


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[ServerProcess]:
    environ = {
        "KAZI_DATABASE_URL": database_url,
        "KAZI_JWT_SECRET": "s" * 32,
        "KAZI_COMMENT_KEY": base64.b64encode(b"k" * 32).decode(),
    }
    with running_server(
        *("--demo", "--workers", "2"), environ=environ, log=tmp_path / "server.log"
    ) as server:
        yield server


def scrape(server: ServerProcess) -> dict[tuple[str, ...], float]:
    return values(httpx.get(f"{server.url}/metrics").text)


def config_answers(server: ServerProcess) -> float:
    return scrape(server)["http_requests_total", "GET", "/api/tutorial/config", "200"]


def ask_config(server: ServerProcess, *, times: int) -> None:
    for _ in range(times):
        # a connection each, so that both workers get some
        assert httpx.get(server.url + CONFIG).status_code == 200


def test_a_file_that_a_worker_has_just_made_is_left_out(monkeypatch, tmp_path):
    metrics = Metrics()
    (tmp_path / "counter_4711.db").touch()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))

    assert metrics.render() == b""


def test_a_dead_worker_takes_its_gauges_along_and_leaves_its_counters(server):
    ask_config(server, times=40)
    wait_until(lambda: scrape(server)["kazi_workers",] == 2, what="both are counted")
    born = scrape(server)["kazi_worker_start_time_seconds",]
    assert config_answers(server) == 40

    for worker in psutil.Process(server.pid).children():
        worker.kill()
        worker.wait()
        server.wait_ready()
        assert config_answers(server) == 40
    wait_until(
        lambda: (
            scrape(server)["kazi_workers",] == 2
            and scrape(server)["kazi_worker_start_time_seconds",] > born
        ),
        what="the dead are not counted, their successors are",
    )
    ask_config(server, times=20)
    assert config_answers(server) == 60
    assert scrape(server)["database_pool_connections",] <= 16


def test_probes_and_the_servers_own_question_leave_no_line(server):
    httpx.get(f"{server.url}/healthz", headers={"X-Request-Id": "probe"})
    httpx.get(server.url + CONFIG, headers={"X-Request-Id": "user"})
    httpx.get(f"{server.url}/nowhere", headers={"X-Request-Id": "stranger"})
    wait_until(lambda: "stranger" in server.output(), what="the lines are there")

    lines = [line for line in server.output().splitlines() if line.startswith("{")]
    routes = [json.loads(line)["route"] for line in lines if '"request"' in line]

    assert routes == ["/api/tutorial/config", "none"]
