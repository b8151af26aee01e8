"""A device that assigns itself offline shows what config would have shown it."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import assume, given, strategies as st

from client_sdk.contracts.assignment import assign_variant
from client_sdk.contracts.changes import change_of
from client_sdk.contracts.codec import DecodeError, decode, encode
from client_sdk.contracts.experiment import MAX_COVERAGE, SPEC_V1, StepOverride
from client_sdk.contracts.planning import allot, render_arm
from client_sdk.contracts.tutorial import TutorialConfig
from sync_server.tutorials.definition import Experiment, ExperimentStatus, Variant
from sync_server.tutorials.planning import config_of
from sync_server.tutorials.rendering import render_config
from sync_server.tutorials.store import PublishedVersion
from tests.sync_server.test_changes import CHANGES, TUTORIALS

PERSONAS = st.dictionaries(
    st.sampled_from(["newbie", "ai-power"]), st.lists(CHANGES, max_size=4).map(tuple)
)
ARMS = st.lists(
    st.tuples(st.integers(1, 100), st.lists(CHANGES, max_size=4).map(tuple)),
    min_size=1,
    max_size=4,
)


@given(TUTORIALS, PERSONAS, ARMS, st.sampled_from(["newbie", "ai-power"]), st.uuids())
def test_the_device_shows_what_config_gives_a_user_of_the_arm(
    steps, personas, arms, persona, user_id
):
    """Whichever arm's answer the device has, and whichever arm it falls into."""
    content = PublishedVersion(
        tutorial_id="t",
        version=1,
        steps=tuple(steps),
        survey=None,
        personas=personas,
        xp=0,
        rules=None,
    )
    running = Experiment(
        id="e",
        status=ExperimentStatus.RUNNING,
        variants=tuple(
            Variant(id=f"v{i}", weight=weight, changes=changes)
            for i, (weight, changes) in enumerate(arms)
        ),
    )
    answers = {
        variant.id: config_of(content, running, variant, persona)
        for variant in running.variants
    }
    # authors cannot publish an arm without steps
    assume(all(answer.steps for answer in answers.values()))

    for answer in answers.values():
        received = decode(TutorialConfig, json.loads(json.dumps(encode(answer))))
        own = allot(received.experiment, str(user_id))
        assert own.variant == assign_variant(str(user_id), running.variants)
        for variant_id, expected in answers.items():
            rendered = render_arm(received, variant_id)
            assert render_config(rendered).etag == render_config(expected).etag


def test_the_answer_names_the_running_experiment(client, tour):
    answer = client.get("/api/tutorial/config?tutorialId=tour").json

    assert answer["experiment"] == {
        "id": "tour-v1",
        "algorithm": SPEC_V1,
        "epoch": 1,
        "coverage": MAX_COVERAGE,
        "variants": [
            {"id": "tour_control", "weight": 50, "overrides": []},
            {
                "id": "tour_short",
                "weight": 50,
                "overrides": [
                    {"omit": "project"},
                    {
                        "insert": {**answer["steps"][0], "id": "tip", "title": "A tip"},
                        "after": "welcome",
                    },
                ],
            },
        ],
        "personaOverrides": [],
    }


def test_without_a_running_experiment_there_is_none(client, tour):
    answer = client.get("/api/tutorial/config?tutorialId=plain").json

    assert "experiment" not in answer


def test_published_steps_come_along_where_others_are_shown(client, user, sql, tour):
    sql("INSERT INTO user_personas VALUES (%s, 'team-manager')", user.id)
    url = "/api/tutorial/config?tutorialId=tour"

    mine = client.get(url, headers=user.headers).json
    nobodys = client.get(url).json

    assert "steps" not in nobodys["experiment"]
    assert mine["experiment"]["steps"] == nobodys["steps"]
    assert mine["experiment"]["personaOverrides"] == [
        {"replace": "invite", "with": {"title": "Bring your team"}}
    ]


def test_v2_answers_as_config_does(client, user, tour):
    answers = [
        client.get(f"{path}?tutorialId=tour", headers=user.headers)
        for path in ("/api/tutorial/config", "/v2/tutorial/config")
    ]

    assert answers[0].json == answers[1].json
    assert answers[0].headers["ETag"] == answers[1].headers["ETag"]


@pytest.mark.parametrize(
    "override",
    [
        {},
        {"repeat": "a"},
        {"replace": "a"},
        {"insert": {"id": "x", "title": "X"}},
        {"move": "a"},
        {"replace": "a", "with": {"title": 7}},
    ],
)
def test_a_change_that_we_do_not_know_is_an_error(override):
    """A device that meets one keeps to what the server assigned."""
    with pytest.raises(DecodeError):
        change_of(decode(StepOverride, override))


def test_a_field_that_we_do_not_know_is_left_out():
    newer = {"replace": "a", "with": {"title": "New", "sparkle": True}}

    change = change_of(decode(StepOverride, newer))

    assert dataclasses.asdict(change) == {"step_id": "a", "fields": {"title": "New"}}
