from __future__ import annotations

import pytest

from client_sdk import TutorialClient
from client_sdk.testing import FakeServer
from demo_app.story.device_file import DeviceFile
from tests.demo_app.tour_file import read_tour


@pytest.fixture
def server():
    return FakeServer(read_tour())


@pytest.fixture
def client(server, tmp_path):
    client = TutorialClient(
        "http://kazi.invalid", storage_dir=tmp_path, transport=server
    )
    client.tutorial("welcome-tour")
    client.flush()
    yield client
    client.close()


def test_folder_without_a_file_reads_as_nothing(tmp_path):
    state = DeviceFile(tmp_path).read()
    assert (state.last_seq, state.queued, state.step_id) == (0, 0, None)


def test_moves_of_the_sdk_are_read_as_it_wrote_them(client, server, tmp_path):
    server.online = False
    session = client.tutorial("welcome-tour")
    session.start()
    session.next()

    file = DeviceFile(tmp_path)
    state = file.read()

    assert [(event.step_id, event.status) for event in state.waiting] == [
        ("welcome", "started"),
        ("welcome", "completed"),
        ("week", "started"),
    ]
    assert [event.seq for event in state.waiting] == [1, 2, 3]
    assert (state.last_seq, state.queued) == (3, 3)
    assert (state.step_id, state.run_status) == ("week", "running")
    assert (state.variant, state.persona) == ("v1_control", "newbie")


def test_highest_number_is_known_after_everything_was_sent(client, server, tmp_path):
    file = DeviceFile(tmp_path)
    session = client.tutorial("welcome-tour")
    session.start()
    session.next()
    before = file.read()
    client.flush()

    state = file.read()

    assert (state.queued, state.last_seq) == (0, 3)
    assert {event.event_id for event in before.waiting} <= file.seen.keys()
    assert len(server.pings) == 3
