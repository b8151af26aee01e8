"""The ledger of points: each step pays once, the most that any delivered version says."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest

from client_sdk.contracts.codec import decode
from client_sdk.contracts.progress import Progress

STORY = """
id: story
name: Story
xp: 100
steps:
  - {id: one, title: One, xp: 5}
  - {id: two, title: Two}
  - {id: three, title: Three, xp: 0}
personas:
  ai-power:
    - omit: three
experiments:
  - id: story-v1
    status: running
    variants:
      - {id: story_control, weight: 50}
      - id: story_short
        weight: 50
        changes:
          - omit: two
          - replace: one
            with: {xp: 50}
"""


@pytest.fixture(autouse=True)
def story(publish_yaml):
    publish_yaml(STORY)


def ping(step_id, **fields):
    return {
        "tutorialId": "story",
        "stepId": step_id,
        "status": "completed",
        "t": 5,
        "eventId": str(uuid4()),
        "variant": "story_control",
        "persona": "newbie",
        **fields,
    }


def send(client, user, *pings):
    answer = client.post(
        "/api/tutorial/steps",
        json={"events": list(pings), "sentAt": "2026-01-31T08:30:00Z"},
        headers=user.headers,
    )
    assert answer.json["rejected"] == [], answer.json
    return answer.json


def awards(sql):
    return sql("SELECT step_id, rule, points FROM xp_awards ORDER BY step_id, rule")


def progress(client, user):
    answer = client.get("/api/tutorial/progress", headers=user.headers)
    return decode(Progress, answer.json)


class TestSteps:
    def test_a_completed_step_pays_what_its_author_says(self, client, user, sql):
        event = ping("one")
        send(client, user, event)

        assert sql(
            "SELECT user_id, tutorial_id, step_id, rule, points, event_id::text"
            " FROM xp_awards"
        ) == [(user.id, "story", "one", "step_completed", 5, event["eventId"])]

    def test_a_step_pays_ten_where_nothing_is_said(self, client, user, sql):
        send(client, user, ping("two"))

        assert awards(sql) == [("two", "step_completed", 10)]

    @pytest.mark.parametrize(
        "status", ["started", "skipped", "dismissed", "target_missing"]
    )
    def test_nothing_but_completion_pays(self, client, user, sql, status):
        send(client, user, ping("one", status=status))

        assert awards(sql) == []

    def test_two_devices_that_complete_a_step_are_paid_once(self, client, user):
        send(client, user, ping("one"), ping("one"))
        send(client, user, ping("one"))

        assert progress(client, user).total_xp == 5

    def test_a_repeated_delivery_pays_once(self, client, user, sql):
        event = ping("one")
        send(client, user, event, event)

        send(client, user, event)

        assert awards(sql) == [("one", "step_completed", 5)]

    @pytest.mark.parametrize(
        "other",
        [
            {"stepId": "two"},
            {"stepId": "one"},
            {"tutorialId": "plain", "stepId": "only", "variant": "control"},
        ],
    )
    @pytest.mark.usefixtures("tour")
    def test_an_event_id_that_is_taken_pays_for_nothing_else(
        self, client, user, sql, other
    ):
        first = ping("one", status="started")
        send(client, user, first)

        answer = send(client, user, first | {"status": "completed"} | other)

        assert answer["duplicates"] == 1
        assert awards(sql) == []

    def test_the_variant_that_was_seen_says_the_points(self, client, user):
        send(client, user, ping("one", variant="story_short"))

        assert progress(client, user).total_xp == 50

    @pytest.mark.parametrize("first", [0, 1])
    def test_the_greatest_points_stay_in_any_order(self, client, user, first):
        arms = ["story_control", "story_short"]
        for variant in (arms[first], arms[1 - first]):
            send(client, user, ping("one", variant=variant))

        assert progress(client, user).total_xp == 50

    def test_a_known_event_in_the_batch_does_not_swallow_what_a_new_one_earns(
        self, client, user
    ):
        known = ping("one", occurredAt="2026-01-31T08:20:00Z")
        better = ping("one", variant="story_short", occurredAt="2026-01-31T08:10:00Z")
        send(client, user, known)

        send(client, user, better, known)

        assert progress(client, user).total_xp == 50

    def test_a_step_outside_its_arm_pays_what_the_tutorial_says(self, client, user):
        """A device may tell a step that another arm has left out."""
        send(client, user, ping("two", variant="story_short"))

        assert progress(client, user).total_xp == 10

    @pytest.mark.parametrize("order", [[1, 2], [2, 1]])
    def test_a_new_version_pays_its_points_and_takes_none_away(
        self, client, user, publish_yaml, order
    ):
        publish_yaml(STORY.replace("title: One, xp: 5", "title: One, xp: 3"))
        for version in order:
            send(client, user, ping("one", tutorialVersion=version))

        assert progress(client, user).total_xp == 5

    def test_points_outlive_the_events(self, client, user, sql):
        send(client, user, ping("one"), ping("two"))
        sql("DELETE FROM tutorial_step_events")

        (mine,) = progress(client, user).tutorials

        assert (mine.completed_steps, mine.xp) == (("one", "two"), 15)

    def test_the_four_fields_of_the_specification_pay_too(self, client, user):
        body = {"tutorialId": "story", "stepId": "one", "status": "completed", "t": 1}
        answer = client.post("/api/tutorial/step", json=body, headers=user.headers)

        assert answer.status_code == 204
        assert progress(client, user).total_xp == 5

    def test_what_is_earned_in_a_tutorial_that_is_gone_stays(self, client, user, sql):
        send(client, user, ping("one"))
        sql("DELETE FROM tutorials")
        client.get("/api/tutorial/config?tutorialId=none")
        sql("UPDATE xp_awards SET tutorial_id = 'gone'")

        (mine,) = progress(client, user).tutorials

        assert (mine.tutorial_id, mine.xp, mine.furthest_position) == ("gone", 5, 0)


class TestTutorial:
    def test_every_step_of_the_arm_completes_it(self, client, user, sql):
        send(client, user, ping("three"), ping("one"))
        assert ("", "tutorial_completed", 100) not in awards(sql)

        send(client, user, ping("two"))

        assert awards(sql) == [
            ("", "tutorial_completed", 100),
            ("one", "step_completed", 5),
            ("three", "step_completed", 0),
            ("two", "step_completed", 10),
        ]
        (mine,) = progress(client, user).tutorials
        assert (mine.completed, mine.xp) == (True, 115)

    def test_what_not_everybody_meets_is_not_needed(self, client, user, publish_yaml):
        """Whoever owns no team never sees its step, and has seen all the same."""
        content = STORY.partition("personas:")[0]
        publish_yaml(content.replace("title: Two}", "title: Two, showOn: has_team}"))

        send(
            client, user, *(ping(each, variant="control") for each in ("one", "three"))
        )

        (mine,) = progress(client, user).tutorials
        assert (mine.completed, mine.xp) == (True, 105)

    def test_a_survey_that_is_declined_at_the_end_costs_no_points(
        self, client, user, publish_yaml, sql
    ):
        content = STORY.partition("personas:")[0] + "survey: {question: How likely?}\n"
        publish_yaml(content.replace("title: Three", "title: Three, kind: survey"))

        send(client, user, *(ping(each, variant="control") for each in ("one", "two")))

        # at once, and not only when somebody asks for the progress
        assert ("", "tutorial_completed", 100) in awards(sql)

    def test_a_shorter_arm_is_completed_by_fewer_steps(self, client, user):
        seen = {"variant": "story_short"}

        send(client, user, ping("one", **seen), ping("three", **seen))

        assert progress(client, user).tutorials[0].completed is True

    def test_the_steps_of_a_shorter_arm_do_not_complete_a_longer_one(
        self, client, user
    ):
        send(client, user, ping("one"), ping("three"))

        assert progress(client, user).tutorials[0].completed is False

    def test_the_persona_belongs_to_the_arm(self, client, user):
        seen = {"persona": "ai-power"}

        send(client, user, ping("one", **seen), ping("two", **seen))

        assert progress(client, user).tutorials[0].completed is True

    def test_the_stored_assignment_is_the_arm_where_none_is_told(self, client, user):
        config = client.get(
            "/api/tutorial/config?tutorialId=story", headers=user.headers
        ).json

        for step in config["steps"]:
            send(client, user, ping(step["id"], variant=None, persona=None))

        assert progress(client, user).tutorials[0].completed is True

    def test_a_stored_arm_that_shows_more_is_not_completed_by_less(
        self, client, user, publish_yaml, sql
    ):
        publish_yaml(
            "id: long\nname: L\nsteps:\n  - {id: first, title: F}\n"
            "personas:\n  ai-power:\n    - insert: {id: more, title: M}\n"
            "      after: first\n"
        )
        sql("INSERT INTO user_personas VALUES (%s, 'ai-power')", user.id)
        untold = {"tutorialId": "long", "variant": None, "persona": None}

        send(client, user, ping("first", **untold))
        assert progress(client, user).tutorials[0].completed is False

        send(client, user, ping("more", **untold))
        assert progress(client, user).tutorials[0].completed is True

    def test_a_step_that_is_added_later_takes_no_completion_away(
        self, client, user, publish_yaml
    ):
        send(client, user, *(ping(step, tutorialVersion=1) for step in ("one", "two")))
        publish_yaml(STORY.replace("steps:", "steps:\n  - {id: zero, title: Zero}"))

        send(client, user, ping("three", tutorialVersion=1))

        assert progress(client, user).tutorials[0].completed is True

    def test_the_newest_version_counts_where_none_is_told(
        self, client, user, publish_yaml
    ):
        publish_yaml(STORY.replace("steps:", "steps:\n  - {id: zero, title: Zero}"))

        send(client, user, ping("one"), ping("two"), ping("three"))

        assert progress(client, user).tutorials[0].completed is False

    def test_it_pays_once_however_often_it_is_run(self, client, user):
        for _ in range(3):
            send(client, user, ping("one"), ping("two"), ping("three"))

        assert progress(client, user).total_xp == 115

    def test_two_devices_that_deliver_at_the_same_instant_complete_it(
        self, app, client, user
    ):
        barrier = threading.Barrier(3)

        def deliver(step_id):
            barrier.wait()
            send(app.test_client(), user, ping(step_id))

        threads = [
            threading.Thread(target=deliver, args=(step,))
            for step in ("one", "two", "three")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        (mine,) = progress(client, user).tutorials
        assert (mine.completed, mine.xp) == (True, 115)

    def test_a_kill_between_the_last_step_and_its_award_costs_nothing(
        self, client, user, sql
    ):
        """The award that a killed server did not write is written by the next reader."""
        send(client, user, ping("one"), ping("two"), ping("three"))
        sql("DELETE FROM xp_awards WHERE rule = 'tutorial_completed'")

        first, second = progress(client, user), progress(client, user)

        assert first == second
        assert first.total_xp == 115

    def test_another_version_of_the_same_steps_pays_the_difference(
        self, client, user, publish_yaml
    ):
        publish_yaml(STORY.replace("xp: 100", "xp: 300"))
        send(
            client,
            user,
            *(ping(step, tutorialVersion=1) for step in ("one", "two", "three")),
        )
        assert progress(client, user).total_xp == 115

        send(client, user, ping("one", tutorialVersion=2))

        assert progress(client, user).total_xp == 315


def test_the_same_points_in_config(client, user):
    config = client.get("/api/tutorial/config?tutorialId=story").json

    assert config["xp"] == 100
    assert [step["xp"] for step in config["steps"]] == [5, 10, 0]
