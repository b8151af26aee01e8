"""``POST /api/tutorial/step`` and ``/steps`` on a real PostgreSQL."""

from __future__ import annotations

import gzip
import json
import threading
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from client_sdk.contracts.codec import decode
from client_sdk.contracts.ping import BatchReceipt, StepStatus
from tests.sync_server.conftest import TOUR

STEP = "/api/tutorial/step"
STEPS = "/api/tutorial/steps"

pytestmark = pytest.mark.usefixtures("tour")


def ping(step_id="welcome", **fields):
    return {
        "tutorialId": "tour",
        "stepId": step_id,
        "status": "completed",
        "t": 1200,
        **fields,
    }


def new_ping(step_id="welcome", **fields):
    return ping(step_id, eventId=str(uuid4()), **fields)


def batch(*events):
    return {"events": list(events), "sentAt": datetime.now(UTC).isoformat()}


def send(client, user, *events):
    answer = client.post(STEPS, json=batch(*events), headers=user.headers)
    assert answer.status_code == 200, answer.json
    return decode(BatchReceipt, answer.json)


def count(sql):
    return sql("SELECT count(*) FROM tutorial_step_events")[0][0]


class TestSingle:
    def test_the_specifications_ping_is_stored(self, client, user, sql):
        answer = client.post(STEP, json=ping(), headers=user.headers)

        assert answer.status_code == 204
        assert answer.data == b""
        assert sql(
            "SELECT user_id, tutorial_id, step_id, status, duration_ms, persona"
            " FROM tutorial_step_events"
        ) == [(user.id, "tour", "welcome", "completed", 1200, "newbie")]

    def test_the_same_event_again_changes_nothing(self, client, user, sql):
        event = new_ping()

        for _ in range(3):
            assert (
                client.post(STEP, json=event, headers=user.headers).status_code == 204
            )
        again = {**event, "t": 9}
        assert client.post(STEP, json=again, headers=user.headers).status_code == 204

        assert sql("SELECT duration_ms FROM tutorial_step_events") == [(1200,)]

    def test_without_an_event_id_every_ping_counts(self, client, user, sql):
        for _ in range(2):
            client.post(STEP, json=ping(), headers=user.headers)

        assert count(sql) == 2

    @pytest.mark.parametrize(
        ("event", "status", "code"),
        [
            pytest.param(
                ping(tutorialId="none"), 404, "unknown_tutorial", id="tutorial"
            ),
            pytest.param(ping("none"), 422, "unknown_step", id="step"),
            pytest.param(ping(variant="none"), 422, "unknown_variant", id="variant"),
            pytest.param(ping(tutorialVersion=9), 422, "unknown_version", id="version"),
            pytest.param(ping(status="done"), 400, "invalid_request", id="status"),
            pytest.param(ping(t=-1), 400, "invalid_request", id="duration"),
        ],
    )
    def test_what_was_never_published_is_refused_by_name(
        self, client, user, sql, event, status, code
    ):
        answer = client.post(STEP, json=event, headers=user.headers)

        assert (answer.status_code, answer.json["code"]) == (status, code)
        assert count(sql) == 0

    def test_an_unknown_status_is_answered_with_the_known_ones(self, client, user):
        answer = client.post(STEP, json=ping(status="done"), headers=user.headers)

        assert answer.json["errors"] == [
            {
                "pointer": "/status",
                "detail": "the value is not one of "
                "started, completed, skipped, dismissed, target_missing",
            }
        ]

    @pytest.mark.parametrize("status", list(StepStatus))
    def test_every_status_is_stored_as_it_is(self, client, user, sql, status):
        client.post(STEP, json=ping(status=status.value), headers=user.headers)

        assert sql("SELECT status FROM tutorial_step_events") == [(status.value,)]


