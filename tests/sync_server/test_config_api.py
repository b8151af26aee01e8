"""``GET /api/tutorial/config`` on a real PostgreSQL."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from client_sdk.contracts.assignment import assign_variant
from client_sdk.contracts.codec import decode
from client_sdk.contracts.tutorial import Device, TutorialConfig
from sync_server.tutorials.definition import Variant
from tests.support.server_process import wait_until
from tests.sync_server.conftest import TOUR

CONFIG = "/api/tutorial/config"
HALVES = [Variant(id="tour_control", weight=50), Variant(id="tour_short", weight=50)]


def get(client, tutorial_id="tour", **headers):
    return client.get(CONFIG, query_string={"tutorialId": tutorial_id}, headers=headers)


def wait_for(condition):
    wait_until(condition, timeout_seconds=2.5, what="the change is visible within 2 s")


def user_of(variant_id, make_user):
    while True:
        user = make_user()
        if assign_variant(str(user.id), HALVES) == variant_id:
            return user


@pytest.mark.usefixtures("tour")
class TestContent:
    def test_it_is_what_the_client_reads(self, client, make_user, clock):
        user = user_of("tour_short", make_user)

        answer = get(client, **user.headers)

        assert answer.status_code == 200
        assert answer.content_type == "application/json"
        config = decode(TutorialConfig, answer.json)
        assert [step.id for step in config.steps] == ["welcome", "tip", "invite"]
        assert config.tutorial_id == "tour"
        assert config.version == 1
        assert config.variant == "tour_short"
        assert config.persona == "newbie"
        assert config.survey is not None
        assert abs(config.expires - clock.now - timedelta(seconds=300)) < timedelta(
            milliseconds=1
        )

    def test_without_a_token_it_is_the_first_variant_and_nothing_is_stored(
        self, client, sql
    ):
        answer = get(client)

        assert answer.status_code == 200
        assert answer.json["variant"] == "tour_control"
        assert answer.json["persona"] == "newbie"
        assert sql("SELECT count(*) FROM tutorial_assignments") == [(0,)]

    def test_without_an_experiment_the_variant_is_control(self, client, user, sql):
        assert get(client, "plain", **user.headers).json["variant"] == "control"
        assert get(client, "plain").json["variant"] == "control"
        assert sql("SELECT count(*) FROM tutorial_assignments") == [(0,)]

    def test_a_persona_changes_steps(self, client, user, sql):
        sql(
            "INSERT INTO user_personas (user_id, persona) VALUES (%s, 'team-manager')",
            user.id,
        )

        config = get(client, **user.headers).json

        assert config["persona"] == "team-manager"
        assert config["steps"][-1]["title"] == "Bring your team"

    def test_a_persona_that_the_tutorial_does_not_know_changes_nothing(
        self, client, user, sql
    ):
        sql(
            "INSERT INTO user_personas (user_id, persona) VALUES (%s, 'ai-power')",
            user.id,
        )

        config = get(client, **user.headers).json

        assert config["persona"] == "ai-power"
        assert config["steps"][-1]["title"] == "Invite"


@pytest.mark.usefixtures("tour")
class TestAssignment:
    def test_it_is_stored_and_is_the_specifications(self, client, make_user, sql):
        users = [make_user() for _ in range(40)]

        answers = {user.id: get(client, **user.headers).json for user in users}

        expected = {u.id: assign_variant(str(u.id), HALVES) for u in users}
        assert {id_: answer["variant"] for id_, answer in answers.items()} == expected
        stored = sql("SELECT user_id, variant_id FROM tutorial_assignments")
        assert dict(stored) == expected
        assert len(Counter(expected.values())) == 2

    def test_what_is_stored_wins_over_what_would_be_computed(
        self, client, make_user, sql
    ):
        user = user_of("tour_short", make_user)
        sql(
            "INSERT INTO tutorial_assignments (user_id, experiment_id, variant_id)"
            " VALUES (%s, 'tour-v1', 'tour_control')",
            user.id,
        )

        assert get(client, **user.headers).json["variant"] == "tour_control"

    def test_simultaneous_first_requests_agree(self, app, user, sql):
        answers = []

        def ask():
            answers.append(get(app.test_client(), **user.headers).json["variant"])

        threads = [threading.Thread(target=ask) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(answers) == 12
        assert len(set(answers)) == 1
        assert sql("SELECT count(*) FROM tutorial_assignments") == [(1,)]

    def test_a_completed_experiment_shows_the_published_tutorial(
        self, client, make_user, publish_yaml, clock, app
    ):
        user = user_of("tour_short", make_user)
        get(client, **user.headers)

        publish_yaml(TOUR.replace("status: running", "status: completed"))

        wait_for(lambda: get(client, **user.headers).json["variant"] == "control")
        steps = get(client, **user.headers).json["steps"]
        assert [step["id"] for step in steps] == ["welcome", "project", "invite"]


@pytest.mark.usefixtures("tour")
class TestValidators:
    def test_the_same_content_has_the_same_tag_and_a_304_has_no_body(
        self, client, user, clock
    ):
        first = get(client, **user.headers)
        clock.advance(minutes=3)
        second = get(client, **user.headers, **{"If-None-Match": first.headers["ETag"]})

        assert first.headers["ETag"].startswith('"')
        assert second.status_code == 304
        assert second.data == b""
        assert second.headers["ETag"] == first.headers["ETag"]
        fresh = parsedate_to_datetime(second.headers["Expires"])
        assert fresh - parsedate_to_datetime(first.headers["Expires"]) == timedelta(
            minutes=3
        )

    @pytest.mark.parametrize(
        "form",
        [
            pytest.param('"other", {}', id="in-a-list"),
            pytest.param("W/{}", id="weak"),
            pytest.param("*", id="any"),
        ],
    )
    def test_every_form_of_if_none_match_is_understood(self, client, form):
        etag = get(client).headers["ETag"]

        assert get(client, **{"If-None-Match": form.format(etag)}).status_code == 304

    def test_another_tag_gets_the_whole_answer(self, client):
        answer = get(client, **{"If-None-Match": '"0123"'})

        assert answer.status_code == 200
        assert answer.json["tutorialId"] == "tour"

    def test_variant_persona_and_version_change_the_tag(
        self, client, make_user, sql, publish_yaml
    ):
        one, other = (user_of(v.id, make_user) for v in HALVES)
        manager = user_of("tour_short", make_user)
        sql("INSERT INTO user_personas VALUES (%s, 'team-manager')", manager.id)
        tags = {get(client, **u.headers).headers["ETag"] for u in (one, other, manager)}
        assert len(tags) == 3

        publish_yaml(TOUR.replace("title: Welcome}", "title: Hello}"))

        wait_for(lambda: get(client, **one.headers).json["version"] == 2)
        assert get(client, **one.headers).headers["ETag"] not in tags

    def test_caches_keep_users_apart(self, client):
        headers = get(client).headers

        assert headers["Vary"] == "Accept-Encoding, Authorization, x-kazi-device"
        assert headers["Cache-Control"] == "private, max-age=300"


@pytest.mark.usefixtures("tour")
class TestRefusals:
    @pytest.mark.parametrize("device", list(Device))
    def test_every_known_device_is_served(self, client, device):
        assert get(client, **{"x-kazi-device": device.value}).status_code == 200

    @pytest.mark.parametrize("device", ["", "toaster", "Web"])
    def test_another_device_is_refused_with_the_list(self, client, device):
        answer = get(client, **{"x-kazi-device": device})

        assert answer.status_code == 400
        assert answer.json["code"] == "unknown_device"
        assert "web, ios, android, desktop" in answer.json["detail"]

    def test_an_unknown_tutorial_is_a_404(self, client, user):
        answer = get(client, "no-such-tour", **user.headers)

        assert (answer.status_code, answer.json["code"]) == (404, "unknown_tutorial")

    @pytest.mark.parametrize("query", ["", "?tutorialId=", "?tutorial=tour"])
    def test_a_missing_id_is_named(self, client, query):
        answer = client.get(CONFIG + query)

        assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
        assert answer.json["errors"][0]["pointer"] == "/tutorialId"

    def test_a_bad_token_is_refused_even_where_none_is_needed(self, client):
        answer = get(client, Authorization="Bearer nonsense")

        assert (answer.status_code, answer.json["code"]) == (401, "token_invalid")
