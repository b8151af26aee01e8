"""A token provider that hangs or raises."""

import base64
import logging
import threading
import time
from dataclasses import replace

import pytest

from client_sdk.testing import TEST_CONFIG, FakeServer, memory_client
from tests.client_sdk.accounts import token_of


class HangingProvider:
    """Returns no token until it is let go."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.may_answer = threading.Event()

    def __call__(self) -> str:
        self.asked.set()
        self.may_answer.wait(30)
        return token_of("u1")


def test_a_token_provider_that_hangs_holds_up_nobody(server: FakeServer):
    provider = HangingProvider()
    client = memory_client(server, token_provider=provider)
    client.ping("welcome-tour", "before", "started")
    client.wake()
    assert provider.asked.wait(10)

    started = time.monotonic()
    result = client.flush(timeout_seconds=0.1)
    client.ping("welcome-tour", "meanwhile", "started")
    client.tutorial("welcome-tour").start()
    client.identify(provider)
    client.opt_out()
    client.opt_in()
    client.log_out()
    client.ping("welcome-tour", "anonymous", "started")
    client.set_aside()
    client.pause()
    client.resume()
    queued = client.status().queued
    client.close(timeout_seconds=0.1)
    assert time.monotonic() - started < 5

    assert result.error == "time ran out: the token provider has not returned"
    assert queued == 1
    provider.may_answer.set()


@pytest.mark.parametrize(
    "token",
    [
        token_of("u1") + "\n",
        token_of("u1") + "é",
        token_of(""),
        token_of("-"),
        token_of("nul\0"),
        token_of("\ud800"),
        "header." + base64.b64encode(b"[" * 9_999).decode() + ".0",
    ],
    ids=["newline", "no ASCII", "no subject", "nobody", "NUL", "surrogate", "nested"],
)
def test_a_token_that_cannot_be_one_is_told_and_costs_nothing(
    server: FakeServer, caplog: pytest.LogCaptureFixture, token: str
):
    with memory_client(server, token_provider=lambda: token) as client:
        client.ping("welcome-tour", "intro", "started")
        result = client.flush()

        assert (result.error or "").startswith("the token provider's token ")
        assert result.remaining == 1
        assert client.status().queued_pings == 1
    assert server.requests == []
    assert [one for one in caplog.records if one.levelno > logging.INFO] == []


def test_a_token_provider_that_raises_costs_nothing(server: FakeServer):
    def fail() -> str:
        raise SystemExit("no account")

    with memory_client(server, token_provider=fail) as client:
        client.ping("welcome-tour", "intro", "started")
        result = client.flush()

    assert result.error == "the token provider raised SystemExit"
    assert result.remaining == 1


@pytest.mark.parametrize(
    "answer",
    [ValueError("hunter2"), "hunter2", b"hunter2", "hunter2.e30.x"],
    ids=["raised", "text", "bytes", "token"],
)
def test_what_a_token_provider_says_is_in_no_log(
    server: FakeServer, caplog: pytest.LogCaptureFixture, answer: object
):
    def provide() -> str:
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[return-value]

    caplog.set_level(logging.DEBUG)
    config = replace(TEST_CONFIG, strict=False)
    with memory_client(server, token_provider=provide, config=config) as client:
        client.ping("welcome-tour", "intro", "started")
        result = client.flush(timeout_seconds=10)
        told = f"{result} {client.status()} {client.explain('welcome-tour')}"

    assert result.remaining == 1
    assert "token" in caplog.text
    assert "hunter2" not in caplog.text + told
