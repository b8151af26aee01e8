"""``POST /_internal/activity``: product usage, counted once, in two forms."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from client_sdk.contracts.activity import MAX_PROPERTIES_BYTES, ActivityReceipt
from client_sdk.contracts.codec import decode, format_timestamp
from sync_server.app import create_app

ACTIVITY = "/_internal/activity"
USER = "019aa1d4-7c5e-7b60-8a51-3f1d2c4b5a69"


def event(**changes):
    return {
        "eventId": str(uuid4()),
        "userId": USER,
        "name": "project_created",
        "occurredAt": "2026-01-31T08:30:00Z",
        **changes,
    }


def track(**changes):
    return {
        "type": "track",
        "messageId": "ajs-next-1706689800000-abc",
        "userId": USER,
        "event": "Project Created",
        "timestamp": "2026-01-31T08:30:00.000Z",
        "properties": {"members": 3},
        "context": {"library": {"name": "analytics.js"}},
        **changes,
    }


@pytest.fixture
def send(client, service):
    return lambda body: client.post(ACTIVITY, headers=service.headers, json=body)


@pytest.fixture
def stored(sql):
    return lambda: sql(
        "SELECT user_id, name, occurred_at, properties FROM user_activity ORDER BY name"
    )


def receipt(answer):
    assert answer.status_code == 200, answer.text
    return answer.json["accepted"], answer.json["duplicates"], answer.json["rejected"]


def test_events_are_stored(send, stored):
    answer = send({"events": [event(properties={"a": [1, None]}), event(name="z")]})

    assert receipt(answer) == (2, 0, [])
    assert decode(ActivityReceipt, answer.json).accepted == 2
    when = datetime(2026, 1, 31, 8, 30, tzinfo=UTC)
    assert stored() == [
        (UUID(USER), "project_created", when, {"a": [1, None]}),
        (UUID(USER), "z", when, {}),
    ]


def test_the_same_event_counts_once(send, stored):
    one, two = event(), event()

    assert receipt(send({"events": [one, one]})) == (1, 1, [])
    assert receipt(send({"events": [one, two]})) == (1, 1, [])
    assert len(stored()) == 2


def test_nobody_burns_the_ids_of_another_user(send, stored):
    one = event()

    assert receipt(send({"events": [one]})) == (1, 0, [])
    assert receipt(send({"events": [{**one, "userId": str(uuid4())}]})) == (1, 0, [])
    assert len(stored()) == 2


def test_one_bad_event_costs_no_other(send, stored):
    bad = event(userId=USER.upper(), name="")

    answer = send({"events": [event(), bad, "nothing", event()]})

    accepted, duplicates, rejected = receipt(answer)
    assert (accepted, duplicates) == (2, 0)
    assert [each["index"] for each in rejected] == [1, 2]
    assert rejected[0]["eventId"] == bad["eventId"]
    assert rejected[0]["code"] == "invalid_request"
    assert rejected[0]["detail"] == (
        "/userId: a UUID in lower case with hyphens is needed; "
        "/name: the length must be at least 1"
    )
    assert "eventId" not in rejected[1]
    assert len(stored()) == 2


@pytest.mark.parametrize(
    "properties",
    [
        pytest.param({"a": "\0"}, id="nul"),
        pytest.param({"\0": 1}, id="nul-in-a-key"),
        pytest.param({"a": [{"b": "\ud800"}]}, id="half-a-pair"),
        pytest.param({"a": float("inf")}, id="infinity"),
        pytest.param({"a": float("nan")}, id="nan"),
        pytest.param({"a": "x" * MAX_PROPERTIES_BYTES}, id="too-long"),
        pytest.param([], id="no-object"),
    ],
)
def test_properties_that_cannot_be_stored_are_refused(
    client, service, stored, properties
):
    body = json.dumps({"events": [event(properties=properties), event(name="good")]})

    answer = client.post(
        ACTIVITY, headers=service.headers, data=body, content_type="application/json"
    )

    accepted, _, rejected = receipt(answer)
    assert accepted == 1
    assert [each["index"] for each in rejected] == [0]
    assert [row[1] for row in stored()] == ["good"]


def test_a_huge_number_is_kept_as_it_is(send, sql):
    receipt(send({"events": [event(properties={"n": 10**40})]}))

    assert sql("SELECT properties ->> 'n' FROM user_activity") == [(str(10**40),)]


def test_segments_call_alone(send, stored):
    assert receipt(send(track())) == (1, 0, [])
    assert receipt(send(track())) == (0, 1, [])

    when = datetime(2026, 1, 31, 8, 30, tzinfo=UTC)
    assert stored() == [(UUID(USER), "Project Created", when, {"members": 3})]


def test_segments_batch(send, sql):
    message_id = str(uuid4())
    batch = [
        track(messageId=message_id, properties=None),
        track(messageId="two", userId=None, anonymousId=USER),
        track(messageId="three", userId=None),
        {"type": "identify", "messageId": "four", "userId": USER},
        track(messageId="five", userId="somebody@example.org"),
    ]

    accepted, duplicates, rejected = receipt(
        send({"batch": batch, "sentAt": "2026-01-31T08:30:01Z", "writeKey": "x"})
    )

    assert (accepted, duplicates) == (2, 0)
    assert [each["index"] for each in rejected] == [2, 3, 4]
    assert rejected[0]["detail"].startswith("/userId: the field is missing")
    assert "/type: the value is not one of track" in rejected[1]["detail"]
    assert "somebody" not in rejected[2]["detail"]
    ids = {row[0] for row in sql("SELECT event_id FROM user_activity")}
    assert UUID(message_id) in ids


def test_a_message_id_is_always_the_same_event(send, sql):
    send(track(messageId="m-1"))

    assert sql("SELECT event_id FROM user_activity") == [
        (UUID("d2fc2dda-80f3-562b-b0b6-8b11a87981ce"),)
    ]


@pytest.fixture
def faults(client):
    """Return how often each reason was counted."""

    def read():
        found = re.findall(
            r'^product_activity_faults_total\{reason="(\w+)"\} (\d+)',
            client.get("/metrics").text,
            re.MULTILINE,
        )
        return {reason: int(count) for reason, count in found}

    return read


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        pytest.param(
            {"occurredAt": "2126-01-31T08:30:00Z"},
            "future",
            "/occurredAt: this is more than a day in the future",
            id="future",
        ),
        pytest.param(
            {"occurredAt": "1999-12-31T23:59:59Z"},
            "ancient",
            "/occurredAt: a time after the year 2000 is needed",
            id="ancient",
        ),
        *(
            pytest.param(
                {"properties": {"count": count}},
                "bad_count",
                "/properties/count: a whole number from 1 is needed",
                id=f"count-{count}",
            )
            for count in (-1, 0, 1.5, "3", True, [1])
        ),
        pytest.param(
            {"properties": {"members": -3}},
            "bad_members",
            "/properties/members: a whole number from 1 is needed",
            id="members",
        ),
        pytest.param({"name": ""}, "malformed", "/name: ", id="malformed"),
    ],
)
def test_absurd_events_are_refused_for_a_counted_reason(
    send, stored, faults, changes, reason, detail
):
    accepted, _, rejected = receipt(send({"events": [event(**changes), event()]}))

    assert accepted == len(stored()) == 1
    assert [each["index"] for each in rejected] == [0]
    assert rejected[0]["detail"].startswith(detail)
    assert faults() == {reason: 1}


def test_what_is_too_much_is_clipped_and_counted(send, sql, faults, clock):
    soon = format_timestamp(clock() + timedelta(hours=23))
    events = [
        event(occurredAt=soon, properties={"count": 10**9, "members": 1e300}),
        event(name="Something Else", properties={"count": -1}),
    ]

    assert receipt(send({"events": events})) == (2, 0, [])
    assert sql(
        "SELECT kind, amount, members, occurred_at <= %s FROM user_activity"
        " ORDER BY kind DESC",
        clock(),
    ) == [("project_created", 10_000, 10_000, True), ("other", 1, None, True)]
    assert faults() == {
        "clock_ahead": 1,
        "large_count": 1,
        "large_members": 1,
        "unknown_name": 1,
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Project Created", "project_created"),
        ("projectCreated", "project_created"),
        ("AI call", "ai_call"),
        ("comment-added", "message_sent"),
        ("Page Viewed", "other"),
        ("\u5c08\u6848", "other"),
    ],
)
def test_names_are_known_in_any_spelling(send, sql, name, kind):
    send({"events": [event(name=name)]})

    assert sql("SELECT name, kind FROM user_activity") == [(name, kind)]


def test_a_product_may_have_its_own_names(settings, pool, clock, service, sql):
    own = replace(settings, activity_names=(("Text Generated", "ai_call"),))
    client = create_app(own, pool=pool, clock=clock).test_client()

    client.post(
        ACTIVITY,
        headers=service.headers,
        json={"events": [event(name="textGenerated", properties={"count": 3})]},
    )

    assert sql("SELECT kind, amount FROM user_activity") == [("ai_call", 3)]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param([], id="an-array"),
        pytest.param({"events": {}}, id="no-array"),
        pytest.param({"events": []}, id="empty"),
        pytest.param({"batch": []}, id="empty-batch"),
        pytest.param({"events": [{}] * 501}, id="too-many"),
    ],
)
def test_a_body_of_another_shape_is_refused(send, stored, body):
    answer = send(body)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert stored() == []


def test_five_hundred_at_once_are_taken(send):
    assert receipt(send({"events": [event() for _ in range(500)]})) == (500, 0, [])


def test_what_is_no_json_is_refused(client, service):
    answer = client.post(
        ACTIVITY, headers=service.headers, data=b"{", content_type="application/json"
    )

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_json")


def test_what_happened_before_an_erasure_is_not_kept(
    client, send, service, stored, clock
):
    answer = client.delete(f"/_internal/users/{USER}", headers=service.headers)
    assert answer.status_code < 300
    clock.advance(minutes=1)
    other, later = str(uuid4()), format_timestamp(clock())

    accepted, duplicates, rejected = receipt(
        send(
            {
                "events": [
                    event(userId=other),
                    event(),
                    event(occurredAt=later, name="new"),
                    "nothing",
                ]
            }
        )
    )

    assert (accepted, duplicates) == (2, 0)
    assert [(each["index"], each["code"]) for each in rejected] == [
        (1, "user_erased"),
        (3, "invalid_request"),
    ]
    assert {(str(row[0]), row[1]) for row in stored()} == {
        (other, "project_created"),
        (USER, "new"),
    }


def test_users_are_refused(client, user, stored):
    answer = client.post(ACTIVITY, headers=user.headers, json={"events": [event()]})

    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    assert stored() == []
