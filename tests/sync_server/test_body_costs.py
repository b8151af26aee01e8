"""No body that may be sent costs more than a large good one does."""

from __future__ import annotations

import gzip
import json
import time

import pytest

from client_sdk.contracts.codec import decode
from client_sdk.contracts.limits import MAX_BATCH_EVENTS, MAX_BODY_BYTES
from client_sdk.contracts.problem import Problem

STEPS = "/api/tutorial/steps"
SURVEY = "/api/tutorial/survey"
#: Processor time of one request; a full good batch takes about 20 ms on an idle machine.
MOST_SECONDS = 2.0

BODIES = {
    "bomb": b" " * (MAX_BODY_BYTES * 100),
    "spaces": b" " * MAX_BODY_BYTES,
    "numbers": b'{"events":[' + b"1," * 500_000 + b"1]}",
    "objects": b'{"events":[' + b"{}," * 340_000 + b"{}]}",
    "answers": b'{"answers":[' + b"1," * 500_000 + b"1]}",
    "keys": b"{" + b",".join(b'"%d":1' % n for n in range(90_000)) + b',"events":[]}',
    "one number": b'{"events":[' + b"9" * 1_000_000 + b"]}",
    "arrays in arrays": b'{"events":' + b"[" * 500_000,
    "escapes": b'{"events":["' + b"\\u0061" * 170_000 + b'"]}',
    "long ids": json.dumps(
        {"events": [{"tutorialId": "x" * 2_000}] * MAX_BATCH_EVENTS}
    ).encode(),
    "many keys": json.dumps(
        {"events": [{f"k{n}": 1 for n in range(150)}] * MAX_BATCH_EVENTS}
    ).encode(),
}


@pytest.mark.parametrize("path", [STEPS, SURVEY])
@pytest.mark.parametrize("name", list(BODIES))
@pytest.mark.usefixtures("tour")
def test_a_bad_body_costs_little_and_is_answered_briefly(client, user, path, name):
    headers = {**user.headers, "Content-Type": "application/json"}
    packed = gzip.compress(BODIES[name])
    started = time.process_time()

    answer = client.post(
        path, data=packed, headers={**headers, "Content-Encoding": "gzip"}
    )

    assert time.process_time() - started < MOST_SECONDS
    assert 400 <= answer.status_code < 500
    assert decode(Problem, answer.json).code
    assert len(answer.data) < 10_000


@pytest.mark.usefixtures("tour")
def test_too_many_events_are_told_once(client, user):
    event = {"tutorialId": "plain", "stepId": "only", "status": "started", "t": 0}
    body = {
        "events": [event] * (MAX_BATCH_EVENTS + 1),
        "sentAt": "2026-01-31T08:30:00Z",
    }

    answer = client.post(STEPS, json=body, headers=user.headers)

    (fault,) = answer.json["errors"]
    assert fault["pointer"] == "/events"
    assert str(MAX_BATCH_EVENTS) in fault["detail"]


def test_what_stands_behind_a_gzip_body_is_not_ignored(client, user):
    """Two members are one body to some readers, and the first alone to others."""
    headers = {
        **user.headers,
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
    }

    answer = client.post(
        STEPS, data=gzip.compress(b"{}") + gzip.compress(b"{}"), headers=headers
    )

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_json")
