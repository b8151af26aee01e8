"""Whatever goes wrong is answered as a problem that says what would be right."""

from __future__ import annotations

import gzip
import json
from io import BytesIO

import pytest

from client_sdk.contracts.codec import decode
from client_sdk.contracts.limits import MAX_BODY_BYTES
from client_sdk.contracts.problem import Problem
from tests.support.server_process import wait_until

STEP = "/api/tutorial/step"
STEPS = "/api/tutorial/steps"


def problem(answer):
    assert answer.content_type == "application/problem+json"
    whole = decode(Problem, answer.json)
    assert whole.status == answer.status_code
    assert whole.request_id == answer.headers["X-Request-Id"]
    return whole


def post(client, user, body, **headers):
    headers = {"Content-Type": "application/json", **user.headers, **headers}
    return client.post(STEPS, data=body, headers=headers)


def test_an_unknown_route_is_a_problem(client):
    assert problem(client.get("/api/tutorial/confg")).code == "not_found"


def test_a_wrong_method_names_the_right_ones(client):
    answer = client.get(STEP)

    assert problem(answer).code == "method_not_allowed"
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut-off"),
        pytest.param(b"{'events': []}", id="quotes"),
        pytest.param(b"\xff\xfe{\x00}\x00", id="utf-16"),
        pytest.param(b'{"events": "\xe9"}', id="latin-1"),
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
@pytest.mark.usefixtures("tour")
def test_what_is_not_json_is_said_to_be_none(client, user, body):
    answer = post(client, user, body)

    assert answer.status_code == 400
    assert problem(answer).code == "invalid_json"


def test_a_single_ping_that_is_not_json_is_refused_too(client, user):
    headers = {**user.headers, "Content-Type": "application/json"}
    answer = client.post(STEP, data=b'{"tutorialId": ', headers=headers)

    assert (answer.status_code, problem(answer).code) == (400, "invalid_json")


def test_an_oversized_body_is_refused(client, user):
    answer = post(client, user, b" " * (MAX_BODY_BYTES + 1))

    assert answer.status_code == 413
    assert problem(answer).code == "body_too_large"
    assert str(MAX_BODY_BYTES) in problem(answer).detail


def test_a_body_of_the_largest_size_is_read(client, user):
    answer = post(client, user, b" " * MAX_BODY_BYTES)

    assert problem(answer).code == "invalid_json"


def test_an_oversized_body_without_a_length_is_refused_too(client, user):
    answer = client.post(
        STEPS,
        input_stream=BytesIO(b" " * (MAX_BODY_BYTES + 1)),
        headers={**user.headers, "Content-Type": "application/json"},
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )

    assert problem(answer).code == "body_too_large"


def test_a_gzip_bomb_is_refused(client, user):
    bomb = gzip.compress(b" " * (MAX_BODY_BYTES * 50))

    answer = post(client, user, bomb, **{"Content-Encoding": "gzip"})

    assert len(bomb) < MAX_BODY_BYTES
    assert problem(answer).code == "body_too_large"


@pytest.mark.parametrize(
    "body",
    [b"plain", gzip.compress(b"{}")[:-4], b""],
    ids=["not gzip", "cut short", "empty"],
)
def test_broken_gzip_is_refused(client, user, body):
    answer = post(client, user, body, **{"Content-Encoding": "gzip"})

    assert problem(answer).code == "invalid_json"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Content-Type": "text/xml"}, id="type"),
        pytest.param({"Content-Type": "multipart/form-data; boundary=x"}, id="form"),
        pytest.param({"Content-Encoding": "br"}, id="encoding"),
    ],
)
def test_another_type_or_encoding_is_refused(client, user, headers):
    answer = post(client, user, b"{}", **headers)

    assert answer.status_code == 415
    assert problem(answer).code == "unsupported_media_type"


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", ""])
@pytest.mark.usefixtures("tour")
def test_json_is_read_with_a_charset_or_without_a_type(client, user, content_type):
    body = {"tutorialId": "plain", "stepId": "only", "status": "started", "t": 0}

    answer = client.post(
        STEP,
        data=json.dumps(body),
        headers={**user.headers, "Content-Type": content_type},
    )

    assert answer.status_code == 204


@pytest.mark.parametrize(
    ("sent", "is_kept"),
    [
        ("abc-DEF_1.2", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("a b", False),
        ("<script>", False),
        ("", False),
    ],
)
def test_a_request_id_is_kept_if_it_is_harmless(client, sent, is_kept):
    answer = client.get("/healthz", headers={"X-Request-Id": sent})

    assert (answer.headers["X-Request-Id"] == sent) is is_kept
    assert answer.headers["X-Request-Id"]


@pytest.mark.direct
class TestDatabaseAway:
    @pytest.fixture
    def cut(self, postgres, pool):
        """Return functions that take the test's database away, and give it back."""
        name = pool.conninfo.split("dbname=")[1].split()[0]

        def away():
            postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            postgres.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                f" WHERE datname = '{name}'"
            )

        def back():
            postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

        yield away, back
        back()

    @pytest.mark.usefixtures("tour")
    def test_nothing_is_acknowledged_and_it_heals(self, client, user, cut):
        away, back = cut
        event = {"tutorialId": "plain", "stepId": "only", "status": "started", "t": 0}

        def step():
            return client.post(STEP, json=event, headers=user.headers)

        assert step().status_code == 204
        away()
        answer = step()
        assert answer.status_code == 503
        assert problem(answer).code == "database_unavailable"
        assert int(answer.headers["Retry-After"]) > 0
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200
        back()
        wait_until(lambda: step().status_code == 204, what="pings are taken again")
        assert client.get("/readyz").status_code == 200

    @pytest.mark.usefixtures("tour")
    def test_config_is_served_from_memory(self, client, user, cut, caplog):
        away, _ = cut

        def config():
            return client.get(
                "/api/tutorial/config?tutorialId=tour", headers=user.headers
            )

        def is_missed():
            assert config().json == {**before.json, "expires": config().json["expires"]}
            return "serving tutorials from memory" in caplog.text

        before = config()
        away()

        wait_until(is_missed, what="the database was asked in vain")
        assert config().status_code == 200


def test_readiness_names_a_missing_migration(client, sql):
    sql("DELETE FROM _yoyo_migration WHERE migration_id LIKE '0005%'")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "0005_pre_survey_window" in problem(answer).detail
    assert "kazi-server migrate" in problem(answer).detail


def test_a_fault_of_ours_tells_nothing_but_its_id(app, user, caplog):
    @app.get("/fails")
    def fails():
        raise RuntimeError("the user said: my secret diary")

    answer = app.test_client().get("/fails", headers={"X-Request-Id": "the-one"})

    assert answer.status_code == 500
    assert problem(answer).code == "internal_error"
    assert "diary" not in answer.text
    assert "diary" not in caplog.text
    (record,) = [r for r in caplog.records if r.message == "a request failed"]
    assert record.error == "RuntimeError"
    assert any("test_errors.py" in place for place in record.trace)
