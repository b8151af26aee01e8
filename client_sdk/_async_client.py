"""The client for apps that live in an asyncio or trio loop, as Kivy's ``async_run`` does."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from client_sdk._client import CLOSE_SECONDS, TutorialClient
from client_sdk._errors import UsageError
from client_sdk._event_loop import EventLoop, Signal, running_loop
from client_sdk._events import ClientEvent, EventKind, Listener
from client_sdk._session import TutorialSession
from client_sdk._set_aside import SetAsideEvent
from client_sdk._status import ClientStatus, FlushResult
from client_sdk._tokens import TokenProvider
from client_sdk._usage import check_timeout
from client_sdk.contracts.status import StepStatus
from client_sdk.contracts.survey import Answer

if TYPE_CHECKING:
    from client_sdk._explanation import Explanation
    from client_sdk._progress_view import ProgressView
    from client_sdk.contracts.launch import LaunchItem

__all__ = ["AsyncTutorialClient", "EventStream"]


class AsyncTutorialClient:
    """A :class:`TutorialClient` whose waiting methods are coroutines.

        async with AsyncTutorialClient(TutorialClient(url, storage_dir=folder)) as client:
            client.ping("welcome-tour", "intro", "started")
            await client.flush()

    It works in asyncio and trio, and needs neither until a coroutine runs.  What returns
    at once is a plain method, the same one as the client's, whose docstring it has.
    """

    def __init__(self, client: TutorialClient) -> None:
        #: The client within, as for ``overlay_kivy``.
        self.client: TutorialClient = client

    async def flush(self, *, timeout_seconds: float = 10.0) -> FlushResult:
        """Deliver what waits, for at most the time given, and say what was reached.

        Cancelled, it stops waiting at once; the sync that it began goes on behind.
        """
        try:
            seconds = check_timeout(timeout_seconds)
        except UsageError:
            # The client tells the mistake, and does not wait.
            return self.client.flush(timeout_seconds=timeout_seconds)
        loop = running_loop()
        signal = loop.new_signal()
        results: list[FlushResult] = []

        def note(result: FlushResult) -> None:
            results.append(result)
            loop.call_soon(signal.set)

        give_up = self.client.request_flush(note)
        try:
            await loop.wait(signal, seconds)
        finally:
            reached = give_up()
        return results[0] if results else reached

    async def aclose(self, *, timeout_seconds: float = CLOSE_SECONDS) -> None:
        """Stop syncing and let go of the file; what waits is sent after the next start.

        Cancelled, it stops waiting at once; the client is closed all the same.
        """
        loop = running_loop()
        signal = loop.new_signal()
        troubles: list[UsageError] = []

        def close() -> None:
            try:
                self.client.close(timeout_seconds=timeout_seconds)
            except UsageError as exc:
                troubles.append(exc)
            finally:
                loop.call_soon(signal.set)

        threading.Thread(target=close, name="kazi-tutorial-close").start()
        await signal.wait()
        if troubles:
            raise troubles[0]

    def events(self) -> EventStream:
        """Return what happens from now on, for ``async for``.

        It ends when the client is closed.
        """
        return EventStream(self.client)

    async def __aenter__(self) -> Self:
        """Return the client; leaving the block closes it."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the client."""
        await self.aclose()

    def tutorial(self, tutorial_id: str) -> TutorialSession:
        """Return the session of a tutorial, the same one for the same id."""
        return self.client.tutorial(tutorial_id)

    def launch(self) -> tuple[LaunchItem, ...]:
        """Return the tutorials that may start now, the first one first."""
        return self.client.launch()

    def explain(self, tutorial_id: str) -> Explanation:
        """Return why a tutorial is or is not shown; ``str()`` of it is for people."""
        return self.client.explain(tutorial_id)

    def progress(self, tutorial_id: str) -> ProgressView | None:
        """Return where the user stands in a tutorial; None if nothing is known of that."""
        return self.client.progress(tutorial_id)

    @property
    def xp(self) -> int:
        """The user's points in all tutorials, with those on their way to the server."""
        return self.client.xp

    def ping(
        self,
        tutorial_id: str,
        step_id: str,
        status: StepStatus | str,
        duration_ms: int = 0,
    ) -> None:
        """Queue one step event of the app's own; it is in the file on return."""
        self.client.ping(tutorial_id, step_id, status, duration_ms)

    def submit_survey(
        self,
        tutorial_id: str,
        *,
        nps: int | None = None,
        comment: str = "",
        persona: str | None = None,
        answers: Sequence[Answer] = (),
    ) -> None:
        """Queue an answer (NPS 0 to 10, comment up to 4,000 characters)."""
        self.client.submit_survey(
            tutorial_id, nps=nps, comment=comment, persona=persona, answers=answers
        )

    def identify(self, token_provider: TokenProvider) -> None:
        """Collect for the account whose tokens the provider returns."""
        self.client.identify(token_provider)

    def log_out(self, *, wipe: bool = False) -> None:
        """Go on as a new anonymous user."""
        self.client.log_out(wipe=wipe)

    def opt_out(self) -> None:
        """Collect nothing from here on, and forget what has not been sent."""
        self.client.opt_out()

    def opt_in(self) -> None:
        """Collect again."""
        self.client.opt_in()

    def set_aside(self) -> list[SetAsideEvent]:
        """Return the events that the server will never accept, with the reasons."""
        return self.client.set_aside()

    def wake(self) -> None:
        """Sync now: the network may be back."""
        self.client.wake()

    def pause(self) -> None:
        """Send what waits, for the app goes to the background and may not come back."""
        self.client.pause()

    def resume(self) -> None:
        """Sync, for the app is back: for ``App.on_resume``."""
        self.client.resume()

    def request_flush(
        self, on_done: Callable[[FlushResult], object]
    ) -> Callable[[], FlushResult]:
        """Deliver what waits, and call ``on_done`` with what was reached; return at once."""
        return self.client.request_flush(on_done)

    def status(self) -> ClientStatus:
        """Return what is queued, sent and lost, and how the last sync went."""
        return self.client.status()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` for every event, on whatever thread it happens."""
        return self.client.subscribe(listener)


class EventStream:
    """What happens in a client, as an asynchronous iterator.

    The sync thread never waits for a slow consumer, and nothing is lost by that: of
    events that are equal, such as two ``queue_changed``, the last is kept until it is
    taken.  So there wait at most as many as there are kinds and tutorials.
    """

    def __init__(self, client: TutorialClient) -> None:
        self._lock = threading.Lock()
        #: Events to be taken, in the order in which they happened last.
        self._waiting: dict[ClientEvent, None] = {}
        self._is_ended = False
        self._loop: EventLoop | None = None
        self._signal: Signal | None = None
        unsubscribe = client.subscribe(_listener(weakref.ref(self)))
        #: Ends the subscription, at the latest when a loop over this is left.
        self.close: Callable[[], None] = weakref.finalize(self, unsubscribe)

    def __aiter__(self) -> Self:
        """Return the stream itself."""
        return self

    async def __anext__(self) -> ClientEvent:
        """Return the next event; the stream ends when the client is closed."""
        if self._loop is None:
            self._loop = running_loop()
        # A loop over events that are there already must not keep other tasks waiting;
        # and who is cancelled here has taken none yet.
        await self._loop.pause()
        while True:
            with self._lock:
                if self._waiting:
                    event = next(iter(self._waiting))
                    del self._waiting[event]
                    return event
                if self._is_ended:
                    raise StopAsyncIteration
                if self._signal is None:
                    self._signal = self._loop.new_signal()
                signal = self._signal
            await signal.wait()

    def add(self, event: ClientEvent) -> None:
        """Take an event of the client, on the thread where it happens."""
        with self._lock:
            if event.kind is EventKind.CLOSED:
                self._is_ended = True
            else:
                self._waiting.pop(event, None)
                self._waiting[event] = None
            signal, self._signal = self._signal, None
        if signal is not None and self._loop is not None:
            self._loop.call_soon(signal.set)


def _listener(stream: weakref.ref[EventStream]) -> Listener:
    """Return a listener that does not keep the stream: who left the loop wants no more."""

    def listen(event: ClientEvent) -> None:
        found = stream()
        if found is not None:
            found.add(event)

    return listen
