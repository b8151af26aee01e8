"""Any sequence of taps, cuts, kills and lost replies leaves every event counted once."""

import json
import tempfile
from pathlib import Path

from hypothesis import settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from client_sdk import Request, Response, SessionStatus, TutorialClient, Unreachable
from client_sdk._batches import ping_to_wire
from client_sdk._ping_outbox import PingOutbox
from client_sdk.contracts.problem import ProblemCode
from client_sdk.testing import FakeClock, FakeServer, problem_response
from tests.client_sdk.conftest import QUIET, tour
from tests.support.effort import examples

STEPS = ("intro", "dashboard", "team", "assistant")


class TourMachine(RuleBasedStateMachine):
    """A user, an app that dies, and a network that cannot be trusted."""

    @initialize()
    def open_app(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.clock = FakeClock()
        self.server = FakeServer(tour(*STEPS))
        self.clients = [self._client()]
        self.client.tutorial("welcome-tour")
        self.client.flush(timeout_seconds=10)
        self.session = self.client.tutorial("welcome-tour")

    def _client(self) -> TutorialClient:
        return TutorialClient(
            "http://kazi.invalid",
            storage_dir=Path(self.folder.name),
            transport=self.server,
            clock=self.clock,
            config=QUIET,
        )

    @property
    def client(self) -> TutorialClient:
        return self.clients[-1]

    @rule(restart=st.booleans())
    def start(self, restart: bool) -> None:
        self.session.start(restart=restart)

    @rule()
    def tap_next(self) -> None:
        self.session.next()

    @rule()
    def tap_back(self) -> None:
        self.session.back()

    @rule(step_id=st.sampled_from(STEPS))
    def go_to(self, step_id: str) -> None:
        self.session.go_to(step_id)

    @rule()
    def tap_skip(self) -> None:
        self.session.skip()

    @precondition(lambda self: self.session.status is SessionStatus.SURVEY)
    @rule(nps=st.integers(0, 10))
    def answer(self, nps: int) -> None:
        self.session.submit_survey(nps=nps)

    @rule(was_shown=st.booleans())
    def decline(self, was_shown: bool) -> None:
        self.session.decline_survey(was_shown=was_shown)

    @rule(seconds=st.integers(-(10**8), 10**8))
    def set_the_date(self, seconds: int) -> None:
        self.clock.jump(seconds)

    @rule(online=st.booleans())
    def cut_or_mend_the_network(self, online: bool) -> None:
        self.server.online = online

    @rule()
    def flush(self) -> None:
        self.client.flush(timeout_seconds=10)

    @rule(stored=st.booleans())
    def flush_and_lose_the_reply(self, stored: bool) -> None:
        def lose(request: Request) -> Response:
            if stored:
                self.server.answer(request)
            raise Unreachable("the reply was lost")

        self.server.script = [lose]
        self.client.flush(timeout_seconds=10)
        self.server.script = []

    @rule(status=st.sampled_from([401, 429, 500, 503]))
    def flush_into_trouble(self, status: int) -> None:
        self.server.script = [problem_response(status, ProblemCode.INTERNAL_ERROR)] * 2
        self.client.flush(timeout_seconds=10)
        self.server.script = []

    @rule()
    def die_and_come_back(self) -> None:
        """The old client is left as a kill leaves it: open, unflushed, unclosed."""
        self.clients[-1]._core.sync.stop(10)
        self.clients.append(self._client())
        self.session = self.client.tutorial("welcome-tour")

    @rule()
    def be_stepped_by_a_second_process(self) -> None:
        other = self._client()
        self.clients.insert(0, other)
        session = other.tutorial("welcome-tour")
        session.start()
        session.next()
        other._core.sync.stop(10)

    @invariant()
    def no_step_of_a_run_is_completed_twice(self) -> None:
        done = [
            (ping["runId"], ping["stepId"])
            for ping in self._everything()
            if ping["status"] == "completed"
        ]
        assert len(done) == len(set(done))

    @invariant()
    def nothing_is_lost(self) -> None:
        """Sequence numbers have no gaps: what was ever queued is here or there."""
        numbers = {ping["seq"] for ping in self._everything()}
        assert numbers == set(range(1, len(numbers) + 1))

    @invariant()
    def the_server_has_each_event_once(self) -> None:
        ids = [ping["eventId"] for ping in self.server.pings]
        assert len(ids) == len(set(ids))

    def _everything(self) -> list[dict[str, object]]:
        waiting = PingOutbox(self.client._core.pings, max_set_aside=1_000).oldest(
            self.client._core.storage.foreground,
            user_id=self.client._core.identity.user_id,
            limit=10_000,
            now_ms=0,
        )
        device_id = str(self.client._core.identity.device_id)
        queued = [ping_to_wire(row, seq, device_id) for seq, row in waiting]
        there = {ping["eventId"] for ping in self.server.pings}
        here = [ping for ping in queued if ping["eventId"] not in there]
        return [*json.loads(json.dumps(self.server.pings)), *here]

    def teardown(self) -> None:
        if not hasattr(self, "folder"):
            return
        self.server.online = True
        self.client.flush(timeout_seconds=10)
        status = self.client.status()
        surveys = len(self.server.surveys)
        for client in self.clients:
            client.close()
        self.folder.cleanup()
        assert status.queued == 0
        assert status.set_aside == 0
        assert status.sent == len(self.server.pings) + surveys


TestTour = TourMachine.TestCase
TestTour.settings = settings(max_examples=examples(30), stateful_step_count=30)
