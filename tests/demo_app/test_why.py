"""What the app says of the SDK's explanation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from client_sdk import TutorialClient
from client_sdk.testing import FakeServer, drain, memory_client
from demo_app.tours import WELCOME
from demo_app.why import headline, reasons
from tests.demo_app.tour_file import read_tour


@pytest.fixture
def server() -> FakeServer:
    return FakeServer(read_tour())


@pytest.fixture
def client(server: FakeServer) -> Iterator[TutorialClient]:
    with memory_client(server) as client:
        client.tutorial(WELCOME)
        drain(client)
        yield client


def told(client: TutorialClient) -> dict[str, str]:
    return {one.title: one.detail for one in reasons(client.explain(WELCOME))}


def test_each_state_of_the_tour_has_its_headline(client: TutorialClient):
    session = client.tutorial(WELCOME)
    headlines = [headline(client.explain(WELCOME))]
    session.start()
    headlines.append(headline(client.explain(WELCOME)))
    session.skip()
    headlines.append(headline(client.explain(WELCOME)))
    headlines.append(headline(client.explain("unheard-of")))

    assert headlines == [
        "The tour may start",
        "The tour goes on where you were",
        "The tour does not start by itself",
        "There is no tour on this device yet",
    ]


def test_rules_come_first_and_say_whether_they_are_met(client: TutorialClient):
    first, *others = reasons(client.explain(WELCOME))
    client.tutorial(WELCOME).start()
    client.tutorial(WELCOME).skip()
    against = reasons(client.explain(WELCOME))[0]

    assert (first.title, first.is_met) == ("How often", True)
    assert (against.detail, against.is_met) == ("Starts once; finished before", False)
    assert {one.is_met for one in others} == {None}


def test_facts_are_said_in_words(client: TutorialClient):
    assert told(client) == {
        "How often": "Starts once; not finished before",
        "Content": "Version 1, from the server, up to date",
        "Variant": "v1_control: no experiment runs",
        "Persona": "newbie",
        "Survey": "Asked after the last card",
        "On its way": "Everything has arrived",
    }


def test_what_waits_and_what_was_answered_is_told(
    client: TutorialClient, server: FakeServer
):
    server.online = False
    session = client.tutorial(WELCOME)
    session.start()
    while session.next():
        pass
    session.submit_survey(nps=9)

    facts = told(client)
    assert facts["On its way"] == "16 events and 1 answer wait on this device"
    assert facts["Survey"].startswith("Asked; not again before ")


def test_without_content_only_the_queue_is_told(client: TutorialClient):
    client.ping("unheard-of", "a", "started")

    (only,) = reasons(client.explain("unheard-of"))
    assert only.detail == "1 event and no answers wait on this device"
