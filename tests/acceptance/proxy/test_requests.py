"""What the proxy lets through, what it refuses, and what it answers itself."""

from __future__ import annotations

import json
import re

import httpx
import psutil
import pytest

from client_sdk.contracts.limits import MAX_BODY_BYTES
from tests.acceptance.proxy.exchange import CONFIG, STEPS, problem_of, raw
from tests.acceptance.proxy.proxied_server import behind_nginx
from tests.support.nginx import CONFIGURATION
from tests.support.server_process import wait_until


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_config_comes_through_unchanged(url, server, token, coding):
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": coding}

    through = httpx.get(url + CONFIG, headers=headers)
    direct = httpx.get(server[1].url + CONFIG, headers=headers)

    assert through.headers["etag"] == direct.headers["etag"]
    assert through.headers["etag"].startswith('"')
    assert through.headers.get("content-encoding", "identity") == coding
    assert through.headers["vary"] == direct.headers["vary"]
    known = {**headers, "If-None-Match": through.headers["etag"]}
    assert httpx.get(url + CONFIG, headers=known).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/readyz",
        "/_internal/persona/0190a1d4-7c5e-7b60-8a51-3f1d2c4b5a69",
        "//_internal/experiments/assign",
        "/_internal/..%2fapi/tutorial/config",
        "/_internal/%2e%2e/api/tutorial/config",
        "/api/../_internal/activity",
        "/api/%2e%2e/metrics",
        "/api/..",
        "/%6detrics",
        "/_problem/404",
        "/admin/.git/config",
        "/",
    ],
)
def test_what_is_closed_to_the_outside_is_not_there(url, path):
    answer = raw(
        url, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    )

    assert answer.status_code == 404
    assert problem_of(answer).code == "not_found"


@pytest.mark.parametrize("path", ["/healthz", "/openapi.json", "/docs", CONFIG])
def test_what_is_open_is_there(url, path):
    assert httpx.get(url + path, follow_redirects=True).status_code == 200


def test_a_body_of_the_largest_size_goes_through_and_a_larger_one_does_not(url, token):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    largest = httpx.post(url + STEPS, content=b" " * MAX_BODY_BYTES, headers=headers)
    larger = httpx.post(
        url + STEPS, content=b" " * (MAX_BODY_BYTES + 1), headers=headers
    )

    assert problem_of(largest).code == "invalid_json"
    assert (larger.status_code, problem_of(larger).code) == (413, "body_too_large")


def test_a_body_without_a_length_is_measured_too(url, token):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    chunks = (b" " * 65_536 for _ in range(17))

    answer = httpx.post(url + STEPS, content=chunks, headers=headers)

    assert problem_of(answer).code == "body_too_large"


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        pytest.param(
            b"GET /?" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n", 414, id="url"
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 20_000 + b"\r\n",
            431,
            id="header",
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: x\r\n"
            + b"A: "
            + b"b" * 9_000
            + b"\r\n" * 1
            + b"".join(b"B%d: %s\r\n" % (n, b"c" * 9_000) for n in range(9)),
            431,
            id="headers",
        ),
        pytest.param(
            b"POST /api/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
            b"Transfer-Encoding: chunked\r\n",
            400,
            id="smuggling",
        ),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n", 400, id="two hosts"),
        pytest.param(b"GET / HTTP/1.1\r\n", 400, id="no host"),
        pytest.param(b"GET /\x00 HTTP/1.1\r\nHost: x\r\n", 400, id="nul"),
    ],
)
def test_what_is_refused_by_nginx_looks_like_ours(url, request_head, status):
    answer = raw(url, request_head + b"\r\n")

    assert answer.status_code == status
    assert problem_of(answer).title == "The request does not fit"


def test_a_request_id_goes_all_the_way(url, server):
    answer = httpx.get(url + CONFIG, headers={"X-Request-Id": "find-me-behind"})

    assert answer.headers["x-request-id"] == "find-me-behind"
    wait_until(lambda: '"find-me-behind"' in server[1].output(), what="it is logged")


def test_the_log_has_neither_query_nor_token(url, server, token, folder):
    httpx.get(
        f"{url}{CONFIG}&secret=hush",
        headers={"Authorization": f"Bearer {token}", "X-Request-Id": "log-me"},
    )
    log = folder / "nginx" / "access.log"
    wait_until(lambda: '"log-me"' in log.read_text(), what="it is logged")

    text = log.read_text()
    assert "hush" not in text
    assert token not in text
    lines = [json.loads(line) for line in text.splitlines()]
    (line,) = [each for each in lines if each["request_id"] == "log-me"]
    assert (line["path"], line["status"]) == ("/api/tutorial/config", 200)


def test_the_log_names_the_path_also_where_nginx_answers_itself(url, server, folder):
    for number, path in enumerate(("/metrics", "/nowhere?secret=hush")):
        httpx.get(url + path, headers={"X-Request-Id": f"own-{number}"})
    log = folder / "nginx" / "access.log"
    wait_until(lambda: '"own-1"' in log.read_text(), what="they are logged")

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    paths = {line["request_id"]: line["path"] for line in lines}
    assert (paths["own-0"], paths["own-1"]) == ("/metrics", "/nowhere")


def test_a_server_that_is_away_is_a_problem_to_try_again(postgres, folder):
    with behind_nginx(postgres, folder) as (base, server):
        server.kill()
        wait_until(lambda: not _listens(server.port), what="nobody listens")
        answer = httpx.get(base + CONFIG)

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert problem_of(answer).status == 503


def _listens(port: int) -> bool:
    return any(
        each.laddr.port == port and each.status == psutil.CONN_LISTEN
        for each in psutil.net_connections("tcp")
    )


def test_its_time_outs_fit_to_the_servers():
    text = CONFIGURATION.read_text()
    (idle,) = re.findall(r"^    keepalive_timeout (\d+)s;$", text, re.MULTILINE)[:1]

    # serving.py closes an idle connection after 15 s
    assert int(idle) < 15
