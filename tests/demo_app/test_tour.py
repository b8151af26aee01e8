"""The welcome tour over the app: client, overlay and app together."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from client_sdk.testing import FakeServer
from overlay_kivy.testing import advance_frames, tap_widget, wait_for
from tests.demo_app.tour_file import read_tour

pytestmark = pytest.mark.gui


def test_tour_leads_through_the_app_to_the_survey(touring):
    steps = read_tour().steps
    for step in steps:
        sight = touring.wait_for_step(step.id)
        assert sight.screen == step.screen
        assert sight.title == step.title
        touring.touch("next")

    wait_for(lambda: touring.look().survey == "question")
    touring.touch("nps-10")
    touring.touch("submit")
    wait_for(lambda: touring.look().survey == "thanks")

    wait_for(lambda: touring.server.surveys)
    wait_for(lambda: len(touring.server.pings) == 2 * len(steps))
    completed = [
        p["stepId"] for p in touring.server.pings if p["status"] == "completed"
    ]
    assert completed == [step.id for step in steps]


def test_first_start_without_a_network_shows_what_the_app_ships(tmp_path):
    from demo_app.tours import SHIPPED
    from tests.demo_app.staging import open_kazi

    server = FakeServer()
    server.online = False
    with open_kazi(server, tmp_path, bundle=SHIPPED) as kazi:
        kazi.wait_for_step("welcome")
        wait_for(lambda: kazi.strip.reach == "Offline")


def test_a_tour_that_comes_late_does_not_come_unexpected(kazi):
    """The first answer of the server had none: the user is at work since."""
    wait_for(lambda: kazi.strip.reach == "Online")
    kazi.server.configs["welcome-tour"] = read_tour()
    kazi.app.client.wake()

    wait_for(lambda: kazi.app.client.launch())
    advance_frames(10)
    assert not kazi.app.overlay.is_open


def test_offline_switch_holds_events_until_it_is_turned_back(touring):
    touring.touch("skip")
    wait_for(lambda: not touring.app.overlay.is_open)
    wait_for(lambda: touring.strip.queued == "0")
    page = touring.go_to("settings")
    toggle = page.ids.offline.ids.toggle

    tap_widget(toggle)
    wait_for(lambda: touring.strip.reach == "Working offline")
    arrived = len(touring.server.pings)
    touring.app.client.ping("welcome-tour", "welcome", "started")
    wait_for(lambda: touring.strip.queued == "1")
    advance_frames(30)
    assert len(touring.server.pings) == arrived

    tap_widget(toggle)
    wait_for(lambda: touring.strip.queued == "0")
    assert touring.strip.reach == "Online"
    assert len(touring.server.pings) == arrived + 1


def test_touch_on_the_strip_syncs_without_waiting_for_the_backoff(touring):
    touring.touch("skip")
    wait_for(lambda: touring.strip.queued == "0")
    touring.server.online = False
    touring.app.client.ping("welcome-tour", "welcome", "started")
    wait_for(lambda: touring.strip.reach == "Offline")

    touring.server.online = True
    tap_widget(touring.strip)

    wait_for(lambda: touring.strip.queued == "0" and touring.strip.reach == "Online")


def test_strip_names_variant_and_persona(touring):
    wait_for(lambda: touring.strip.variant == "v1_control")
    assert touring.strip.persona == "newbie"


def test_replay_starts_the_tour_again(touring):
    touring.touch("skip")
    wait_for(lambda: not touring.app.overlay.is_open)
    page = touring.go_to("settings")
    card = next(
        w
        for w in page.walk(restrict=True)
        if getattr(w, "tour_id", "") == "replay-tour"
    )
    tap_widget(card)

    assert touring.wait_for_step("welcome").screen == "projects"


def test_tour_resumes_where_the_app_was_closed(tmp_path):
    from tests.demo_app.staging import open_kazi

    server = FakeServer(read_tour())
    with open_kazi(server, tmp_path) as kazi:
        kazi.wait_for_step("welcome")
        kazi.touch("next")
        kazi.wait_for_step("week")
    server.online = False
    with open_kazi(server, tmp_path) as kazi:
        assert kazi.wait_for_step("week").screen == "projects"


def test_first_start_without_a_network_shows_the_app_and_no_tour(tmp_path):
    from tests.demo_app.staging import open_kazi

    server = FakeServer(read_tour())
    server.online = False
    with open_kazi(server, tmp_path) as kazi:
        wait_for(lambda: kazi.strip.reach == "Offline")
        assert kazi.look().step is None
        kazi.go_to("team")

        server.online = True
        tap_widget(kazi.strip)
        kazi.wait_for_step("welcome")


def test_storage_that_cannot_be_written_costs_no_screen(tmp_path):
    from tests.demo_app.staging import open_kazi

    blocked = tmp_path / "file"
    blocked.write_text("a file where the folder should be")
    with open_kazi(FakeServer(read_tour()), blocked / "data") as kazi:
        kazi.wait_for_step("welcome")
        kazi.touch("skip")
        wait_for(lambda: kazi.strip.queued == "0" and kazi.strip.sent != "0")


def test_probe_is_off_by_default(touring):
    assert "probe" not in {thread.name for thread in threading.enumerate()}


def test_probe_tells_what_is_shown_and_where(tmp_path):
    from tests.demo_app.staging import open_kazi

    path = tmp_path / "probe"
    with open_kazi(FakeServer(read_tour()), tmp_path / "data", probe=path) as kazi:
        kazi.wait_for_step("welcome")
        answer = ask(path)

    assert (answer["screen"], answer["step"]) == ("projects", "welcome")
    button = answer["places"]["next"]
    assert 0 < button["left"] < button["left"] + button["width"] <= 420
    assert 430 < button["top"] < 860
    assert "tab-team" in answer["places"]
    assert not path.exists()


def test_probe_cannot_act(tmp_path):
    from tests.demo_app.staging import open_kazi

    path = tmp_path / "probe"
    with open_kazi(FakeServer(read_tour()), tmp_path / "data", probe=path) as kazi:
        kazi.wait_for_step("welcome")
        for line in ("next", '{"tap": "next"}', "skip"):
            assert ask(path, line)["step"] == "welcome"
        advance_frames(5)
        assert kazi.look().step == "welcome"


def ask(path, line="look"):
    """Send a line from another thread, while this one turns the frames."""
    answers = []

    def talk():
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(10)
            probe.connect(str(path))
            probe.sendall(line.encode() + b"\n")
            answers.append(json.loads(probe.makefile().readline()))

    thread = threading.Thread(target=talk)
    thread.start()
    wait_for(lambda: answers)
    thread.join()
    return answers[0]