class TestBatch:
    def test_every_field_is_kept(self, client, user, sql):
        event = new_ping(
            "tip",
            occurredAt="2026-01-31T09:30:00.250+01:00",
            variant="tour_short",
            persona="ai-power",
            deviceId=str(uuid4()),
            seq=7,
            runId=str(uuid4()),
            tutorialVersion=1,
        )

        receipt = send(client, user, event)

        assert receipt == BatchReceipt(accepted=1, duplicates=0)
        row = sql(
            "SELECT event_id, occurred_at, variant_id, persona, device_id, seq, run_id,"
            " tutorial_version, tx_id IS NOT NULL FROM tutorial_step_events"
        )[0]
        assert [str(value) for value in (row[0], *row[4:7])] == [
            event["eventId"],
            event["deviceId"],
            "7",
            event["runId"],
        ]
        assert row[1] == datetime(2026, 1, 31, 8, 30, 0, 250_000, tzinfo=UTC)
        assert (row[2], row[3], row[7], row[8]) == ("tour_short", "ai-power", 1, True)

    def test_new_ones_and_duplicates_are_counted(self, client, user, sql):
        first, second, third = (new_ping() for _ in range(3))
        send(client, user, first, second)

        receipt = send(client, user, second, third, first, third)

        assert receipt == BatchReceipt(accepted=1, duplicates=3)
        assert count(sql) == 3

    def test_one_bad_event_never_costs_its_neighbours(self, client, user, sql):
        good, late = new_ping(), new_ping("invite")
        bad = [
            new_ping("nowhere"),
            new_ping(t=-1),
            {"eventId": "not a uuid"},
            "not even an object",
            None,
            new_ping(tutorialId="a\ud800b"),
            new_ping(variant="none"),
        ]

        receipt = send(client, user, good, *bad, late)

        assert receipt.accepted == 2
        assert receipt.duplicates == 0
        assert [r.index for r in receipt.rejected] == [1, 2, 3, 4, 5, 6, 7]
        assert [r.code for r in receipt.rejected] == [
            "unknown_step",
            *["invalid_request"] * 5,
            "unknown_variant",
        ]
        ids = [str(r.event_id) if r.event_id else None for r in receipt.rejected]
        assert ids == [
            bad[0]["eventId"],
            bad[1]["eventId"],
            *[None] * 3,
            bad[5]["eventId"],
            bad[6]["eventId"],
        ]
        assert "known: invite, project, tip, welcome" in receipt.rejected[0].detail
        assert "/t: the number must be at least 0" in receipt.rejected[1].detail
        assert count(sql) == 2

    def test_a_batch_of_nothing_but_bad_events_is_answered_too(self, client, user, sql):
        receipt = send(client, user, {}, new_ping("nowhere"))

        assert receipt.accepted == 0
        assert len(receipt.rejected) == 2
        assert count(sql) == 0

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            pytest.param({"events": []}, "/events", id="empty"),
            pytest.param({"sentAt": "2026-01-31T08:30:00Z"}, "/events", id="missing"),
            pytest.param({"events": [ping()]}, "/sentAt", id="no-time"),
            pytest.param(
                {"events": [ping(t=-1)], "sentAt": "now"}, "/sentAt", id="both"
            ),
            pytest.param(batch(*[ping()] * 501), "/events", id="too-many"),
            pytest.param([], "", id="array"),
        ],
    )
    def test_a_fault_of_the_batch_itself_is_named(self, client, user, body, pointer):
        answer = client.post(STEPS, json=body, headers=user.headers)

        assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
        assert pointer in [error["pointer"] for error in answer.json["errors"]]

    def test_five_hundred_events_are_one_batch(self, client, user, sql):
        receipt = send(client, user, *(new_ping() for _ in range(500)))

        assert receipt.accepted == 500
        assert count(sql) == 500

    def test_the_order_of_a_batch_is_kept(self, client, user, sql):
        events = [new_ping(seq=number) for number in range(1, 200)]

        send(client, user, *events)

        rows = sql("SELECT seq FROM tutorial_step_events ORDER BY id")
        assert [row[0] for row in rows] == list(range(1, 200))

    def test_two_users_may_have_the_same_event_id(self, client, make_user, sql):
        event = new_ping()

        for user in (make_user(), make_user()):
            assert send(client, user, event).accepted == 1

        assert count(sql) == 2

    def test_simultaneous_deliveries_store_each_event_once(self, app, user, sql):
        events = [new_ping() for _ in range(60)]
        receipts = []

        def deliver():
            receipts.append(send(app.test_client(), user, *events))

        threads = [threading.Thread(target=deliver) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(receipts) == 8
        assert sum(receipt.accepted for receipt in receipts) == 60
        assert sum(receipt.duplicates for receipt in receipts) == 7 * 60
        assert count(sql) == 60

    def test_a_gzip_body_is_read(self, client, user):
        body = gzip.compress(json.dumps(batch(new_ping())).encode())

        answer = client.post(
            STEPS,
            data=body,
            headers={
                **user.headers,
                "Content-Type": "application/json",
                "Content-Encoding": "gzip",
            },
        )

        assert answer.json["accepted"] == 1


class TestWhatIsFilledIn:
    def stored(self, sql):
        return sql("SELECT variant_id, persona FROM tutorial_step_events")

    def test_the_variant_is_the_stored_assignment(self, client, user, sql):
        config = client.get(
            "/api/tutorial/config?tutorialId=tour", headers=user.headers
        ).json

        send(client, user, new_ping())

        assert self.stored(sql) == [(config["variant"], "newbie")]

    def test_without_an_assignment_none_is_made_up(self, client, user, sql):
        send(client, user, new_ping())

        assert self.stored(sql) == [(None, "newbie")]
        assert sql("SELECT count(*) FROM tutorial_assignments") == [(0,)]

    def test_without_an_experiment_it_is_control(self, client, user, sql):
        send(client, user, new_ping("only", tutorialId="plain"))

        assert self.stored(sql) == [("control", "newbie")]

    def test_the_persona_is_the_stored_one(self, client, user, sql):
        sql("INSERT INTO user_personas VALUES (%s, 'team-manager')", user.id)

        send(client, user, new_ping(variant="tour_short"))

        assert self.stored(sql) == [("tour_short", "team-manager")]


class TestVersions:
    def test_steps_of_every_version_are_accepted_for_ever(
        self, client, user, publish_yaml, sql
    ):
        send(client, user, new_ping())
        publish_yaml(
            TOUR.replace("id: welcome", "id: hello")
            .replace("after: welcome", "after: hello")
            .replace("status: running", "status: draft")
            .replace("tour-v1", "tour-v2")
            .replace("tour_", "tour2_")
        )

        receipt = send(
            client,
            user,
            new_ping("welcome", tutorialVersion=1, variant="tour_short"),
            new_ping("hello", tutorialVersion=2, variant="tour2_short"),
            new_ping("hello", tutorialVersion=3),
        )

        assert receipt.accepted == 2
        assert [r.code for r in receipt.rejected] == ["unknown_version"]
        assert "the newest is 2" in receipt.rejected[0].detail

    def test_what_was_published_this_moment_is_known(self, client, user, publish_yaml):
        """A device may know from another worker what this one has not read yet."""
        send(client, user, new_ping())

        publish_yaml("id: brand-new\nname: N\nsteps:\n  - {id: one, title: One}\n")

        receipt = send(client, user, new_ping("one", tutorialId="brand-new"))
        assert receipt.accepted == 1


def test_stored_events_are_counted_for_prometheus(client, user):
    event = new_ping("invite", status="skipped")
    send(client, user, event, new_ping())
    send(client, user, event)

    text = client.get("/metrics").text

    assert 'tutorial_step_events_total{status="skipped",step="invite"} 1.0' in text
    assert 'tutorial_step_events_total{status="completed",step="welcome"} 1.0' in text
    assert 'route="/api/tutorial/steps",status="200"} 2.0' in text
