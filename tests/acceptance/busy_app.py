"""An app that pings, steps through the tour and answers its survey, until it is killed.

Run as ``python busy_app.py BASE_URL STORAGE_DIR FIRST_PING PINGS_PER_SECOND``.  It prints a
promise for everything that is in the device's file: ``ping NUMBER`` (and every number from
the first to this one), ``completed RUN:STEP``, ``answer NUMBER``.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from dataclasses import replace

from client_sdk import (
    ClientEvent,
    EventKind,
    SessionStatus,
    StepStatus,
    TutorialClient,
)
from tests.support.app_config import EAGER

#: The proxy's stall must be longer than the time-out, a test's patience much longer.
CONFIG = replace(EAGER, batch_size=500, request_timeout_seconds=0.3)
TUTORIAL = "welcome-tour"
#: A move after so many pings, a step back before it after so many, an answer after so many.
PINGS_PER_MOVE = 10
PINGS_PER_RETURN = 30
PINGS_PER_ANSWER = 400
#: It rests while more than this waits, looking so many pings apart: what lives in the queue
#: for ever is never sent, and never killed on its way.
MOST_WAITING = 20_000
PINGS_PER_LOOK = 500


class BusyApp:
    """Numbers its pings by their duration, and its answers by their persona.

    The file takes nothing while another process keeps it locked for too long: the SDK holds
    an event in memory then, until it takes one again.  So a promise is made only after
    the SDK has told this thread that something was queued.
    """

    def __init__(self, client: TutorialClient, first_ping: int) -> None:
        self._client = client
        self._number = first_ping
        self._session = client.tutorial(TUTORIAL)
        self._thread = threading.current_thread()
        self._is_stored = False
        client.subscribe(self._listen)
        self._session.start()

    def _listen(self, event: ClientEvent) -> None:
        is_here = threading.current_thread() is self._thread
        if is_here and event.kind is EventKind.QUEUE_CHANGED:
            self._is_stored = True

    def _promise(self, kind: str, what: object) -> None:
        if self._is_stored:
            print(kind, what, flush=True)  # noqa: T201 - what the parent reads
        self._is_stored = False

    def act(self) -> None:
        """Ping, and now and then move or answer too."""
        # The session has no missing target: this status is the app's own.
        status = StepStatus.TARGET_MISSING
        self._client.ping(TUTORIAL, "week", status, duration_ms=self._number)
        self._promise("ping", self._number)
        if self._number % PINGS_PER_MOVE == 0:
            self._move()
        if self._number % PINGS_PER_ANSWER == 0:
            self._answer()
        self._number += 1

    @property
    def is_ahead(self) -> bool:
        """Whether the network must catch up first."""
        if self._number % PINGS_PER_LOOK:
            return False
        return self._client.status().queued > MOST_WAITING

    def _move(self) -> None:
        session = self._session
        # A kill between the last step and the survey leaves the survey open.
        session.decline_survey()
        if session.status is not SessionStatus.RUNNING:
            session.start(restart=True)
            self._is_stored = False
            return
        if self._number % PINGS_PER_RETURN == 0:
            # The step before is completed again, which nobody must hear of.
            session.back()
            self._is_stored = False
        run, step = session.run, session.step
        session.next()
        if run is not None and step is not None:
            self._promise("completed", f"{run.run_id.hex()}:{step.id}")

    def _answer(self) -> None:
        persona = f"answer-{self._number}"
        self._client.submit_survey(TUTORIAL, nps=self._number % 11, persona=persona)
        self._promise("answer", persona)


def main(base_url: str, storage_dir: str, first_ping: str, per_second: str) -> None:
    """Be busy until killed."""
    # All answers but one are refused, as they must be: nobody need read it every time.
    logging.getLogger("client_sdk").setLevel(logging.ERROR)
    client = TutorialClient(base_url, storage_dir=storage_dir, config=CONFIG)
    app = BusyApp(client, int(first_ping))
    pause = threading.Event()
    due = time.monotonic()
    while True:
        while app.is_ahead:
            pause.wait(0.05)
            due = time.monotonic()
        app.act()
        due += 1 / float(per_second)
        pause.wait(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main(*sys.argv[1:])
