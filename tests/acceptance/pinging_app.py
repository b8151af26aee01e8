"""An app that pings, steps through a tour and syncs, twice from start to close.

In each life it pings also while a sync is under way, which then sends these events, too.

Run as ``python pinging_app.py STORAGE_DIR DURABILITY [--never-flush]``.  It says on its
standard output, in one write each, what holds from then on: ``promised NAME...`` when a
call has returned that queued these events, ``stored SEQ EVENT_ID NAME`` when the server
has one, ``synced`` when a sync has ended.
"""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from client_sdk import (
    ClientConfig,
    Durability,
    Request,
    Response,
    Step,
    TutorialClient,
    TutorialConfig,
    TutorialSession,
)
from client_sdk.contracts import routes
from client_sdk.testing import FakeServer

STEPS = ("intro", "dashboard", "team", "done")
TOUR = TutorialConfig(
    tutorial_id="welcome-tour",
    version=1,
    persona="newbie",
    variant="v1_control",
    steps=tuple(Step(id=step, title=step.title()) for step in STEPS),
    expires=datetime(2040, 1, 1, tzinfo=UTC),
)
PINGS_PER_PART = 10


def say(text: str) -> None:
    """Say it with one call of the system, so that it has one place in a trace."""
    os.write(1, f"{text}\n".encode())


class TellingServer(FakeServer):
    """A server in memory that says what it has stored before the app hears of it."""

    def __init__(self, *configs: TutorialConfig) -> None:
        super().__init__(*configs)
        #: What the user does while the next events are on their way.
        self.meanwhile: Callable[[], None] | None = None

    def send(self, request: Request) -> Response:
        """Answer, and say which events it has now."""
        if request.path == routes.STEPS and self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        response = super().send(request)
        if request.path == routes.STEPS and response.status == 200:
            for event in self.events_of(request):
                name = f"{event['stepId']}:{event['status']}"
                say(f"stored {event['seq']} {event['eventId']} {name}")
        return response


class App:
    """One start of the app."""

    def __init__(self, storage: str, durability: Durability, server: TellingServer):
        self.server = server
        config = ClientConfig(
            durability=durability,
            flush_at=10_000,
            flush_interval_seconds=3600,
            startup_delay_seconds=3600,
            backoff_initial_seconds=0.01,
            backoff_max_seconds=0.02,
        )
        self.client = TutorialClient(
            "http://kazi.invalid", storage_dir=storage, transport=server, config=config
        )

    def never_flush(self) -> None:
        """Have SQLite promise what it does not keep, as no setting of the SDK does."""
        storage = self.client._core.storage
        for database in (storage.foreground, storage.background):
            database.execute("PRAGMA synchronous = OFF")

    def ping(self, begin: int) -> None:
        """Report some steps of the app's own."""
        for number in range(begin, begin + PINGS_PER_PART):
            self.client.ping("own-tour", f"ping-{number}", "started")
            say(f"promised ping-{number}:started")

    def sync(self, *, online: bool) -> None:
        """Sync; also without a network this moves the log into the file."""
        self.server.online = online
        self.client.flush(timeout_seconds=20)
        self.server.online = False
        say("synced")

    def begin_tour(self) -> TutorialSession:
        """Start the tour."""
        session = self.client.tutorial("welcome-tour")
        session.start()
        say(f"promised {STEPS[0]}:started")
        return session

    def move(self, session: TutorialSession) -> None:
        """Go to the next step."""
        assert session.step is not None
        left, arrived = session.step.id, session.next()
        started = "" if arrived is None else f" {arrived.id}:started"
        say(f"promised {left}:completed{started}")

    def live(self, begin: int, *, in_tour: bool) -> None:
        """Ping and step between syncs of all kinds, and close."""
        self.client.tutorial("welcome-tour")
        self.ping(begin)
        self.sync(online=False)
        self.sync(online=True)
        session = self.begin_tour() if in_tour else None
        # Not waited for: the sync thread moves the log while the app goes on.
        self.client.pause()
        self.ping(begin + PINGS_PER_PART)
        if session is not None:
            for _ in STEPS:
                self.move(session)
        self.server.meanwhile = partial(self.ping, begin + 4 * PINGS_PER_PART)
        self.sync(online=True)
        self.ping(begin + 2 * PINGS_PER_PART)
        self.sync(online=False)
        self.ping(begin + 3 * PINGS_PER_PART)
        self.client.close()


def main(storage: str, durability: str, *options: str) -> None:
    """Live twice on one file."""
    server = TellingServer(TOUR)
    for life, in_tour in enumerate((True, False)):
        app = App(storage, Durability(durability), server)
        if "--never-flush" in options:
            app.never_flush()
        app.live(life * 5 * PINGS_PER_PART, in_tour=in_tour)


if __name__ == "__main__":
    main(*sys.argv[1:])
