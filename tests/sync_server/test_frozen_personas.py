"""The persona of the day of assignment holds for as long as the experiment runs."""

from __future__ import annotations

from uuid import uuid4

import pytest

from sync_server.app import create_app
from sync_server.experiments.assignments import Assignments
from sync_server.identity.persons import Persons
from sync_server.tutorials.definition import Experiment, ExperimentStatus, Variant
from sync_server.tutorials.known_users import KnownUsers
from tests.support.server_process import wait_until
from tests.sync_server.conftest import TOUR

CONFIG = "/api/tutorial/config?tutorialId="
HALVES = (Variant(id="one", weight=50), Variant(id="two", weight=50))

pytestmark = pytest.mark.usefixtures("tour")


@pytest.fixture
def become(sql, client, service):
    """Give a user a persona, and wait until the server has heard of it."""

    def run(user, persona):
        sql(
            "INSERT INTO user_personas (user_id, persona) VALUES (%s, %s)"
            " ON CONFLICT (user_id) DO UPDATE SET persona = excluded.persona",
            user.id,
            persona,
        )
        url = f"/_internal/persona/{user.id}"
        wait_until(
            lambda: client.get(url, headers=service.headers).json["persona"] == persona,
            timeout_seconds=2.5,
            what="the persona",
        )

    return run


def answer(client, user, tutorial_id="tour"):
    found = client.get(CONFIG + tutorial_id, headers=user.headers)
    assert found.status_code == 200
    return found


def config(client, user, tutorial_id="tour"):
    return answer(client, user, tutorial_id).json


def invitation(shown):
    """Return the title of the step that team managers see otherwise."""
    (step,) = (step for step in shown["steps"] if step["id"] == "invite")
    return step["title"]


def identify(client, account, anonymous):
    found = client.post(
        "/api/tutorial/identify",
        headers=account.headers,
        json={"anonymousToken": anonymous.token},
    )
    assert found.status_code == 204


def ping(client, user, **fields):
    body = {
        "tutorialId": "tour",
        "stepId": "welcome",
        "status": "started",
        "t": 0,
        "eventId": str(uuid4()),
        **fields,
    }
    found = client.post("/api/tutorial/step", headers=user.headers, json=body)
    assert found.status_code == 204, found.text


class TestConfig:
    def test_content_does_not_change_while_the_experiment_runs(
        self, client, user, become
    ):
        before = answer(client, user)
        become(user, "team-manager")
        after = answer(client, user)

        assert after.json["persona"] == "newbie"
        assert invitation(after.json) == "Invite"
        assert after.headers["ETag"] == before.headers["ETag"]

    def test_a_persona_of_before_the_assignment_is_the_one_that_stays(
        self, client, user, become
    ):
        become(user, "team-manager")
        assert invitation(config(client, user)) == "Bring your team"
        become(user, "ai-power")

        assert config(client, user)["persona"] == "team-manager"

    def test_where_no_experiment_runs_it_is_todays(self, client, user, become):
        assert config(client, user, "plain")["persona"] == "newbie"
        config(client, user)
        become(user, "team-manager")

        assert config(client, user, "plain")["persona"] == "team-manager"

    def test_once_the_experiment_is_over_it_is_todays(
        self, client, user, become, publish_yaml
    ):
        config(client, user)
        become(user, "team-manager")
        publish_yaml(TOUR.replace("status: running", "status: completed"))

        wait_until(
            lambda: invitation(config(client, user)) == "Bring your team",
            timeout_seconds=2.5,
            what="today's persona",
        )

    def test_an_assignment_of_before_personas_were_noted_goes_by_todays(
        self, client, user, become, sql
    ):
        sql(
            "INSERT INTO tutorial_assignments (user_id, experiment_id, variant_id)"
            " VALUES (%s, 'tour-v1', 'tour_control')",
            user.id,
        )
        assert config(client, user)["persona"] == "newbie"
        become(user, "team-manager")

        assert config(client, user)["persona"] == "team-manager"


class TestPersons:
    def test_the_account_inherits_the_persona_with_the_variant(
        self, client, make_user, become, sql
    ):
        phone, account = make_user(is_anonymous=True), make_user()
        seen = config(client, phone)
        become(account, "team-manager")
        identify(client, account, phone)

        mine = config(client, account)

        assert mine["steps"] == seen["steps"]
        assert (mine["variant"], mine["persona"]) == (seen["variant"], "newbie")
        assert dict(sql("SELECT user_id, persona FROM tutorial_assignments")) == {
            phone.id: "newbie",
            account.id: "newbie",
        }

    def test_what_an_id_has_itself_comes_before_what_is_shared(
        self, client, make_user, become
    ):
        phone, account = make_user(is_anonymous=True), make_user()
        become(account, "team-manager")
        assert config(client, phone)["persona"] == "newbie"
        assert config(client, account)["persona"] == "team-manager"
        identify(client, account, phone)
        become(account, "ai-power")

        assert config(client, phone)["persona"] == "newbie"
        assert config(client, account)["persona"] == "team-manager"

    def test_an_account_takes_todays_where_the_shared_assignment_has_none(
        self, client, make_user, become, sql
    ):
        phone, account = make_user(is_anonymous=True), make_user()
        sql(
            "INSERT INTO tutorial_assignments (user_id, experiment_id, variant_id)"
            " VALUES (%s, 'tour-v1', 'tour_short')",
            phone.id,
        )
        become(account, "team-manager")
        identify(client, account, phone)

        mine = config(client, account)
        assert (mine["variant"], mine["persona"]) == ("tour_short", "team-manager")


