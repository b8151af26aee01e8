"""Personas on their way to services, tutorials and experiments."""

from __future__ import annotations

import numpy as np
import pytest

from client_sdk.contracts.codec import decode
from client_sdk.contracts.persona import PersonaAnswer
from sync_server.db.pool import connect
from sync_server.personas.versions import Versions
from tests.support.populations import population
from tests.support.server_process import wait_until
from tests.sync_server.personas.filled import fill, refit, rows_of, user_ids

MANAGERS_TOUR = """
id: managed
name: A tour that managers see otherwise
steps:
  - {id: hello, title: Hello}
personas:
  team-manager:
    - replace: hello
      with: {title: Hello team}
"""


@pytest.fixture
def users():
    return population(600, np.random.default_rng(1), spread=0.3)


@pytest.fixture
def manager(database_url, users):
    """A user of whom the next refit makes a team manager."""
    fill(database_url, users)
    return user_ids(users)[int(np.flatnonzero(users.truth == 2)[0])]


@pytest.fixture
def persona(client, service):
    def ask(user_id):
        answer = client.get(f"/_internal/persona/{user_id}", headers=service.headers)
        return decode(PersonaAnswer, answer.json)

    return ask


def known(ask, user_id, name):
    wait_until(
        lambda: ask(user_id).persona == name,
        timeout_seconds=2.5,
        what="the persona is known within 2 s",
    )


def test_a_switch_is_seen_by_a_running_server_within_two_seconds(
    persona, database_url, manager
):
    assert persona(manager).source == "default"
    refit(database_url).run()
    known(persona, manager, "team-manager")
    answer = persona(manager)
    assert answer.source == "model"
    assert answer.confidence == rows_of(database_url)[manager][2] > 0.5


def test_so_is_a_rollback(persona, database_url, manager, users):
    refit(database_url).run()
    # some managers, this one among them, are none any more
    users.truth[np.flatnonzero(users.truth == 2)[:30]] = 0
    fill(database_url, users.next_night(np.random.default_rng(2), unrest=0.1))
    assert refit(database_url).run().is_served
    known(persona, manager, "newbie")
    with connect(database_url) as connection:
        Versions().serve_previous(connection)
    known(persona, manager, "team-manager")


def test_the_persona_reaches_the_tutorial(
    client, database_url, manager, make_user, publish_yaml
):
    publish_yaml(MANAGERS_TOUR)
    user = make_user(manager)

    def title():
        config = client.get(
            "/api/tutorial/config?tutorialId=managed", headers=user.headers
        ).json
        return config["steps"][0]["title"]

    assert title() == "Hello"
    refit(database_url).run()
    wait_until(
        lambda: title() == "Hello team",
        timeout_seconds=2.5,
        what="the persona's step is shown within 2 s",
    )


@pytest.mark.usefixtures("tour")
def test_an_experiment_keeps_the_persona_of_the_day_of_assignment(
    client, database_url, manager, make_user, persona, sql
):
    user = make_user(manager)

    def frozen():
        return sql(
            "SELECT persona FROM tutorial_assignments WHERE user_id = %s", manager
        )

    client.get("/api/tutorial/config?tutorialId=tour", headers=user.headers)
    assert frozen() == [("newbie",)]
    refit(database_url).run()
    known(persona, manager, "team-manager")
    client.get("/api/tutorial/config?tutorialId=tour", headers=user.headers)
    assert frozen() == [("newbie",)]


def test_one_persona_is_one_look_into_an_index(database_url, manager, sql):
    refit(database_url).run()
    sql("SET enable_seqscan = off")
    (plan,) = sql(
        "EXPLAIN (FORMAT JSON) SELECT persona, confidence FROM user_personas "
        "WHERE user_id = %s",
        manager,
    )
    assert plan[0][0]["Plan"]["Index Name"] == "user_personas_pkey"
