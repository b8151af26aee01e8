"""The short way of a ping answers as Flask does, and does nothing twice."""

from __future__ import annotations

import dataclasses
import gzip
import json
from uuid import uuid4

import pytest
from werkzeug.test import Client

from sync_server.api.express import FAILURE
from sync_server.app import create_app

STEP = "/api/tutorial/step"
GOOD = {"tutorialId": "plain", "stepId": "only", "status": "completed", "t": 5}
#: Bodies and headers of a request, and what it is answered.
REQUESTS = {
    "a good ping": (json.dumps(GOOD), {}, 204),
    "a gzip body": (
        gzip.compress(json.dumps(GOOD).encode()),
        {"Content-Encoding": "gzip"},
        204,
    ),
    "an unknown tutorial": (json.dumps(GOOD | {"tutorialId": "x"}), {}, 404),
    "an unknown step": (json.dumps(GOOD | {"stepId": "x"}), {}, 422),
    "a field too little": (json.dumps({"tutorialId": "plain"}), {}, 400),
    "a key twice": ('{"t": 1,' + json.dumps(GOOD)[1:], {}, 400),
    "no JSON": ("{", {}, 400),
    "no body": ("", {}, 400),
    "a gzip body cut off": (
        gzip.compress(json.dumps(GOOD).encode())[:-4],
        {"Content-Encoding": "gzip"},
        400,
    ),
    "an unknown coding": (json.dumps(GOOD), {"Content-Encoding": "br"}, 415),
    "another type": (json.dumps(GOOD), {"Content-Type": "text/plain"}, 415),
    "a charset": (
        json.dumps(GOOD),
        {"Content-Type": "application/json; charset=utf-8"},
        204,
    ),
    "a body too long": (json.dumps(GOOD | {"x": "x" * 2**20}), {}, 413),
    "a bad token": (json.dumps(GOOD), {"Authorization": "Bearer no"}, 401),
    "another scheme": (json.dumps(GOOD), {"Authorization": "Basic no"}, 401),
    "no token": (json.dumps(GOOD), {"Authorization": ""}, 401),
}


class Watched:
    """An application that counts who comes by."""

    def __init__(self, application):
        self.application = application
        self.environs = []

    def __call__(self, environ, start_response):
        self.environs.append(environ)
        return self.application(environ, start_response)


@pytest.fixture
def flask(app, tour):
    """Flask's own way, as the short way sees it."""
    app.wsgi_app._application = watched = Watched(app.wsgi_app._application)
    return watched


def send(application, user, body, headers):
    sent = {"Content-Type": "application/json", **user.headers, **headers}
    return Client(application).post(STEP, data=body, headers=sent)


def known(headers):
    """Return the headers without what is new in every answer or says nothing."""
    left_out = {"X-Request-Id", "Content-Type"}
    return {k: v for k, v in headers.items() if k not in left_out}


@pytest.mark.parametrize("what", REQUESTS)
def test_both_ways_answer_the_same(app, flask, user, what):
    body, headers, status = REQUESTS[what]
    send(app, user, json.dumps(GOOD), {})

    short, long = (send(way, user, body, headers) for way in (app, flask))

    assert short.status_code == long.status_code == status
    if status == 204:
        assert short.data == long.data == b""
        assert known(short.headers) == known(long.headers)
        return
    assert short.json | {"requestId": ""} == long.json | {"requestId": ""}
    assert short.json["requestId"] == short.headers["X-Request-Id"]
    assert known(short.headers) == known(long.headers)


def test_a_good_ping_of_a_known_token_does_not_meet_flask(app, flask, user, sql):
    for _ in range(3):
        answer = send(app, user, json.dumps(GOOD), {"X-Request-Id": "mine"})
        assert (answer.status_code, answer.headers["X-Request-Id"]) == (204, "mine")

    # a token that nobody has seen is checked on the long way
    assert len(flask.environs) == 1
    assert sql("SELECT count(*) FROM tutorial_step_events") == [(3,)]


def test_what_fails_is_tried_once_and_told_by_flask(app, flask, user):
    send(app, user, json.dumps(GOOD), {})
    send(app, user, json.dumps(GOOD | {"stepId": "x"}), {})

    assert flask.environs[-1][FAILURE].code == "unknown_step"


def test_a_request_is_counted_once_by_metrics_and_limits(
    settings, pool, clock, tour, user
):
    limited = dataclasses.replace(settings, user_requests_per_minute=4)
    app = create_app(limited, pool=pool, clock=clock)
    bodies = [json.dumps(GOOD), json.dumps(GOOD | {"stepId": "x"})] * 2

    statuses = [send(app, user, body, {}).status_code for body in bodies]

    assert statuses == [204, 422, 204, 422]
    refused = send(app, user, json.dumps(GOOD), {})
    assert (refused.status_code, refused.json["code"]) == (429, "rate_limited")
    metrics = app.test_client().get("/metrics").text
    line = f'http_requests_total{{method="POST",route="{STEP}",status="%s"}} %s.0'
    for status, count in ((204, 2), (422, 2), (429, 1)):
        assert line % (status, count) in metrics
    assert f'http_request_duration_seconds_count{{route="{STEP}"}} 5.0' in metrics


def test_an_expired_token_is_refused(app, flask, make_user, clock):
    user = make_user(seconds=60)
    assert send(app, user, json.dumps(GOOD), {}).status_code == 204
    clock.advance(hours=1)

    answer = send(app, user, json.dumps(GOOD), {})

    assert (answer.status_code, answer.json["code"]) == (401, "token_expired")


def test_an_outage_is_told(app, flask, user, pool):
    send(app, user, json.dumps(GOOD), {})
    pool.close()

    answer = send(app, user, json.dumps(GOOD | {"eventId": str(uuid4())}), {})

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
