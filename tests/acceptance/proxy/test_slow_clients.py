"""Slow, greedy and forging clients keep nobody waiting."""

from __future__ import annotations

import time

import httpx

from tests.acceptance.proxy.exchange import CONFIG, STEPS, problem_of
from tests.acceptance.proxy.proxied_server import behind_nginx
from tests.acceptance.proxy.slow_peers import Slow, is_closed
from tests.support.server_process import wait_until

#: client_header_timeout and client_body_timeout of the shipped file.
TIMEOUT_SECONDS = 10
#: limit_conn of the shipped file.
MOST_REQUESTS = 64


def longest_wait(url: str, token: str, *, seconds: float) -> float:
    """Ask all the time; return how long the slowest answer took."""
    longest, end = 0.0, time.monotonic() + seconds
    with httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {token}"}
    ) as http:
        while time.monotonic() < end:
            started = time.monotonic()
            assert http.get(CONFIG).status_code == 200
            longest = max(longest, time.monotonic() - started)
    return longest


def test_slow_clients_keep_nobody_waiting_and_are_cut_off(url, token):
    """Four times as many slow bodies as the server has threads would stop it bare."""
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    body = head % STEPS.encode() + b"Content-Length: 5000\r\n\r\n"
    with (
        Slow(url, 25, start=body, drip=b" ") as dripping_bodies,
        Slow(url, 25, start=body, drip=b"") as silent_bodies,
        Slow(
            url, 50, start=b"GET / HTTP/1.1\r\nHost: x\r\n", drip=b"A: b\r\n"
        ) as heads,
    ):
        started = time.monotonic()
        # the bodies count as requests of this address, so this is one more
        assert longest_wait(url, token, seconds=3) < 1

        for slow in (silent_bodies, heads):
            wait_until(
                slow.is_cut_off,
                timeout_seconds=TIMEOUT_SECONDS * 2,
                what="the slow are cut off",
            )
        assert time.monotonic() - started < TIMEOUT_SECONDS + 5
        # what drips faster than the time-out holds a connection of nginx and nothing else
        assert not any(is_closed(peer) for peer in dripping_bodies.peers)
        assert longest_wait(url, token, seconds=1) < 1


def test_one_address_has_only_so_many_requests_at_once(url):
    start = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n"
    with Slow(url, MOST_REQUESTS, start=start % STEPS.encode(), drip=b" "):
        wait_until(
            lambda: httpx.get(url + CONFIG).status_code == 429,
            what="the limit is reached",
        )
        answer = httpx.get(url + CONFIG)
        assert problem_of(answer).code == "rate_limited"
        assert int(answer.headers["retry-after"]) > 0

        elsewhere = httpx.HTTPTransport(local_address="127.0.0.2")
        with httpx.Client(transport=elsewhere) as http:
            assert http.get(url + CONFIG).status_code == 200
    wait_until(
        lambda: httpx.get(url + CONFIG).status_code == 200, what="the limit is left"
    )


def test_a_forged_address_is_no_way_around_the_limit(postgres, folder):
    def ask(number: int, source: str) -> int:
        transport = httpx.HTTPTransport(local_address=source)
        headers = {
            "X-Forwarded-For": f"203.0.113.{number}",
            "Forwarded": "for=192.0.2.1",
        }
        with httpx.Client(transport=transport, headers=headers) as http:
            return http.get(base + CONFIG).status_code

    with behind_nginx(postgres, folder, KAZI_ADDRESS_REQUESTS_PER_MINUTE="3") as (
        base,
        _,
    ):
        assert [ask(number, "127.0.0.1") for number in range(5)] == [200] * 3 + [
            429
        ] * 2
        assert ask(9, "127.0.0.2") == 200
