"""``client.explain()``: what was decided, and why, as codes and in words."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from pathlib import Path

import pytest

from client_sdk import TutorialClient, TutorialConfig
from client_sdk.contracts.launch import LaunchReason
from client_sdk.contracts.tutorial import Rules
from client_sdk.testing import FakeClock, FakeServer, problem_response
from tests.client_sdk.conftest import OpenClient, tour
from tests.client_sdk.test_bundle import ANSWER, write

DAY = 86_400


def ruled(**rules: object) -> TutorialConfig:
    return dataclasses.replace(
        tour("intro", "team"),
        rules=Rules(**rules),  # type: ignore[arg-type]
    )


def play(client: TutorialClient) -> None:
    session = client.tutorial("welcome-tour")
    session.start(restart=True)
    while session.next():
        pass


class TestContent:
    def test_none_is_told_as_none(self, open_client: OpenClient, server: FakeServer):
        server.online = False
        client = open_client()

        found = client.explain("welcome-tour")

        assert (found.verdict, found.config.source) == ("no_content", "none")
        assert (found.variant.variant, found.launch, found.rules) == (None, None, ())
        assert "no content on this device" in str(found)

    def test_fresh_becomes_stale_and_grows_old(
        self, client: TutorialClient, clock: FakeClock
    ):
        assert client.explain("welcome-tour").config.source == "fresh"

        clock.advance(3 * DAY)

        found = client.explain("welcome-tour").config
        assert (found.source, found.age) == ("stale", timedelta(days=3))

    def test_a_clock_set_back_by_years_is_no_reason_to_fail(
        self, client: TutorialClient, clock: FakeClock
    ):
        clock.jump(-5 * 365 * DAY)

        found = client.explain("welcome-tour")

        assert found.config.source == "stale"
        assert "set back" in str(found)

    def test_an_open_run_keeps_its_own(
        self, client: TutorialClient, server: FakeServer, clock: FakeClock
    ):
        client.tutorial("welcome-tour").start()
        server.configs["welcome-tour"] = tour("intro", version=2)
        clock.advance(DAY)
        client.flush(timeout_seconds=10)

        found = client.explain("welcome-tour")

        assert (found.config.source, found.config.version) == ("pinned", 1)
        assert found.verdict == "resumes"

    def test_a_bundled_one_says_how_its_variant_came_about(
        self, open_client: OpenClient, server: FakeServer, tmp_path: Path
    ):
        server.online = False
        client = open_client(bundle=write(tmp_path / "bundle.json", ANSWER))
        first = client.explain("golden")
        client.tutorial("golden").start()
        client.tutorial("golden").skip()

        later = client.explain("golden")

        assert first.config.source == later.config.source == "bundled"
        assert (first.variant.reason, later.variant.reason) == ("SPLIT", "CACHED")
        assert first.variant.experiment_id == "golden-v1"
        assert "computed on the device (spec-v1, epoch 1)" in str(first)


class TestRules:
    @pytest.mark.parametrize(
        ("config", "reason", "words"),
        [
            (
                ruled(devices=("ios",)),
                LaunchReason.WRONG_DEVICE,
                "for ios; this one is desktop",
            ),
            (
                ruled(personas=("ai-power",)),
                LaunchReason.WRONG_PERSONA,
                "the user is newbie",
            ),
            (
                ruled(requires=("first", "second")),
                LaunchReason.REQUIRES,
                "not finished: first, second",
            ),
        ],
    )
    def test_the_first_one_against_is_the_headline(
        self,
        client: TutorialClient,
        server: FakeServer,
        clock: FakeClock,
        config: TutorialConfig,
        reason: LaunchReason,
        words: str,
    ):
        server.configs["welcome-tour"] = dataclasses.replace(config, version=2)
        clock.advance(DAY)
        client.flush(timeout_seconds=10)

        found = client.explain("welcome-tour")

        assert (found.verdict, found.launch) == ("ruled_out", reason)
        assert words in str(found).splitlines()[0]
        assert client.launch() == ()

    def test_runs_and_cooldown_are_counted_on_the_device(
        self, client: TutorialClient, server: FakeServer, clock: FakeClock
    ):
        server.configs["welcome-tour"] = dataclasses.replace(
            ruled(repeatable=True, max_runs=2, cooldown_seconds=60), version=2
        )
        clock.advance(DAY)
        client.flush(timeout_seconds=10)
        server.online = False
        reasons = []

        def note() -> None:
            reasons.append(client.explain("welcome-tour").launch)

        play(client)
        note()
        client.tutorial("welcome-tour").decline_survey()
        clock.advance(60)
        note()
        play(client)
        clock.advance(60)
        note()

        assert reasons == ["cooling_down", "ok", "too_often"]

    def test_a_run_that_a_wrong_clock_put_years_ahead_cools_nothing_down(
        self, client: TutorialClient, server: FakeServer, clock: FakeClock
    ):
        server.configs["welcome-tour"] = dataclasses.replace(
            ruled(repeatable=True, cooldown_seconds=60), version=2
        )
        clock.advance(DAY)
        client.flush(timeout_seconds=10)
        clock.jump(3 * 365 * DAY)
        play(client)
        clock.jump(-3 * 365 * DAY)

        assert client.explain("welcome-tour").launch is LaunchReason.OK

    def test_a_finished_one_does_not_start_again(self, client: TutorialClient):
        play(client)

        found = client.explain("welcome-tour")

        assert found.launch is LaunchReason.ALREADY_COMPLETED
        assert found.run is not None
        assert (found.run.status, found.run.runs) == ("survey", 1)


class TestSurvey:
    def test_an_answer_closes_all_surveys_for_30_days(
        self, client: TutorialClient, server: FakeServer, clock: FakeClock
    ):
        play(client)
        client.tutorial("welcome-tour").submit_survey(nps=9, comment="a secret")
        client.flush(timeout_seconds=10)

        found = client.explain("welcome-tour").survey
        assert found.verdict == "too_early"
        assert found.closed_until is not None

        play(client)
        assert client.tutorial("welcome-tour").status == "finished"

        clock.advance(30 * DAY)
        play(client)
        assert client.tutorial("welcome-tour").status == "survey"

    def test_a_survey_that_waits_is_dropped_when_another_was_answered(
        self, client: TutorialClient
    ):
        play(client)
        client.submit_survey("another-tour", nps=3)

        session = client.tutorial("welcome-tour")

        assert session.start() is None
        assert session.status == "finished"

    def test_an_answer_that_the_server_will_never_take_closes_nothing(
        self, client: TutorialClient, server: FakeServer
    ):
        client.submit_survey("no-such-tour", nps=3)
        server.script.append(problem_response(404, "unknown_tutorial"))
        client.flush(timeout_seconds=10)

        found = client.explain("welcome-tour")

        assert found.survey.verdict == "asked"
        assert client.explain("no-such-tour").queue.set_aside == (
            ("unknown_tutorial", 1),
        )

    def test_what_the_server_said_counts_for_as_long_as_it_said(
        self, client: TutorialClient, server: FakeServer, clock: FakeClock
    ):
        client.submit_survey("welcome-tour", nps=3)
        refusal = problem_response(
            429, "survey_rate_limited", headers={"retry-after": str(5 * DAY)}
        )
        server.script.append(refusal)
        client.flush(timeout_seconds=10)
        assert client.explain("welcome-tour").survey.verdict == "too_early"

        clock.advance(5 * DAY)

        assert client.explain("welcome-tour").survey.verdict == "asked"

    def test_a_refusal_that_names_no_time_closes_it_for_the_whole_window(
        self, client: TutorialClient, server: FakeServer, clock: FakeClock
    ):
        client.submit_survey("welcome-tour", nps=3)
        server.script.append(problem_response(429, "survey_rate_limited"))
        client.flush(timeout_seconds=10)
        clock.advance(30 * DAY - 1)
        assert client.explain("welcome-tour").survey.verdict == "too_early"

        clock.advance(1)

        assert client.explain("welcome-tour").survey.verdict == "asked"

    def test_logging_out_takes_what_one_user_answered_from_the_next(
        self, client: TutorialClient
    ):
        client.submit_survey("welcome-tour", nps=3)
        assert client.explain("welcome-tour").survey.closed_until is not None
        client.log_out()
        client.tutorial("welcome-tour")
        client.flush(timeout_seconds=10)

        assert client.explain("welcome-tour").survey.verdict == "asked"

    def test_signing_in_keeps_what_the_anonymous_user_answered(
        self, client: TutorialClient, server: FakeServer
    ):
        client.submit_survey("welcome-tour", nps=3)
        server.online = False

        client.identify(lambda: "a.b.c")

        assert client.explain("welcome-tour").survey.verdict == "too_early"


class TestText:
    def test_it_says_all_that_a_support_person_asks(
        self, client: TutorialClient, server: FakeServer
    ):
        server.online = False
        client.tutorial("welcome-tour").start()

        lines = str(client.explain("welcome-tour")).splitlines()

        assert lines[0] == "welcome-tour: goes on where the user was"
        names = [line.split()[0] for line in lines[1:]]
        assert names == [
            *("user", "device", "content", "variant", "persona"),
            *("rule", "run", "survey", "queue"),
        ]
        assert "1 ping(s) and 0 answer(s) wait" in lines[-1]

    def test_nobody_reads_what_a_user_wrote(
        self, client: TutorialClient, server: FakeServer
    ):
        server.script.append(problem_response(422, "invalid_answer"))
        client.submit_survey("welcome-tour", nps=1, comment="my boss is a fool")
        client.flush(timeout_seconds=10)

        found = client.explain("welcome-tour")

        assert "fool" not in str(found)
        assert "fool" not in json.dumps(dataclasses.asdict(found), default=str)
        assert found.queue.set_aside == (("invalid_answer", 1),)

    def test_it_never_raises_not_even_when_the_client_is_closed(
        self, client: TutorialClient
    ):
        client.close()

        assert client.explain("welcome-tour").verdict == "no_content"
        assert client.launch() == ()


def test_explaining_writes_nothing(client: TutorialClient):
    database = client._core.storage.foreground
    before = database.connection.total_changes

    client.explain("welcome-tour")
    client.launch()

    assert database.connection.total_changes == before
