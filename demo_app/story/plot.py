"""The story, scene by scene."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from demo_app.story.device_file import DeviceState
from demo_app.story.errors import StoryError
from demo_app.story.eyes import Glimpse
from demo_app.story.plan import ONLINE_STEPS, Plan
from demo_app.story.stage import Stage

__all__ = ["COMMENT", "SCORE", "SURVEY", "Plot"]

SCORE = 9
COMMENT = "Clear and quick, and it worked on the train."
#: The stop after the last card.
SURVEY = "survey"
#: More cards than any variant has: a tour that does not end is a fault.
MAX_CARDS = 20
APP_START_SECONDS = 60.0
SYNC_SECONDS = 30.0
#: How long a picture waits for the strip to have noticed the network.
NOTICE_SECONDS = 4.0


@dataclass(kw_only=True)
class Plot:
    """Plays the story on a stage and notes what a person would see."""

    stage: Stage
    plan: Plan
    output: Path
    say: Callable[[str], None]
    pictures: list[str] = field(default_factory=list)
    #: Ids of the steps in the order in which their cards were seen.
    steps_seen: list[str] = field(default_factory=list)
    is_online: bool = False
    is_killed: bool = False
    was_offline_at_kill: bool = False
    resumed_at: str | None = None
    expected_at: str | None = None
    queued_offline: int = 0

    def play(self) -> DeviceState:
        """Play every scene; return the device's file as it is at the end."""
        place = self._launch()
        while place != SURVEY:
            place = self._stand_at(place)
            if place != SURVEY:
                place = self._go_on_from(place)
        self._stand_at(SURVEY)
        self._answer_survey()
        self._reconnect()
        self._ask_why()
        return self.stage.device.read()

    def _launch(self) -> str:
        self.say("The app starts for the first time, and there is no server yet.")
        place = self._first_start()
        self.say(f"The first card, {place}, comes from what the app ships.")
        self._picture(f"{place}-first-start")
        self.say("Starting the server and its PostgreSQL.")
        self._start_server()
        return place

    def _first_start(self) -> str:
        if self.plan.kill_at > 0:
            return self._start_app()
        self.stage.app.start()
        time.sleep(self.plan.kill_delay_seconds or 0.0)
        return self._kill_and_restart() or SURVEY

    def _start_server(self) -> None:
        self.stage.server.start()
        self.stage.server.wait_until_ready()
        self.is_online = True

    def _start_app(self) -> str:
        stage = self.stage
        stage.app.start()
        sight = stage.eyes.wait(
            "card or survey after the start",
            lambda sight: _place(sight) is not None,
            timeout_seconds=APP_START_SECONDS,
        )
        stage.hand.focus()
        return _place(sight) or SURVEY

    def _stand_at(self, place: str) -> str:
        """Look at a card or the survey, and play what is planned for this stop."""
        if place != SURVEY and place not in self.steps_seen:
            self.steps_seen.append(place)
            if len(self.steps_seen) > MAX_CARDS:
                raise StoryError(f"more than {MAX_CARDS} cards: the tour does not end")
        stop = self._stop_number(place)
        if stop > ONLINE_STEPS and self.is_online:
            self._wait_until_delivered()
            self._picture(place)
            self._cut_network()
        else:
            self._picture(place if self.is_online else f"{place}-offline")
        at_rest = self.plan.kill_delay_seconds is None or stop == 1
        if stop == self.plan.kill_at and at_rest and not self.is_killed:
            time.sleep(self.plan.kill_delay_seconds or 0.0)
            place = self._kill_and_restart() or SURVEY
        return place

    def _go_on_from(self, place: str) -> str:
        """Touch the card's button; return the card or survey that comes next."""
        next_stop = self._stop_number(place) + 1
        self.say(f"Card {next_stop - 1}, {place}: next.")
        self._tap("next")
        restarted_at = self._interrupt(next_stop)
        if restarted_at is not None:
            return restarted_at
        sight = self.stage.eyes.wait(
            f"card after {place}", lambda sight: _place(sight) not in (None, place)
        )
        return _place(sight) or SURVEY

    def _interrupt(self, next_stop: int) -> str | None:
        """Kill what the plan kills right after a touch; the place after a restart."""
        touched_at = time.monotonic()
        kills: list[tuple[float, Callable[[], str | None]]] = []
        if next_stop == ONLINE_STEPS + 1 and self.plan.cut_delay_seconds is not None:
            kills.append((self.plan.cut_delay_seconds, self._cut_network))
        if next_stop == self.plan.kill_at and self.plan.kill_delay_seconds is not None:
            kills.append((self.plan.kill_delay_seconds, self._kill_and_restart))
        restarted_at = None
        for delay, kill in sorted(kills, key=lambda one: one[0]):
            time.sleep(max(0.0, touched_at + delay - time.monotonic()))
            restarted_at = kill() or restarted_at
        return restarted_at

    def _cut_network(self) -> None:
        self.stage.device.read()
        self.stage.server.kill()
        self.stage.server.wait_until_gone()
        self.is_online = False
        self.say("The server is killed; its port refuses connections.")

    def _kill_and_restart(self) -> str | None:
        """Kill the app; return where it stands after its restart, None at the end."""
        stage = self.stage
        stage.device.read()
        stage.app.kill()
        self.is_killed = True
        self.was_offline_at_kill = not self.is_online
        state = stage.device.read()
        network = "online" if self.is_online else "without a network"
        self.say(f"The app is killed, with {state.queued} waiting; restart {network}.")
        if state.run_status == "finished":
            self._restart_after_the_end()
            return None
        self.resumed_at = self._start_app()
        # without a run there is nothing to resume, and any first card is right
        self.expected_at = _place_in(state) or self.resumed_at
        self.say(f"The tour goes on at {self.resumed_at}.")
        self._picture(f"{self.resumed_at}-resumed")
        return self.resumed_at

    def _restart_after_the_end(self) -> None:
        self.stage.app.start()
        self.stage.eyes.wait(
            "app without a tour",
            lambda sight: _place(sight) is None,
            timeout_seconds=APP_START_SECONDS,
        )
        self.stage.hand.focus()

    def _answer_survey(self) -> None:
        self.say("The survey is answered.")
        self._tap(f"nps-{SCORE}")
        self._tap("comment")
        self.stage.hand.type(COMMENT)
        self._picture("survey-answered")
        self._tap("submit")
        if self._dies_at_the_answer():
            self._kill_and_restart()
            if self.stage.eyes.look().survey == "question":
                self._answer_survey()
            return
        self.stage.eyes.wait("thanks", lambda sight: sight.survey == "thanks")
        self._picture("thanks")
        self.stage.eyes.wait("end of the tour", lambda sight: sight.survey == "closed")

    def _dies_at_the_answer(self) -> bool:
        if self.is_killed or self.plan.kill_at < self._stop_number(SURVEY):
            return False
        time.sleep(self.plan.kill_delay_seconds or 0.0)
        return True

    def _reconnect(self) -> None:
        self.queued_offline = self.stage.device.read().queued
        self._picture("waiting-offline")
        self.say(f"{self.queued_offline} wait on the device; the server comes back.")
        self._start_server()
        self._tap("strip")
        if self.plan.second_cut_delay_seconds is not None:
            time.sleep(self.plan.second_cut_delay_seconds)
            self._cut_network()
            self._start_server()
        self._wait_until_delivered()
        self._picture("all-delivered")

    def _ask_why(self) -> None:
        """Have the app explain why it shows no tour any more."""
        self._tap("tab-settings")
        self._tap("why")
        sight = self.stage.eyes.wait("explanation", lambda sight: bool(sight.why))
        self.say(f"The app explains itself: {sight.why}.")
        self._picture("why")

    def _wait_until_delivered(self) -> None:
        deadline = time.monotonic() + SYNC_SECONDS
        while self.stage.device.read().queued:
            if time.monotonic() > deadline:
                sight = self.stage.eyes.look()
                raise StoryError(f"the queue was not sent in {SYNC_SECONDS} s; {sight}")
            time.sleep(0.05)

    def _tap(self, name: str) -> None:
        sight = self.stage.eyes.wait(f"{name!r}", lambda sight: sight.has(name))
        self.stage.hand.tap(*sight.centre(name))

    def _picture(self, name: str) -> None:
        self._wait_until_noticed()
        file = f"{len(self.pictures) + 1:02}-{name}.png"
        self.stage.hand.picture().save(self.output / file)
        self.pictures.append(file)

    def _wait_until_noticed(self) -> None:
        """Let the strip say how things are; a queue that is empty gives it no cause."""
        reach = "Online" if self.is_online else "Offline"
        with contextlib.suppress(StoryError):
            self.stage.eyes.wait(
                reach,
                lambda sight: sight.strip["reach"] == reach,
                timeout_seconds=NOTICE_SECONDS,
            )

    def _stop_number(self, place: str) -> int:
        if place == SURVEY:
            return len(self.steps_seen) + 1
        return self.steps_seen.index(place) + 1


def _place(sight: Glimpse) -> str | None:
    """Return the id of the step that is shown, or that the survey is."""
    return SURVEY if sight.survey == "question" else sight.step


def _place_in(state: DeviceState) -> str | None:
    """Return where the file says that the user is."""
    return SURVEY if state.run_status == SURVEY else state.step_id
