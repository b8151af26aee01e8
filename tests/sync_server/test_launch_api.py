"""``GET /api/tutorial/launch``: which tutorials may start now, and in which order."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from client_sdk.contracts.codec import format_timestamp

LAUNCH = "/api/tutorial/launch"


def tutorial(tutorial_id, rules="", *, steps=("one", "two")):
    lines = [f"id: {tutorial_id}", f"name: {tutorial_id}", "steps:"]
    lines += [f"  - {{id: {step}, title: T}}" for step in steps]
    return "\n".join([*lines, f"rules: {{{rules}}}" if rules else ""])


@pytest.fixture
def publish_all(publish_yaml):
    def run(**rules):
        for tutorial_id, text in rules.items():
            publish_yaml(tutorial(tutorial_id, text))

    return run


def launch(client, user=None, **headers):
    answer = client.get(LAUNCH, headers={**(user.headers if user else {}), **headers})
    assert answer.status_code == 200, answer.json
    return answer.json["tutorials"]


def ids(client, user=None, **headers):
    return [item["tutorialId"] for item in launch(client, user, **headers)]


def ping(client, user, tutorial_id, step_id, **fields):
    body = {
        "tutorialId": tutorial_id,
        "stepId": step_id,
        "status": "completed",
        "t": 1,
        "eventId": str(uuid4()),
        **fields,
    }
    answer = client.post("/api/tutorial/step", json=body, headers=user.headers)
    assert answer.status_code == 204, answer.json


def finish(client, user, tutorial_id, **fields):
    for step_id in ("one", "two"):
        ping(client, user, tutorial_id, step_id, **fields)


def put(client, user, clock, tutorial_id, **fields):
    body = {
        "stepId": "one",
        "position": 0,
        "clock": {
            "wallMs": int(clock.now.timestamp() * 1000),
            "counter": 0,
            "deviceId": str(uuid4()),
        },
        **fields,
    }
    answer = client.put(
        f"/api/tutorial/progress/{tutorial_id}", json=body, headers=user.headers
    )
    assert answer.status_code == 200, answer.json


class TestOrder:
    def test_the_higher_priority_comes_first_then_the_id(self, client, publish_all):
        publish_all(b="priority: 5", a="", d="priority: -1", c="priority: 5")

        assert ids(client) == ["b", "c", "a", "d"]

    def test_the_unfinished_comes_before_everything(self, client, user, publish_all):
        publish_all(a="priority: 9", b="", c="")
        ping(client, user, "c", "one")

        items = launch(client, user)

        assert [(item["tutorialId"], item["resumes"]) for item in items] == [
            ("c", True),
            ("a", False),
            ("b", False),
        ]

    def test_a_position_makes_it_unfinished_until_the_run_is_over(
        self, client, user, clock, publish_all
    ):
        publish_all(a="", b="")
        put(client, user, clock, "b")
        assert ids(client, user) == ["b", "a"]

        clock.advance(seconds=1)
        put(client, user, clock, "b", finished=True)

        assert ids(client, user) == ["a"]

    def test_nothing_published_is_an_empty_list(self, client, user):
        assert launch(client, user) == []


class TestRules:
    def test_somebody_without_a_token_is_new(self, client, publish_all, sql):
        publish_all(a="personas: [newbie]", b="personas: [ai-power]", c="requires: [a]")

        assert ids(client) == ["a"]
        assert sql("SELECT count(*) FROM tutorial_assignments") == [(0,)]

    def test_the_device_decides(self, client, publish_all):
        publish_all(a="devices: [web]", b="devices: [ios, android]", c="")

        assert ids(client) == ["a", "c"]
        assert ids(client, **{"x-kazi-device": "ios"}) == ["b", "c"]

    def test_an_unknown_device_is_refused(self, client):
        answer = client.get(LAUNCH, headers={"x-kazi-device": "toaster"})

        assert (answer.status_code, answer.json["code"]) == (400, "unknown_device")

    def test_the_persona_decides(self, client, user, publish_all, sql):
        publish_all(a="personas: [ai-power]")
        sql("INSERT INTO user_personas VALUES (%s, 'ai-power')", user.id)

        assert ids(client, user) == ["a"]

    def test_it_starts_and_ends_on_time(self, client, clock, publish_all):
        start, end = clock.now + timedelta(hours=1), clock.now + timedelta(hours=2)
        publish_all(
            a=f"startsAt: {format_timestamp(start)}, endsAt: {format_timestamp(end)}"
        )
        assert ids(client) == []

        clock.advance(hours=1, seconds=1)
        assert ids(client) == ["a"]

        clock.advance(hours=1)
        assert ids(client) == []

    def test_what_is_required_must_be_finished(self, client, user, publish_all):
        publish_all(a="", b="requires: [a]")
        assert ids(client, user) == ["a"]

        finish(client, user, "a")

        assert ids(client, user) == ["b"]

    def test_a_finished_tutorial_starts_again_where_it_is_repeatable(
        self, client, user, publish_all
    ):
        publish_all(a="", b="repeatable: true")
        finish(client, user, "a")
        finish(client, user, "b")

        assert [
            (item["tutorialId"], item["resumes"]) for item in launch(client, user)
        ] == [("b", False)]

    def test_runs_are_counted(self, client, user, publish_all):
        publish_all(a="repeatable: true, maxRuns: 2")
        finish(client, user, "a", runId=str(uuid4()))
        assert ids(client, user) == ["a"]

        finish(client, user, "a", runId=str(uuid4()))

        assert ids(client, user) == []

    def test_the_last_event_starts_the_cooldown(self, client, user, clock, publish_all):
        publish_all(a="repeatable: true, cooldownSeconds: 60")
        finish(client, user, "a", occurredAt=clock.now.isoformat())
        assert ids(client, user) == []

        clock.advance(seconds=60)

        assert ids(client, user) == ["a"]

    def test_all_ids_of_a_person_count(self, client, user, make_user, publish_all, sql):
        publish_all(a="", b="requires: [a]", c="repeatable: true, maxRuns: 1000")
        anonymous = make_user()
        ping(client, anonymous, "a", "one")
        ping(client, user, "a", "two")
        sql("INSERT INTO identity_links VALUES (%s, %s)", anonymous.id, user.id)

        assert ids(client, user) == ["b", "c"]


class TestAnswer:
    def test_it_has_the_tag_of_the_config_of_the_same_user(self, client, user, tour):
        tags = {item["tutorialId"]: item["etag"] for item in launch(client, user)}

        for tutorial_id, tag in tags.items():
            config = client.get(
                f"/api/tutorial/config?tutorialId={tutorial_id}",
                headers={**user.headers, "If-None-Match": tag},
            )
            assert config.status_code == 304
        assert tags.keys() == {"tour", "plain"}

    def test_config_carries_the_rules(self, client, publish_all):
        publish_all(a="priority: 2, cooldownSeconds: 60")

        config = client.get("/api/tutorial/config?tutorialId=a").json

        assert config["rules"] == {
            "priority": 2,
            "requires": [],
            "repeatable": False,
            "cooldownSeconds": 60,
        }

    def test_an_answer_that_the_device_has_costs_no_body(
        self, client, user, clock, publish_all
    ):
        publish_all(a="", b="")
        first = client.get(LAUNCH, headers=user.headers)
        known = {**user.headers, "If-None-Match": first.headers["ETag"]}

        clock.advance(seconds=30)
        same = client.get(LAUNCH, headers=known)
        ping(client, user, "a", "one")
        other = client.get(LAUNCH, headers=known)

        assert (same.status_code, same.data) == (304, b"")
        assert same.headers["Expires"] != first.headers["Expires"]
        assert same.headers["Cache-Control"] == "private, max-age=300"
        assert same.headers["Vary"] == "Authorization, x-kazi-device"
        assert other.status_code == 200

    def test_a_bad_token_is_refused_and_not_taken_for_nobody(self, client):
        answer = client.get(LAUNCH, headers={"Authorization": "Bearer nonsense"})

        assert answer.status_code == 401

    def test_nobody_is_assigned_to_what_may_not_start(self, client, user, tour, sql):
        sql("INSERT INTO user_personas VALUES (%s, 'newbie')", user.id)
        sql(
            'UPDATE tutorial_versions SET rules = \'{"personas": ["ai-power"]}\''
            " WHERE tutorial_id = 'tour'"
        )

        assert ids(client, user) == ["plain"]
        assert sql("SELECT count(*) FROM tutorial_assignments") == [(0,)]