class TestLaunch:
    ONLY_NEWBIES = TOUR + "rules: {personas: [newbie]}\n"

    def launch(self, client, user):
        found = client.get("/api/tutorial/launch", headers=user.headers).json
        return {item["tutorialId"]: item["etag"] for item in found["tutorials"]}

    def test_a_rule_looks_at_the_persona_that_config_tells(
        self, client, user, become, publish_yaml
    ):
        publish_yaml(self.ONLY_NEWBIES)
        etag = answer(client, user).headers["ETag"]
        become(user, "team-manager")

        assert self.launch(client, user)["tour"] == etag

    def test_whoever_was_not_assigned_goes_by_todays(
        self, client, user, become, publish_yaml, sql
    ):
        publish_yaml(self.ONLY_NEWBIES)
        become(user, "team-manager")

        assert "tour" not in self.launch(client, user)
        assert sql("SELECT count(*) FROM tutorial_assignments") == [(0,)]


class TestPings:
    def personas(self, sql):
        return [row[0] for row in sql("SELECT persona FROM tutorial_step_events")]

    def test_one_that_tells_no_persona_saw_what_config_showed(
        self, client, user, become, sql
    ):
        config(client, user)
        become(user, "team-manager")
        ping(client, user)
        ping(client, user, tutorialId="plain", stepId="only")

        assert self.personas(sql) == ["newbie", "team-manager"]

    def test_so_it_is_for_a_worker_that_never_served_the_config(
        self, client, user, become, settings, pool, clock, sql
    ):
        config(client, user)
        become(user, "team-manager")
        ping(create_app(settings, pool=pool, clock=clock).test_client(), user)

        assert self.personas(sql) == ["newbie"]

    def test_an_account_that_has_not_asked_yet_saw_what_its_device_did(
        self, client, make_user, become, sql
    ):
        phone, account = make_user(is_anonymous=True), make_user()
        config(client, phone)
        become(account, "team-manager")
        identify(client, account, phone)
        ping(client, account)

        assert self.personas(sql) == ["newbie"]
        assert sql("SELECT user_id FROM tutorial_assignments") == [(phone.id,)]


class TestDevices:
    """A device that takes an arm offline shows it with the persona of its content."""

    @pytest.fixture
    def told(self, client, user):
        (variant,) = {config_variant(user)}
        return {"experimentId": "tour-v1", "variant": variant, "epoch": 1}

    def test_what_the_device_showed_stays(self, client, user, become, told, sql):
        become(user, "team-manager")
        ping(client, user, assignment=told, persona="newbie")

        assert sql("SELECT persona FROM tutorial_assignments") == [("newbie",)]
        assert invitation(config(client, user)) == "Invite"

    @pytest.mark.parametrize("fields", [{}, {"persona": "an invention"}])
    def test_todays_stays_where_the_device_tells_none_that_there_is(
        self, client, user, become, told, sql, fields
    ):
        become(user, "team-manager")
        ping(client, user, assignment=told, **fields)

        assert sql("SELECT persona FROM tutorial_assignments") == [("team-manager",)]

    def test_what_was_stored_first_stays(self, client, user, become, told, sql):
        become(user, "team-manager")
        config(client, user)
        ping(client, user, assignment=told, persona="newbie")

        assert sql("SELECT persona FROM tutorial_assignments") == [("team-manager",)]


def config_variant(user):
    from client_sdk.contracts.assignment import assign_variant

    halves = [
        Variant(id="tour_control", weight=50),
        Variant(id="tour_short", weight=50),
    ]
    return assign_variant(str(user.id), halves)


class CountingPersons(Persons):
    """Counts the look-ups."""

    reads = 0

    def read(self, user_id, experiment_ids):
        self.reads += 1
        return super().read(user_id, experiment_ids)


class TestLookUps:
    @pytest.fixture
    def persons(self, pool):
        return CountingPersons(pool)

    @pytest.fixture
    def users(self, pool, persons):
        return KnownUsers(persons, Assignments(pool))

    @pytest.fixture
    def running(self):
        return [
            Experiment(id=name, status=ExperimentStatus.RUNNING, variants=HALVES)
            for name in ("a", "b")
        ]

    def test_variant_and_persona_come_with_one_look(self, users, persons, running):
        user_id = uuid4()
        known = users.get(user_id, running)

        assert users.get(user_id, running) is known
        assert users.seen(user_id, running) is known
        assert [known.persona_under(each) for each in running] == ["newbie"] * 2
        assert persons.reads == 1

    def test_to_look_only_assigns_nobody_and_is_one_look_too(
        self, users, persons, running, sql
    ):
        user_id = uuid4()
        known = users.seen(user_id, running)

        assert users.seen(user_id, running) is known
        assert users.seen(user_id, running[:1]) is known
        assert known.variants == {}
        assert sql("SELECT count(*) FROM tutorial_assignments") == [(0,)]
        assert persons.reads == 1

    def test_what_was_not_assigned_is_not_kept_beside_a_newer_look(
        self, users, persons, running, sql
    ):
        """Somebody else assigned the user in between, with another persona."""
        user_id = uuid4()
        users.seen(user_id, running[:1])
        sql(
            "INSERT INTO tutorial_assignments VALUES (%s, 'a', 'one', now(), 'ai-power')",
            user_id,
        )
        users.get(user_id, running[1:])

        known = users.seen(user_id, running[:1])
        assert known.persona_under(running[0]) == "ai-power"
        assert known.variants["a"] == "one"
