"""Assignments that devices made offline: taken over if the function gives the same."""

from __future__ import annotations

from uuid import uuid4

import pytest

from client_sdk.contracts.assignment import assign_variant
from sync_server.tutorials.definition import Variant
from tests.support.server_process import wait_until
from tests.sync_server.conftest import TOUR

HALVES = [Variant(id="tour_control", weight=50), Variant(id="tour_short", weight=50)]

pytestmark = pytest.mark.usefixtures("tour")


def right(user):
    return assign_variant(str(user.id), HALVES)


def wrong(user):
    return "tour_short" if right(user) == "tour_control" else "tour_control"


@pytest.fixture
def ping(client):
    """Send a ping that tells an assignment."""

    def send(user, variant, **changes):
        told = {"experimentId": "tour-v1", "variant": variant, "epoch": 1, **changes}
        body = {
            "tutorialId": "tour",
            "stepId": "welcome",
            "status": "started",
            "t": 0,
            "eventId": str(uuid4()),
            "assignment": told,
        }
        answer = client.post("/api/tutorial/step", headers=user.headers, json=body)
        assert answer.status_code == 204, answer.text

    return send


@pytest.fixture
def assigned(sql):
    return lambda: dict(sql("SELECT user_id, variant_id FROM tutorial_assignments"))


@pytest.fixture
def counted(client):
    def read(outcome):
        name = f'tutorial_device_assignments_total{{outcome="{outcome}"}} '
        lines = client.get("/metrics").text.splitlines()
        return sum(float(x.removeprefix(name)) for x in lines if x.startswith(name))

    return read


def events(sql):
    return sql("SELECT variant_id FROM tutorial_step_events ORDER BY id")


def test_a_right_one_is_stored_and_counts_for_the_ping(
    ping, user, assigned, counted, sql
):
    ping(user, right(user))

    assert assigned() == {user.id: right(user)}
    assert events(sql) == [(right(user),)]
    assert (counted("valid"), counted("invalid")) == (1, 0)


def test_told_again_it_costs_nothing(ping, user, assigned, counted, sql):
    for _ in range(3):
        ping(user, right(user))

    assert assigned() == {user.id: right(user)}
    assert len(events(sql)) == 3
    assert counted("valid") == 1


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"epoch": 2}, id="another-epoch"),
        pytest.param({"experimentId": "nothing"}, id="unknown-experiment"),
    ],
)
def test_of_another_experiment_it_is_left_out(
    ping, user, assigned, counted, sql, changes
):
    ping(user, right(user), **changes)

    assert assigned() == {}
    assert events(sql) == [(None,)]
    assert (counted("valid"), counted("invalid")) == (0, 1)


def test_a_wrong_one_is_left_out_and_the_ping_kept(ping, user, assigned, counted, sql):
    ping(user, wrong(user))
    ping(user, "no such arm")

    assert assigned() == {}
    assert events(sql) == [(None,), (None,)]
    assert counted("invalid") == 2


def test_what_is_stored_stays(ping, user, assigned, sql, client):
    """Somebody else wrote first: another worker, or the console."""
    sql(
        "INSERT INTO tutorial_assignments (user_id, experiment_id, variant_id)"
        " VALUES (%s, 'tour-v1', %s)",
        user.id,
        wrong(user),
    )

    ping(user, right(user))

    assert assigned() == {user.id: wrong(user)}
    assert events(sql) == [(wrong(user),)]


def test_the_arm_of_the_anonymous_user_is_right_for_the_account(
    ping, client, make_user, assigned
):
    """The device assigned before the sign-in, and delivers after it."""
    account = make_user()
    while True:
        phone = make_user(is_anonymous=True)
        if right(phone) != right(account):
            break
    client.post(
        "/api/tutorial/identify",
        headers=account.headers,
        json={"anonymousToken": phone.token},
    )

    ping(account, right(phone))

    assert assigned() == {account.id: right(phone)}


def test_of_an_experiment_that_is_over_it_is_stored_all_the_same(
    ping, user, assigned, publish_yaml, client
):
    publish_yaml(TOUR.replace("status: running", "status: completed"))
    url = "/api/tutorial/config?tutorialId=tour"
    wait_until(lambda: client.get(url).json["variant"] == "control", what="it is over")

    ping(user, right(user))

    assert assigned() == {user.id: right(user)}


def test_of_a_draft_it_is_left_out(ping, user, service, assigned, publish_yaml, client):
    publish_yaml(
        TOUR.replace("id: tour\n", "id: other\n")
        .replace("tour-v1", "other-v1")
        .replace("{id: tour_", "{id: other_")
        .replace("- id: tour_short", "- id: other_short")
        .replace("status: running", "status: draft")
    )
    known = client.post(
        "/_internal/experiments/assign",
        headers=service.headers,
        json={"userId": str(user.id), "experimentId": "other-v1"},
    )
    assert known.json["reason"] == "DISABLED"

    ping(user, f"other{right(user).removeprefix('tour')}", experimentId="other-v1")

    assert assigned() == {}


def test_a_batch_tells_each_once(client, user, assigned, counted, sql):
    told = {"experimentId": "tour-v1", "variant": right(user), "epoch": 1}
    ping = {"tutorialId": "tour", "stepId": "welcome", "status": "started", "t": 0}
    batch = {
        "sentAt": "2026-01-31T08:30:00Z",
        "events": [{**ping, "assignment": told} for _ in range(20)],
    }

    answer = client.post("/api/tutorial/steps", headers=user.headers, json=batch)

    assert answer.json["accepted"] == 20
    assert assigned() == {user.id: right(user)}
    assert events(sql) == [(right(user),)] * 20
    assert counted("valid") == 1


def test_an_erased_user_gets_none_back(ping, client, service, user, assigned, clock):
    """The device made it before the erasure and delivers it after."""
    made_at = "2026-01-31T08:30:00Z"
    client.delete(f"/_internal/users/{user.id}", headers=service.headers)
    told = {"experimentId": "tour-v1", "variant": right(user), "epoch": 1}
    ping = {
        "tutorialId": "tour",
        "stepId": "welcome",
        "status": "started",
        "t": 0,
        "occurredAt": made_at,
        "assignment": told,
    }

    answer = client.post("/api/tutorial/step", headers=user.headers, json=ping)

    assert (answer.status_code, answer.json["code"]) == (410, "user_erased")
    assert assigned() == {}


def test_a_malformed_one_is_refused_at_its_place(client, user):
    ping = {"tutorialId": "tour", "stepId": "welcome", "status": "started", "t": 0}
    ping["assignment"] = {"experimentId": "tour-v1", "variant": "", "epoch": 0}

    answer = client.post("/api/tutorial/step", headers=user.headers, json=ping)

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json["errors"]] == [
        "/assignment/variant",
        "/assignment/epoch",
    ]
