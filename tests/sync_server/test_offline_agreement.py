"""What a device decides with no network is what this server decides: on golden cases, and
with the real client on the one side and the real application on the other."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from werkzeug.http import http_date

from client_sdk import ClientConfig, Device, TutorialClient
from client_sdk._bundle import bundle_text
from client_sdk._delivery_errors import Unreachable
from client_sdk._transport import Request, Response
from client_sdk.contracts.codec import encode, format_timestamp
from client_sdk.testing import FakeClock as DeviceClock
from sync_server.tutorials.planning import config_of
from sync_server.tutorials.reading import read_tutorial
from sync_server.tutorials.store import PublishedVersion
from tests.contracts.wire_cases import CASES, load_case_file
from tests.sync_server.conftest import PLAIN

PLANS = load_case_file("plans")["cases"]
RENDERING = load_case_file("rendering")
GOLDEN_TOUR = (CASES / "rendering.yaml").read_text("utf-8")

CONFIG = "/api/tutorial/config?tutorialId="
#: Nothing is sent unasked, and a failed try is repeated at once.
QUIET = ClientConfig(
    flush_interval_seconds=3600,
    startup_delay_seconds=3600,
    flush_at=10_000,
    backoff_initial_seconds=0.01,
    backoff_max_seconds=0.05,
)


def is_spec_v1(case):
    plan = case["plan"]
    return plan["algorithm"] == "spec-v1" and plan["coverage"] == 10_000


def publishable(plan):
    """Return the plan with weights that can be published: the first has what is left."""
    ids = [variant["id"] for variant in plan["variants"]]
    first = {"id": ids[0], "weight": 101 - len(ids)}
    return {**plan, "variants": [first, *({"id": i, "weight": 1} for i in ids[1:])]}


def yaml_of(plan):
    variants = [
        f"      - {{id: {v['id']}, weight: {v['weight']}}}" for v in plan["variants"]
    ]
    return "\n".join(
        [
            "id: t",
            "name: T",
            "steps: [{id: one, title: One}]",
            "experiments:",
            f"  - id: {plan['id']}",
            "    status: running",
            "    variants:",
            *variants,
        ]
    )


def shown(config):
    return [
        f"{s['id']}|{s['title']}|{s['body']}|{s.get('target', '')}|{s['cta']}|{s['xp']}"
        + "".join(
            f"|{t['language']}:{t.get('title', '')},{t.get('body', '')},{t.get('cta', '')}"
            for t in s.get("texts", ())
        )
        for s in config["steps"]
    ]


class TestGoldenPlans:
    @pytest.mark.parametrize(
        "case",
        [
            case
            for case in PLANS
            if is_spec_v1(case) and case["variant"] and "kept" not in case
        ],
        ids=lambda case: case["name"],
    )
    def test_config_gives_the_arm_of_the_case(
        self, client, make_user, publish_yaml, sql, case
    ):
        publish_yaml(yaml_of(publishable(case["plan"])))
        for variant in case["plan"]["variants"]:
            # so that weights come in that no author can publish
            sql(
                "UPDATE tutorial_variants SET weight = %s WHERE id = %s",
                variant["weight"],
                variant["id"],
            )
        user = make_user(UUID(case["userId"]))

        answer = client.get(CONFIG + "t", headers=user.headers)

        assert answer.json["variant"] == case["variant"]

    @pytest.mark.parametrize(
        "case",
        [case for case in PLANS if is_spec_v1(case) and "kept" in case],
        ids=lambda case: case["name"],
    )
    def test_what_is_stored_stays(self, client, make_user, publish_yaml, sql, case):
        publish_yaml(yaml_of(case["plan"]))
        user = make_user(UUID(case["userId"]))
        sql(
            "INSERT INTO tutorial_assignments (user_id, experiment_id, variant_id)"
            " VALUES (%s, 'e', %s)",
            user.id,
            case["kept"],
        )

        answer = client.get(CONFIG + "t", headers=user.headers)

        assert answer.json["variant"] == case["variant"]

    @pytest.mark.parametrize(
        "case",
        [case for case in PLANS if not is_spec_v1(case)],
        ids=lambda case: case["name"],
    )
    def test_a_plan_that_no_device_may_assign_by_cannot_be_stored(
        self, publish_yaml, sql, case
    ):
        """So that the server never assigns where a device does not."""
        plan = case["plan"]
        publish_yaml(yaml_of(plan))

        with pytest.raises(psycopg.errors.CheckViolation):
            sql(
                "UPDATE tutorial_experiments SET algorithm = %s, salt = %s, coverage = %s",
                plan["algorithm"],
                plan.get("salt"),
                plan["coverage"],
            )


class TestGoldenArms:
    @pytest.mark.parametrize(
        "case",
        [case for case in RENDERING["cases"] if case["variant"] != "gone"],
        ids=lambda case: case["name"],
    )
    def test_config_shows_the_arm_of_the_case(
        self, client, user, publish_yaml, sql, case
    ):
        publish_yaml(GOLDEN_TOUR)
        sql("INSERT INTO user_personas VALUES (%s, %s)", user.id, case["persona"])
        sql(
            "INSERT INTO tutorial_assignments (user_id, experiment_id, variant_id)"
            " VALUES (%s, 'golden-v1', %s)",
            user.id,
            case["variant"],
        )

        answer = client.get(CONFIG + "golden", headers=user.headers).json

        assert shown(answer) == case["shown"]

    @pytest.mark.parametrize("persona", RENDERING["answers"])
    def test_the_answers_of_the_cases_are_the_servers(self, persona):
        tutorial, _ = read_tutorial(GOLDEN_TOUR, file="rendering.yaml")
        content = PublishedVersion(
            tutorial_id=tutorial.id,
            version=1,
            steps=tutorial.steps,
            survey=None,
            personas=tutorial.personas,
            xp=0,
            rules=None,
        )
        (experiment,) = tutorial.experiments
        mine = encode(config_of(content, experiment, experiment.variants[0], persona))
        golden = RENDERING["answers"][persona]

        assert {**mine, "expires": golden["expires"]} == golden
        gone = encode(config_of(content, experiment, None, persona))
        (case,) = [
            one
            for one in RENDERING["cases"]
            if (one["persona"], one["variant"]) == (persona, "gone")
        ]
        assert shown(gone) == case["shown"]


@pytest.mark.parametrize(
    "case", load_case_file("survey_window")["cases"], ids=lambda case: case["name"]
)
def test_an_answer_is_taken_or_not_as_the_case_says(
    client, user, tour, clock, sql, case
):
    def submit(seconds, tutorial_id):
        return client.post(
            "/api/tutorial/survey",
            headers=user.headers,
            json={
                "tutorialId": tutorial_id,
                "nps": 9,
                "submissionId": str(uuid4()),
                "occurredAt": format_timestamp(clock.now + timedelta(seconds=seconds)),
            },
        )

    for seconds in case["answered"]:
        # about another tutorial: the 30 days are a person's, not a tutorial's
        assert submit(seconds, "plain").status_code == 201

    answer = submit(case["at"], "tour")

    if case["closedUntil"] is None:
        assert answer.status_code == 201
    else:
        assert answer.status_code == 429
        retry_after = int(answer.headers["Retry-After"])
        assert retry_after == pytest.approx(case["closedUntil"], abs=1)


class Network:
    """The way from the client to the application of the test; it can be cut."""

    def __init__(self, client, clock):
        self.is_up = True
        self._client = client
        self._clock = clock

    def send(self, request: Request) -> Response:
        if not self.is_up:
            raise Unreachable("the test cut the network")
        answer = self._client.open(
            request.path,
            method=request.method,
            query_string=dict(request.params),
            headers=dict(request.headers),
            data=request.body,
        )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        # granian puts it on
        headers["date"] = http_date(self._clock.now)
        return Response(status=answer.status_code, headers=headers, body=answer.data)

    def close(self) -> None:
        """Let the application live on."""


@pytest.fixture
def network(client, clock):
    return Network(client, clock)


@pytest.fixture
def device_clock(clock):
    return DeviceClock(now_ms=int(clock.now.timestamp() * 1000))


@pytest.fixture
def pass_time(clock, device_clock):
    """Let time pass for the server and the device."""

    def run(seconds):
        clock.advance(seconds=seconds)
        device_clock.advance(seconds)

    return run


@pytest.fixture
def bundled(client, clock, tmp_path):
    """Write a bundle of these tutorials, as anybody gets them."""

    def write(*tutorial_ids):
        answers = [client.get(CONFIG + each) for each in tutorial_ids]
        pairs = [(one.headers["ETag"], one.text) for one in answers]
        path = tmp_path / "bundle.json"
        path.write_text(bundle_text(pairs, made_at=clock.now), "utf-8")
        return path

    return write


@pytest.fixture
def open_device(network, device_clock, tmp_path):
    """Return a function that opens a client on a folder of its own."""
    opened: list[TutorialClient] = []

    def open_one(**arguments):
        one = TutorialClient(
            "http://kazi.invalid",
            storage_dir=tmp_path / f"device-{len(opened)}",
            transport=network,
            clock=device_clock,
            config=QUIET,
            device=Device.ANDROID,
            **arguments,
        )
        opened.append(one)
        return one

    yield open_one
    for one in opened:
        one.close()


class TestFirstStartOffline:
    @pytest.fixture(autouse=True)
    def published(self, publish_yaml):
        publish_yaml(GOLDEN_TOUR)

    def test_a_device_shows_what_the_server_gives_it_later(
        self, client, network, open_device, bundled
    ):
        """Twelve devices: each arm has a quarter of the users."""
        bundle = bundled("golden")
        variants = set()
        for _ in range(12):
            network.is_up = False
            device = open_device(bundle=bundle)
            session = device.tutorial("golden")
            session.start()
            offline = session.config

            network.is_up = True
            device.flush(timeout_seconds=10)

            decisions = device._core.tutorials.decisions
            served = decisions.cache.current(
                device._core.storage.foreground,
                user_id=device.status().user_id,
                tutorial_id="golden",
            ).config
            assert (offline.variant, offline.steps) == (served.variant, served.steps)
            variants.add(offline.variant)
        assert len(variants) > 1

    @pytest.mark.parametrize("persona", ["newbie", "team-manager", "ai-power"])
    def test_what_a_device_showed_offline_stays_whatever_the_persona_is(
        self, network, open_device, bundled, sql, persona
    ):
        """Other services may know more of the user than a device without a network."""
        bundle = bundled("golden")
        network.is_up = False
        device = open_device(bundle=bundle)
        session = device.tutorial("golden")
        session.start()
        offline = session.config
        user_id = device.status().user_id
        sql("INSERT INTO user_personas VALUES (%s, %s)", user_id, persona)

        network.is_up = True
        device.flush(timeout_seconds=10)

        served = device._core.tutorials.decisions.cache.current(
            device._core.storage.foreground, user_id=user_id, tutorial_id="golden"
        ).config
        assert sql("SELECT persona FROM tutorial_assignments") == [("newbie",)]
        assert (served.variant, served.persona, served.steps) == (
            offline.variant,
            "newbie",
            offline.steps,
        )

    def test_the_server_takes_over_what_the_device_decided(
        self, client, network, open_device, bundled, sql
    ):
        network.is_up = False
        device = open_device(bundle=bundled("golden"))
        session = device.tutorial("golden")
        session.start()
        session.next()

        network.is_up = True
        device.flush(timeout_seconds=10)

        lines = client.get("/metrics").text.splitlines()
        assert any(
            line.startswith('tutorial_device_assignments_total{outcome="valid"} 1')
            for line in lines
        )
        assert set(sql("SELECT variant_id FROM tutorial_step_events")) == {
            (session.variant,)
        }

    def test_whoever_has_opted_out_takes_an_arm_and_is_not_known(
        self, network, open_device, bundled, publish_yaml, sql
    ):
        """Content comes without a token then: it was made for nobody."""
        publish_yaml(PLAIN)
        arms = set()
        for _ in range(12):
            device = open_device()
            device.opt_out()
            session = device.tutorial("golden")
            device.flush(timeout_seconds=10)
            session.start()
            arms.add(session.variant)
            reason = device.explain("golden").variant.reason
            assert reason in ("SPLIT", "CACHED")

        assert len(arms) > 1
        assert sql("SELECT count(*) FROM tutorial_assignments") == [(0,)]

    def test_content_for_nobody_is_the_users_own_after_opting_in(
        self, open_device, pass_time, sql
    ):
        device = open_device()
        device.opt_out()
        session = device.tutorial("golden")
        device.flush(timeout_seconds=10)
        offline = session.variant
        device.opt_in()
        pass_time(3600)

        device.flush(timeout_seconds=10)

        assert session.variant == offline
        assert device.explain("golden").variant.detail == "the server assigned it"
        assert sql("SELECT variant_id FROM tutorial_assignments") == [(offline,)]

    def test_what_the_server_gave_before_wins_over_the_plan(
        self, network, open_device, bundled, sql
    ):
        bundle = bundled("golden")
        network.is_up = False
        device = open_device(bundle=bundle)
        session = device.tutorial("golden")
        mine = session.variant
        other = "g_moved" if mine != "g_moved" else "g_plain"
        sql(
            "INSERT INTO tutorial_assignments (user_id, experiment_id, variant_id)"
            " VALUES (%s, 'golden-v1', %s)",
            device.status().user_id,
            other,
        )

        network.is_up = True
        device.flush(timeout_seconds=10)

        assert session.variant == other

    def test_content_that_the_server_would_serve_is_not_fetched_again(
        self, client, network, open_device, bundled, publish_yaml
    ):
        publish_yaml(PLAIN)
        bundle = bundled("plain")
        device = open_device(bundle=bundle)
        device.launch()
        device.flush(timeout_seconds=10)

        explanation = device.explain("plain")

        assert explanation.config.source == "fresh"


RULES = {
    "a": "priority: 5",
    "b": "requires: [a]",
    "c": "repeatable: true, maxRuns: 2, cooldownSeconds: 60",
    "d": "devices: [ios]",
    "e": "personas: [ai-power]",
    "f": "repeatable: true, priority: -3",
}


def test_both_list_the_same_at_every_moment_of_a_history(
    client, user, open_device, publish_yaml, pass_time
):
    for tutorial_id, rules in RULES.items():
        publish_yaml(
            f"id: {tutorial_id}\nname: T\nrules: {{{rules}}}\n"
            "steps: [{id: one, title: One}, {id: two, title: Two}]"
        )
    device = open_device(token_provider=lambda: user.token)
    sessions = {each: device.tutorial(each) for each in RULES}
    seen = []

    def compare():
        device.flush(timeout_seconds=10)
        answer = client.get(
            "/api/tutorial/launch",
            headers={**user.headers, "x-kazi-device": "android"},
        )
        theirs = [
            (one["tutorialId"], one["resumes"]) for one in answer.json["tutorials"]
        ]
        mine = [(one.tutorial_id, one.resumes) for one in device.launch()]
        assert mine == theirs
        seen.append([tutorial_id for tutorial_id, _ in mine])

    def play(tutorial_id):
        session = sessions[tutorial_id]
        session.start(restart=True)
        session.next()
        session.next()

    compare()
    sessions["a"].start()
    sessions["a"].next()
    compare()
    sessions["a"].next()
    compare()
    play("c")
    compare()
    pass_time(61)
    compare()
    play("c")
    play("f")
    pass_time(61)
    compare()
    assert seen == [
        ["a", "c", "f"],
        ["a", "c", "f"],
        ["b", "c", "f"],
        ["b", "f"],
        ["b", "c", "f"],
        ["b", "f"],
    ]


class TestSurveyThrottle:
    def test_a_refusal_closes_the_survey_on_the_device_for_as_long(
        self, client, user, tour, open_device, pass_time, clock
    ):
        """Another device of the person answered ten days ago."""
        client.post(
            "/api/tutorial/survey",
            headers=user.headers,
            json={"tutorialId": "tour", "nps": 9},
        )
        pass_time(10 * 86_400)
        device = open_device(token_provider=lambda: user.token)
        session = device.tutorial("tour")
        device.flush(timeout_seconds=10)
        session.start()
        while session.next():
            pass
        assert session.status == "survey"
        session.submit_survey(nps=3)

        device.flush(timeout_seconds=10)

        survey = device.explain("tour").survey
        assert survey.verdict == "too_early"
        assert survey.closed_until == pytest.approx(
            clock.now + timedelta(days=20), abs=timedelta(seconds=2)
        )
        session.start(restart=True)
        while session.next():
            pass
        assert session.status == "finished"
        pass_time(20 * 86_400 + 2)
        session.start(restart=True)
        while session.next():
            pass
        assert session.status == "survey"
