"""Alert rules, dashboard and documentation name metrics that ``/metrics`` really has."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from client_sdk.contracts.problem import ProblemCode
from tests.deploy.files import DEPLOY, ROOT, mapping
from tests.support.server_process import running_server

PROMETHEUS = DEPLOY / "prometheus"
RUNBOOK = ROOT / "docs" / "operations.md"
METRIC = re.compile(r"\b((?:http|kazi|tutorial|database)_[a-z_]+)\b")
#: Metrics of Prometheus itself, and labels that look like metrics.
_NOT_OURS = {"kazi_server"}


@pytest.fixture(scope="module")
def metrics(postgres, tmp_path_factory) -> Iterator[set[str]]:
    """The names of all samples of a real server with two workers."""
    key = base64.b64encode(b"k" * 32).decode()
    with postgres.database() as url:
        environ = {
            "KAZI_DATABASE_URL": url,
            "KAZI_JWT_SECRET": "s" * 32,
            "KAZI_COMMENT_KEY": key,
        }
        log = tmp_path_factory.mktemp("metrics") / "server.log"
        with running_server(
            "--demo", "--workers", "2", environ=environ, log=log
        ) as server:
            yield names_after_some_traffic(server.url)


def names_after_some_traffic(url: str) -> set[str]:
    """Return the samples after every counter has counted something."""
    secret = {"secret": base64.urlsafe_b64encode(b"s" * 32).rstrip(b"=").decode()}
    token = httpx.post(f"{url}/api/tutorial/anonymous", json=secret).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    event = {"tutorialId": "welcome-tour", "stepId": "welcome", "status": "started"}
    known, unknown = {**event, "t": 1}, {**event, "t": 1, "stepId": "nowhere"}
    batch = {"events": [known, unknown], "sentAt": "2026-01-31T08:30:00Z"}
    httpx.post(f"{url}/api/tutorial/steps", json=batch, headers=headers)
    answer = {"tutorialId": "welcome-tour", "nps": 9}
    httpx.post(f"{url}/api/tutorial/survey", json=answer, headers=headers)
    families = text_string_to_metric_families(httpx.get(f"{url}/metrics").text)
    return {sample.name for family in families for sample in family.samples}


def expressions() -> list[str]:
    groups = mapping(PROMETHEUS / "alerts.yml")["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


def alerts() -> list[str]:
    groups = mapping(PROMETHEUS / "alerts.yml")["groups"]
    return [rule["alert"] for group in groups for rule in group["rules"]]


def test_every_rule_asks_for_metrics_that_there_are(metrics):
    for expression in expressions():
        named = set(METRIC.findall(expression)) - _NOT_OURS
        assert named <= metrics, expression
        assert named or "up{" in expression


def test_every_panel_asks_for_metrics_that_there_are(metrics):
    text = (DEPLOY / "grafana" / "kazi.json").read_text()
    named = {
        name
        for expression in re.findall(r'"expr": "((?:[^"\\]|\\.)*)"', text)
        for name in METRIC.findall(expression)
    }

    assert named
    assert named <= metrics


def test_the_runbook_explains_every_alert():
    text = RUNBOOK.read_text()

    for alert in alerts():
        assert f"**{alert}**" in text


def test_the_runbook_explains_every_metric(metrics):
    text = RUNBOOK.read_text()

    for name in metrics:
        family = re.sub(r"_(bucket|count|sum|created)$", "", name)
        assert f"`{family}`" in text, name


def test_both_scrape_files_read_the_same_rules():
    files = [mapping(PROMETHEUS / name) for name in ("prometheus.yml", "compose.yml")]

    assert {tuple(file["rule_files"]) for file in files} == {("alerts.yml",)}
    assert all(file["scrape_configs"][0]["job_name"] == "kazi" for file in files)
    used = set(re.findall(r'job="(\w+)"', " ".join(expressions())))
    assert used == {"kazi"}


def test_rules_name_statuses_and_codes_that_the_server_gives():
    codes = set(re.findall(r'code="(\w+)"', " ".join(expressions())))

    assert codes <= set(ProblemCode)
