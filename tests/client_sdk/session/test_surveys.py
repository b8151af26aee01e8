"""The survey at the end of a tour, and its answer."""

import pytest

from client_sdk import Answer, SessionStatus, TutorialClient
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.session.tour import to_the_survey


def test_an_answer_given_offline_arrives(client: TutorialClient, server: FakeServer):
    session = to_the_survey(client)
    server.online = False
    session.submit_survey(nps=9, comment="Loved it")
    server.online = True
    client.flush(timeout_seconds=10)

    (answer,) = server.surveys.values()
    assert (answer["nps"], answer["comment"]) == (9, "Loved it")
    assert session.status is SessionStatus.FINISHED


def test_an_answer_is_taken_once(client: TutorialClient, server: FakeServer):
    session = to_the_survey(client)
    session.submit_survey(nps=9)
    session.submit_survey(nps=1)
    client.flush(timeout_seconds=10)

    assert [answer["nps"] for answer in server.surveys.values()] == [9]


def test_an_answer_that_the_user_broke_off_says_so(
    client: TutorialClient, server: FakeServer
):
    session = to_the_survey(client)
    session.submit_survey(answers=[Answer(question="ease", score=3)], complete=False)
    client.flush(timeout_seconds=10)

    (answer,) = server.surveys.values()
    assert answer["answers"] == [{"question": "ease", "score": 3}]
    assert answer["complete"] is False
    assert session.status is SessionStatus.FINISHED


def test_the_survey_waits_across_a_restart(
    client: TutorialClient, open_client: OpenClient
):
    to_the_survey(client)

    assert open_client().tutorial("welcome-tour").status is SessionStatus.SURVEY


@pytest.mark.parametrize("nps", [9.0, "9", True, None, 11, -1])
def test_a_score_that_is_none_leaves_the_survey_open(
    client: TutorialClient, nps: object
):
    session = to_the_survey(client)
    session.submit_survey(nps=nps)  # type: ignore[arg-type]

    assert session.status is SessionStatus.SURVEY
    assert client.status().misuses == 1
    assert client.status().queued_surveys == 0
