"""What other services of the house ask: variants and personas."""

from __future__ import annotations

from uuid import uuid4

import pytest

from client_sdk.contracts.assignment import AssignmentAnswer, assign_variant
from client_sdk.contracts.codec import decode
from client_sdk.contracts.persona import PersonaAnswer
from sync_server.tutorials.definition import Variant
from tests.support.server_process import wait_until
from tests.sync_server.conftest import PLAIN, TOUR

ASSIGN = "/_internal/experiments/assign"
HALVES = [Variant(id="tour_control", weight=50), Variant(id="tour_short", weight=50)]
DRAFT = """
experiments:
  - id: plain-v1
    status: draft
    variants:
      - {id: plain_control, weight: 50}
      - {id: plain_other, weight: 50}
"""

pytestmark = pytest.mark.usefixtures("tour")


#: None is the canonical one of a UUID; fixed, so that every worker collects the same tests.
OTHER_SPELLINGS = [
    "X",
    "0197A3C4-5C2E-7B60-9A51-3F1D2C4B5A69",
    "0197a3c45c2e7b609a513f1d2c4b5a69",
]


class TestAssign:
    @pytest.fixture
    def assign(self, client, service):
        def ask(user_id, experiment_id="tour-v1", headers=service.headers):
            body = {"userId": str(user_id), "experimentId": experiment_id}
            return client.post(ASSIGN, headers=headers, json=body)

        return ask

    def test_a_running_experiment_splits(self, assign, sql):
        users = [uuid4() for _ in range(10)]
        answers = {id_: assign(id_).json for id_ in users}

        expected = {id_: assign_variant(str(id_), HALVES) for id_ in users}
        assert answers == {
            id_: {"variant": variant, "reason": "SPLIT"}
            for id_, variant in expected.items()
        }
        assert decode(AssignmentAnswer, answers[users[0]]).reason == "SPLIT"
        stored = sql("SELECT user_id, variant_id FROM tutorial_assignments")
        assert dict(stored) == expected

    def test_it_is_what_config_says(self, assign, client, user):
        said = assign(user.id).json["variant"]

        config = client.get(
            "/api/tutorial/config?tutorialId=tour", headers=user.headers
        ).json
        assert config["variant"] == said

    def test_a_draft_is_disabled_and_assigns_nobody(self, assign, publish_yaml, sql):
        publish_yaml(PLAIN + DRAFT)

        answer = assign(uuid4(), "plain-v1")

        assert answer.json == {"variant": "control", "reason": "DISABLED"}
        assert sql("SELECT count(*) FROM tutorial_assignments") == [(0,)]

    def test_an_experiment_that_is_over_is_disabled(self, assign, publish_yaml, user):
        assign(user.id)
        publish_yaml(TOUR.replace("status: running", "status: completed"))

        wait_until(
            lambda: (
                assign(user.id).json == {"variant": "control", "reason": "DISABLED"}
            ),
            timeout_seconds=2.5,
            what="the experiment is over",
        )

    def test_an_experiment_is_known_at_once(self, assign, publish_yaml):
        assign(uuid4())
        publish_yaml(PLAIN + DRAFT.replace("draft", "running"))

        assert assign(uuid4(), "plain-v1").json["reason"] == "SPLIT"

    def test_an_unknown_experiment_is_a_404(self, assign):
        answer = assign(uuid4(), "nothing")

        assert (answer.status_code, answer.json["code"]) == (404, "unknown_experiment")

    @pytest.mark.parametrize("user_id", OTHER_SPELLINGS)
    def test_another_spelling_of_a_user_is_refused(self, assign, user_id):
        answer = assign(user_id)

        assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
        assert answer.json["errors"][0]["pointer"] == "/userId"

    def test_users_are_refused(self, assign, user):
        answer = assign(uuid4(), headers=user.headers)

        assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


