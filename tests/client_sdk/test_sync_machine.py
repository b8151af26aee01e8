"""Any sequence of faults: the server holds what was acknowledged, once, as its own user's.

The machine drives a client through everything that a device, a network, a server and a
user do to it, and keeps a ledger of every event that a call has returned for.
"""

import json
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

from hypothesis import settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from client_sdk import Request, Response, TutorialClient, Unreachable
from client_sdk.contracts import routes
from client_sdk.contracts.problem import ProblemCode
from client_sdk.testing import FakeClock, FakeServer, body_of, problem_response
from tests.client_sdk.accounts import token_of
from tests.client_sdk.conftest import QUIET, tour
from tests.client_sdk.refused_writes import refused_writes
from tests.support.effort import examples

CONFIG = replace(QUIET, batch_size=7)
ACCOUNTS = ("u1", "u2")


class Witness:
    """The network: it plays faults, and notes whose token brought each event."""

    def __init__(self, server: FakeServer) -> None:
        self.server = server
        self.brought: dict[str, set[str]] = {}
        self.faults: list[object] = []
        #: How many events were stored whose reply got lost: they may be set aside at the
        #: next try, and are counted as sent or not.
        self.unheard = 0

    def send(self, request: Request) -> Response:
        if request.path == routes.ANONYMOUS or not self.faults:
            return self._deliver(request)
        fault = self.faults.pop(0)
        if isinstance(fault, Response):
            return fault
        if fault == "lost reply":
            self._deliver(request)
            self.unheard += self._count(request)
            raise Unreachable("the reply was lost")
        if fault == "partial" and request.path == routes.STEPS:
            return self._take_half(request)
        if fault == "time-out":
            raise Unreachable("ReadTimeout")
        return self._deliver(request)

    def close(self) -> None:
        """Do nothing."""

    def _deliver(self, request: Request) -> Response:
        response = self.server.send(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if request.path == routes.STEPS and response.status == 200:
            for event in body_of(request)["events"]:
                self.brought.setdefault(event["stepId"], set()).add(token)
        if request.path == routes.SURVEY and response.status == 201:
            self.brought.setdefault(body_of(request)["comment"], set()).add(token)
        return response

    @staticmethod
    def _count(request: Request) -> int:
        if request.path == routes.STEPS:
            return len(body_of(request)["events"])
        return int(request.path == routes.SURVEY)

    def _take_half(self, request: Request) -> Response:
        """Store every other event, and ask for the rest again."""
        body = body_of(request)
        events = body["events"]
        taken, later = events[::2], [one["eventId"] for one in events[1::2]]
        half = request._replace(
            body=json.dumps({**body, "events": taken}).encode(),
            headers={
                k: v for k, v in request.headers.items() if k != "content-encoding"
            },
        )
        receipt = json.loads(self._deliver(half).body)
        return Response(
            status=200, body=json.dumps({**receipt, "retry": later}).encode()
        )


class SyncMachine(RuleBasedStateMachine):
    """A device in the worst of all worlds."""

    @initialize()
    def open_app(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.clock = FakeClock()
        self.server = FakeServer(tour("intro", "dashboard"))
        self.witness = Witness(self.server)
        self.account: str | None = None
        self.app = self._client()
        self.service: TutorialClient | None = None
        self.left: list[TutorialClient] = []
        #: By the event's own mark: whose it is, in the order of the calls.
        self.promised: dict[str, set[str]] = {}
        self.lost: set[str] = set()
        #: What a wipe or an opt-out may have taken before it was sent.
        self.forgotten: set[str] = set()
        #: Whether a wipe or an opt-out may have taken what had arrived uncounted.
        self.has_forgotten = False
        #: The anonymous users' tokens of whom each account may have taken over.
        self.taken_over: dict[str | None, set[str]] = {}

    def _client(self) -> TutorialClient:
        account = self.account
        return TutorialClient(
            "http://kazi.invalid",
            storage_dir=Path(self.folder.name),
            transport=self.witness,
            clock=self.clock,
            config=CONFIG,
            token_provider=None if account is None else lambda: token_of(account),
        )

    def _owners(self) -> set[str]:
        """Return whose token may bring what happens now.

        Who signs in and out again before any token was asked for stays the anonymous
        user of before.
        """
        if self.account is None:
            return {self._anonymous}
        is_known = self.app.status().user_id is not None
        return {token_of(self.account)} | (set() if is_known else {self._anonymous})

    @property
    def _anonymous(self) -> str:
        """Return the token of the device's last anonymous user."""
        user_id, _ = self.app._core.identity.last_anonymous()
        return f"token-of-{user_id}"

    @property
    def _arrived(self) -> set[str]:
        answers = self.server.surveys.values()
        return {ping["stepId"] for ping in self.server.pings} | {
            one["comment"] for one in answers
        }

    def _promise(self, kind: str) -> str:
        mark = f"{kind}-{len(self.promised)}"
        self.promised[mark] = self._owners()
        return mark

    @rule(count=st.integers(1, 20))
    def ping(self, count: int) -> None:
        for _ in range(count):
            self.app.ping("welcome-tour", self._promise("ping"), "completed", 1)

    @rule()
    def answer(self) -> None:
        self.app.submit_survey("welcome-tour", nps=7, comment=self._promise("survey"))

    @rule()
    def flush(self) -> None:
        self.app.flush(timeout_seconds=10)

    @rule(
        faults=st.lists(
            st.sampled_from(["lost reply", "partial", "time-out", "none"]), max_size=4
        )
    )
    def flush_over_a_bad_network(self, faults: list[object]) -> None:
        self.witness.faults = list(faults)
        self.app.flush(timeout_seconds=10)
        self.witness.faults = []

    @rule(
        status=st.sampled_from([400, 401, 413, 422, 429, 500, 502, 503]),
        times=st.integers(1, 3),
        is_ours=st.booleans(),
    )
    def flush_into_trouble(self, status: int, times: int, is_ours: bool) -> None:
        answer = problem_response(status, ProblemCode.INTERNAL_ERROR)
        if not is_ours:
            answer = Response(status=status, body=b"<html>")
        self.witness.faults = [answer] * times
        self.app.flush(timeout_seconds=10)
        self.witness.faults = []

    @rule(online=st.booleans())
    def cut_or_mend_the_network(self, online: bool) -> None:
        self.server.online = online

    @rule(seconds=st.integers(-(10**9), 10**9))
    def set_the_date(self, seconds: int) -> None:
        self.clock.jump(seconds)

    @rule()
    def die_and_come_back(self) -> None:
        """A kill leaves the client as it is: open, unflushed, with what it held."""
        self.app._core.sync.stop(10)
        self.lost.update(row[3] for row in self.app._core.pings._held)
        self.lost.update(row.comment for row in self.app._core.surveys._held)
        self.left.append(self.app)
        self.app = self._client()

    @rule()
    def close_and_come_back(self) -> None:
        self.app.close()
        self.app = self._client()

    @precondition(lambda self: self.service is None)
    @rule()
    def start_a_second_process(self) -> None:
        self.service = self._client()

    @precondition(lambda self: self.service is not None)
    @rule()
    def flush_in_the_second_process(self) -> None:
        assert self.service is not None
        self.service.flush(timeout_seconds=10)

    @precondition(lambda self: self.service is not None)
    @rule()
    def end_the_second_process(self) -> None:
        assert self.service is not None
        self.service._core.sync.stop(10)
        self.left.append(self.service)
        self.service = None

    @precondition(lambda self: self.account is None)
    @rule(account=st.sampled_from(ACCOUNTS))
    def sign_in(self, account: str) -> None:
        self.taken_over.setdefault(account, set()).add(self._anonymous)
        self.account = account
        self.app.identify(lambda: token_of(account))

    @rule()
    def sign_out(self) -> None:
        self.app.log_out()
        self.account = None

    @rule()
    def sign_out_and_wipe(self) -> None:
        # The anonymous users who have become an account are the same person: which of
        # those that were to become it have done so, a second process decides, too.
        owners = self._owners() | {self._anonymous}
        owners |= self.taken_over.get(self.account, set())
        self._forget({m for m, others in self.promised.items() if owners & others})
        self.app.log_out(wipe=True)
        self.account = None

    def _forget(self, marks: set[str]) -> None:
        self.forgotten |= marks - self._arrived
        self.has_forgotten = True

    @rule()
    def opt_out_for_a_while(self) -> None:
        self._forget(set(self.promised))
        self.app.opt_out()
        self.app.ping("welcome-tour", "unwanted", "completed", 1)
        self.app.submit_survey("welcome-tour", nps=7, comment="unwanted")
        self.app.opt_in()

    @rule(is_flushed=st.booleans())
    def fill_the_disk_for_a_while(self, is_flushed: bool) -> None:
        with refused_writes(self.app):
            for _ in range(3):
                self.app.ping("welcome-tour", self._promise("ping"), "completed", 1)
            self.app.submit_survey(
                "welcome-tour", nps=7, comment=self._promise("survey")
            )
            if is_flushed:
                self.app.flush(timeout_seconds=10)

    @invariant()
    def the_server_counts_each_event_once(self) -> None:
        ids = [ping["eventId"] for ping in self.server.pings]
        marks = [ping["stepId"] for ping in self.server.pings]
        assert len(ids) == len(set(ids))
        assert len(marks) == len(set(marks))

    @invariant()
    def nothing_travels_as_another_user(self) -> None:
        for mark, tokens in list(self.witness.brought.items()):
            assert len(tokens) == 1, mark
            assert tokens <= self.promised[mark], mark

    @invariant()
    def numbers_tell_the_order_of_the_calls(self) -> None:
        by_number = sorted(self.server.pings, key=lambda ping: ping["seq"])
        order = [int(ping["stepId"].removeprefix("ping-")) for ping in by_number]
        assert order == sorted(order)
        numbers = [ping["seq"] for ping in by_number]
        assert len(numbers) == len(set(numbers))

    def teardown(self) -> None:
        if not hasattr(self, "folder"):
            return
        try:
            self._settle()
        finally:
            for client in (self.app, self.service, *self.left):
                if client is not None:
                    client.close()
            self.folder.cleanup()

    def _flush_at_last(self) -> None:
        """Sync twice: the second time no lease is left of one whose end the file refused."""
        for _ in range(2):
            self.app.flush(timeout_seconds=30)
            self.clock.advance(3600)

    def _settle(self) -> None:
        """Mend everything, let everybody sign in once more, and strike the balance."""
        self.server.online = True
        for account in (None, *ACCOUNTS):
            if self.account is not None or account is None:
                self._flush_at_last()
                self.app.log_out()
                self.account = None
            if account is not None:
                self.account = account
                self.app.identify(partial(token_of, account))
                self._flush_at_last()
        status = self.app.status()
        arrived, due = self._arrived, set(self.promised) - self.lost
        missing = due - arrived - self.forgotten
        aside = {one.body.get("step_id", "survey") for one in self.app.set_aside()}
        assert arrived <= due
        assert (status.queued, status.held) == (0, 0)
        assert {one for one in missing if one.startswith("ping")} <= aside
        assert len(missing) <= status.set_aside
        assert status.set_aside <= len(due - arrived) + self.witness.unheard
        assert status.sent <= len(arrived)
        if not self.has_forgotten:
            assert status.sent >= len(arrived) - self.witness.unheard
        assert status.evicted == status.dropped == 0


TestSync = SyncMachine.TestCase
TestSync.settings = settings(max_examples=examples(40), stateful_step_count=30)
