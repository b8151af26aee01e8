"""What a device knows of a person's runs, beside what the server says."""

from __future__ import annotations

from pathlib import Path

import pytest

from client_sdk import TutorialClient
from client_sdk._facts import History, read_history
from client_sdk.contracts.codec import decode
from client_sdk.contracts.launch import LaunchFacts
from client_sdk.contracts.progress import Progress
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import tour

CONFIG = tour("intro", "dashboard", "team")


@pytest.fixture
def offline(client: TutorialClient, server: FakeServer) -> TutorialClient:
    server.online = False
    return client


def facts(client: TutorialClient, progress: Progress | None = None) -> LaunchFacts:
    history: History = read_history(
        client._core.storage.foreground,
        user_id=client.status().user_id or "",
        progress=progress,
    )
    return history.facts(
        CONFIG,
        device="ios",
        now_ms=client._core.clock.now_ms(),
        configs={CONFIG.tutorial_id: CONFIG},
    )


def told(tutorial_id: str = "welcome-tour", **fields: object) -> Progress:
    resume = {
        "stepId": "intro",
        "position": 0,
        "clock": {
            "wallMs": 1,
            "counter": 0,
            "deviceId": "0a6d6f0e-4d55-4b9e-9c0a-5d2a0e4b7f11",
        },
    }
    one = {
        "tutorialId": tutorial_id,
        "completedSteps": [],
        "completed": False,
        "furthestStep": "intro",
        "furthestPosition": 0,
        "xp": 0,
        "etag": '"1"',
        "resume": {**resume, **fields},
    }
    return decode(Progress, {"totalXp": 0, "tutorials": [one]})


def flags(found: LaunchFacts) -> tuple[bool, bool, int]:
    return (found.is_finished, found.is_unfinished, found.runs)


def test_somebody_new_has_done_nothing(offline: TutorialClient):
    found = facts(offline)

    assert flags(found) == (False, False, 0)
    assert (found.last_run_at, found.finished) == (None, ())
    assert (found.device, found.persona) == ("ios", "newbie")


def test_an_open_run_is_something_to_go_on_with(offline: TutorialClient):
    offline.tutorial("welcome-tour").start()

    assert flags(facts(offline)) == (False, True, 1)


def test_a_run_that_was_closed_for_good_is_over(offline: TutorialClient):
    session = offline.tutorial("welcome-tour")
    session.start()
    session.skip()

    found = facts(offline)

    assert flags(found) == (True, False, 1)
    assert found.finished == ("welcome-tour",)


def test_whoever_completed_every_step_once_is_through_also_in_a_second_run(
    offline: TutorialClient,
):
    session = offline.tutorial("welcome-tour")
    session.start()
    while session.next():
        pass
    session.decline_survey()
    session.start(restart=True)

    assert flags(facts(offline)) == (True, True, 2)


def test_steps_of_several_runs_count_together(offline: TutorialClient):
    session = offline.tutorial("welcome-tour")
    session.start()
    session.next()
    session.skip()
    session.start(restart=True)
    session.go_to("dashboard")
    session.next()
    assert not facts(offline).is_finished
    session.next()
    session.start(restart=True)

    assert facts(offline).is_finished


def test_the_last_event_counts_and_not_the_start(offline: TutorialClient):
    session = offline.tutorial("welcome-tour")
    session.start()
    offline._core.clock.advance(50)  # type: ignore[attr-defined]
    session.next()

    last = facts(offline).last_run_at

    assert last is not None
    assert last.timestamp() * 1000 == offline._core.clock.now_ms()


class TestWithTheServersWord:
    def test_what_was_finished_on_another_device_is_finished(
        self, offline: TutorialClient
    ):
        assert flags(facts(offline, told(finished=True))) == (True, False, 0)

    def test_what_was_begun_on_another_device_goes_on(self, offline: TutorialClient):
        assert flags(facts(offline, told())) == (False, True, 0)

    def test_another_tutorial_that_is_finished_there_is_as_required(
        self, offline: TutorialClient
    ):
        found = facts(offline, told("first-steps", finished=True))

        assert found.finished == ("first-steps",)

    def test_what_was_done_here_is_newer_than_what_was_said(
        self, offline: TutorialClient
    ):
        session = offline.tutorial("welcome-tour")
        session.start()
        session.skip()

        assert not facts(offline, told()).is_unfinished


def test_another_users_runs_are_none_of_ones_own(
    offline: TutorialClient, tmp_path: Path
):
    offline.tutorial("welcome-tour").start()

    history = read_history(offline._core.storage.foreground, user_id="somebody else")

    assert not history.is_finished("welcome-tour", CONFIG)