class TestPersona:
    @pytest.fixture
    def persona(self, client, service):
        def ask(user_id, **headers):
            return client.get(
                f"/_internal/persona/{user_id}", headers={**service.headers, **headers}
            )

        return ask

    @pytest.fixture
    def becomes(self, persona):
        def wait(user_id, name, confidence):
            wait_until(
                lambda: (
                    persona(user_id).json
                    == {
                        "persona": name,
                        "confidence": confidence,
                        "source": "model" if confidence else "default",
                    }
                ),
                timeout_seconds=2.5,
                what="the persona is known within 2 s",
            )

        return wait

    def test_it_is_what_is_stored(self, persona, sql):
        user_id = uuid4()
        sql(
            "INSERT INTO user_personas (user_id, persona, confidence)"
            " VALUES (%s, 'team-manager', 0.82)",
            user_id,
        )

        answer = persona(user_id)

        assert answer.json == {
            "persona": "team-manager",
            "confidence": 0.82,
            "source": "model",
        }
        assert decode(PersonaAnswer, answer.json).confidence == 0.82
        assert answer.headers["Cache-Control"] == "max-age=600"

    def test_of_nobody_it_is_the_default_without_confidence(self, persona):
        answer = persona(uuid4())

        assert answer.json == {
            "persona": "newbie",
            "confidence": 0.0,
            "source": "default",
        }
        assert decode(PersonaAnswer, {**answer.json, "confidence": 0}).confidence == 0

    @pytest.mark.parametrize("confidence", [None, "NaN", "Infinity", "-0.1"])
    def test_what_is_no_probability_is_no_confidence(self, persona, sql, confidence):
        user_id = uuid4()
        sql(
            "INSERT INTO user_personas (user_id, persona, confidence)"
            " VALUES (%s, 'ai-power', %s)",
            user_id,
            confidence,
        )

        assert persona(user_id).json == {
            "persona": "ai-power",
            "confidence": 0.0,
            "source": "model",
        }

    def test_a_row_without_a_persona_is_none(self, persona, sql):
        user_id = uuid4()
        sql("INSERT INTO user_personas (user_id, confidence) VALUES (%s, 1)", user_id)

        assert persona(user_id).json == {
            "persona": "newbie",
            "confidence": 0.0,
            "source": "default",
        }

    def test_a_new_one_is_known_within_two_seconds(self, persona, becomes, sql):
        user_id = uuid4()
        persona(user_id)

        sql(
            "INSERT INTO user_personas (user_id, persona, confidence)"
            " VALUES (%s, 'ai-power', 0.5)",
            user_id,
        )
        becomes(user_id, "ai-power", 0.5)
        sql("UPDATE user_personas SET confidence = 0.75")
        becomes(user_id, "ai-power", 0.75)
        sql("DELETE FROM user_personas")
        becomes(user_id, "newbie", 0.0)

    def test_a_truncated_table_is_noticed(self, persona, becomes, sql):
        user_id = uuid4()
        sql(
            "INSERT INTO user_personas (user_id, persona, confidence)"
            " VALUES (%s, 'ai-power', 0.5)",
            user_id,
        )
        becomes(user_id, "ai-power", 0.5)

        sql("TRUNCATE user_personas")

        becomes(user_id, "newbie", 0.0)

    def test_the_same_answer_is_a_304(self, persona):
        user_id = uuid4()
        first = persona(user_id)

        second = persona(user_id, **{"If-None-Match": first.headers["ETag"]})

        assert (second.status_code, second.data) == (304, b"")
        assert second.headers["ETag"] == first.headers["ETag"]

    @pytest.mark.parametrize("user_id", OTHER_SPELLINGS)
    def test_another_spelling_of_a_user_is_refused(self, persona, user_id):
        answer = persona(user_id)

        assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
        assert answer.json["errors"][0]["pointer"] == "/userId"

    def test_users_are_refused_their_own_too(self, client, user):
        answer = client.get(f"/_internal/persona/{user.id}", headers=user.headers)

        assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
