"""The client that an app opens once, embeds everywhere and closes at its end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from client_sdk import _open_clients
from client_sdk._arguments import check_arguments
from client_sdk._clock import Clock
from client_sdk._config import ClientConfig
from client_sdk._core import ClientCore
from client_sdk._events import ClientEvent, EventKind, Listener, tell
from client_sdk._readings import Readings
from client_sdk._session import TutorialSession
from client_sdk._status import ClientStatus, FlushResult
from client_sdk._usage import (
    check_callable,
    check_flag,
    check_id,
    check_nothing,
    check_timeout,
)
from client_sdk.contracts.status import StepStatus
from client_sdk.contracts.survey import Answer
from client_sdk.contracts.tutorial import Device

if TYPE_CHECKING:
    from client_sdk._explanation import Explanation
    from client_sdk._outgoing import BeforeSend
    from client_sdk._progress_view import ProgressView
    from client_sdk._set_aside import SetAsideEvent
    from client_sdk._tokens import TokenProvider
    from client_sdk._transport import Transport
    from client_sdk.contracts.launch import LaunchItem
    from client_sdk.platforms import Platform

__all__ = ["TutorialClient"]

#: How long a close waits for the request under way, in seconds.
CLOSE_SECONDS = 2.0


class TutorialClient:
    """Tutorials that work offline, and events that arrive exactly once.

    Args:
        base_url: The sync server, e.g. ``https://tutorials.example.com``.
        storage_dir: A folder of the app; the queue, the cache and the runs live in
            one SQLite file there.  Where it cannot be written, memory takes its place,
            as it does where ``MEMORY`` is given.
        token_provider: Returns a JWT of the signed-in user; called on the sync thread
            when a request is sent, and again after a 401.  Without one the device is
            an anonymous user.
        device: What the server is told in ``x-kazi-device``.
        bundle: A file that ``kazi-sdk bundle`` wrote and the app ships: its tutorials
            are there before the first network.
        config: Sizes and intervals.
        transport: The network; another one than httpx for tests and special proxies.
        clock: The time; another one for tests.
        platform: What the device tells of its network and battery, as
            ``client_sdk.platforms.detect_platform()`` finds it.  Without one a sync
            runs whenever it is due.
        before_send: Is shown every event before it is stored, on the thread that made
            it, and returns it, a changed copy, or None to drop it.  It must not call
            the client.

    Every method returns at once, but ``flush`` and ``close`` with the time they are
    given.  None raises for network or storage trouble.  What cannot be right is logged,
    counted and ignored, also here; with ``ClientConfig(strict=True)`` it is a UsageError.
    """

    def __init__(  # noqa: PLR0913 - keyword-only, each with its own paragraph
        self,
        base_url: str,
        *,
        storage_dir: str | Path,
        token_provider: TokenProvider | None = None,
        device: Device = Device.DESKTOP,
        bundle: str | Path | None = None,
        config: ClientConfig | None = None,
        transport: Transport | None = None,
        clock: Clock | None = None,
        platform: Platform | None = None,
        before_send: BeforeSend | None = None,
    ) -> None:
        usable = check_arguments(
            base_url=base_url,
            storage_dir=storage_dir,
            bundle=bundle,
            token_provider=token_provider,
            device=device,
            config=config,
            transport=transport,
            clock=clock,
            platform=platform,
            before_send=before_send,
        )
        self._guard = usable.guard
        self._folder = _open_clients.claim(usable.storage_dir, usable.guard)
        self._core = ClientCore(usable, waiting=lambda: self.status().waiting)
        self._readings = Readings(self._core)
        self._collector = self._core.collector
        #: What ``status()`` says once the client is closed.
        self._last_status: ClientStatus | None = None
        self._lock = threading.RLock()
        self._core.delivery.start()
        _open_clients.add(self)

    def tutorial(self, tutorial_id: str) -> TutorialSession:
        """Return the session of a tutorial, the same one for the same id.

        Its config is there at once if the device has it; otherwise, and when it is
        stale, the server is asked in the background.
        """
        is_usable = self._guard.is_usable(lambda: check_id("tutorial_id", tutorial_id))
        # A session of an id that cannot be is harmless: it is loading for ever.
        tutorial_id = str(tutorial_id) if is_usable else "?"
        session = self._core.sessions.open(tutorial_id)
        if is_usable:
            self._core.want(tutorial_id)
        return session

    def launch(self) -> tuple[LaunchItem, ...]:
        """Return the tutorials that may start now, the first one first.

        Decided on the device, by the rules of what it has.  From the first call on every
        sync asks the server what may start and fetches it ahead.
        """
        if not self._guard.is_usable(check_nothing):
            return ()
        if self._core.tutorials.want_launch():
            self._core.sync.wake()
        return self._readings.launch()

    def explain(self, tutorial_id: str) -> Explanation:
        """Return why a tutorial is or is not shown; ``str()`` of it is for people."""
        if not self._guard.is_usable(lambda: check_id("tutorial_id", tutorial_id)):
            tutorial_id = "?"
        return self._readings.explain(tutorial_id)

    def ping(
        self,
        tutorial_id: str,
        step_id: str,
        status: StepStatus | str,
        duration_ms: int = 0,
    ) -> None:
        """Queue one step event of the app's own; it is in the file on return.

        A session sends its events itself: this is for apps that draw their own tutorial.
        """
        self._collector.ping(tutorial_id, step_id, status, duration_ms)

    def submit_survey(
        self,
        tutorial_id: str,
        *,
        nps: int | None = None,
        comment: str = "",
        persona: str | None = None,
        answers: Sequence[Answer] = (),
    ) -> None:
        """Queue an answer (NPS 0 to 10, comment up to 4,000 characters).

        ``answers`` are for a survey with questions of its own.
        """
        self._collector.submit_survey(
            tutorial_id, nps=nps, comment=comment, persona=persona, answers=answers
        )

    def identify(self, token_provider: TokenProvider) -> None:
        """Collect for the account whose tokens the provider returns.

        Needs no network: what is collected before the first token waits for it.  What
        the anonymous user of the device had begun goes on, and the server is told that
        the two are one person.  Another account's rows wait for its next log-in.
        """
        if self._guard.is_usable(
            lambda: check_callable("token_provider", token_provider)
        ):
            self._core.change_identity(self._core.identity.sign_in)
            # After it: a token must not be asked for on behalf of the one before.
            self._core.token_provider = token_provider
            self._core.sync.wake()

    def log_out(self, *, wipe: bool = False) -> None:
        """Go on as a new anonymous user.

        What the user who leaves has not sent waits for the next log-in, or is removed
        from the device with everything else of theirs if ``wipe`` is true.
        """
        if self._guard.is_usable(lambda: check_flag("wipe", wipe)):
            core = self._core
            core.token_provider = None
            if wipe:
                core.storage.forget_damaged()
            log_out = partial(
                core.identity.log_out, wipe=wipe, reassign_held=core.reassign_held
            )
            core.change_identity(log_out)

    def opt_out(self) -> None:
        """Collect nothing from here on, and forget what has not been sent.

        It holds over restarts.  Tutorials work as before, and content is asked for
        without saying who asks.
        """
        if self._guard.is_usable(check_nothing):
            core = self._core
            core.storage.forget_damaged()
            opt_out = partial(core.identity.opt_out, forget_held=core.forget_held)
            core.change_identity(opt_out)

    def opt_in(self) -> None:
        """Collect again."""
        if self._guard.is_usable(check_nothing):
            self._core.change_identity(self._core.identity.opt_in)

    def set_aside(self) -> list[SetAsideEvent]:
        """Return the events that the server will never accept, with the reasons.

        Free text of answers is left out.
        """
        if not self._guard.is_usable(check_nothing):
            return []
        return self._readings.set_aside()

    def wake(self) -> None:
        """Sync now: the network may be back."""
        if self._guard.is_usable(check_nothing):
            self._core.sync.wake()

    def pause(self) -> None:
        """Send what waits, for the app goes to the background and may not come back.

        Returns at once: everything is in the file already.  For ``App.on_pause``.
        """
        if self._guard.is_usable(check_nothing):
            self._core.delivery.sync_before_sleep()

    def resume(self) -> None:
        """Sync, for the app is back: for ``App.on_resume``."""
        self.wake()

    def flush(self, *, timeout_seconds: float = 10.0) -> FlushResult:
        """Deliver what waits, for at most the time given, and say what was reached.

        This waits: call it from a thread of your own, or when the app ends.
        """
        if not self._guard.is_usable(lambda: check_timeout(timeout_seconds)):
            return self._not_flushed()
        return self._core.delivery.flush(timeout_seconds)

    def request_flush(
        self, on_done: Callable[[FlushResult], object]
    ) -> Callable[[], FlushResult]:
        """Deliver what waits, and call ``on_done`` with what was reached; return at once.

        ``on_done`` is called once, on the sync thread, or at once where nothing can be
        flushed.  Return a function that gives up waiting for it, and returns what was
        reached by then.
        """
        if not self._guard.is_usable(lambda: check_callable("on_done", on_done)):
            if callable(on_done):
                on_done(self._not_flushed())
            return self._not_flushed
        return self._core.delivery.request_flush(on_done)

    def _not_flushed(self) -> FlushResult:
        why = "the client is closed" if self._guard.is_closed else "the call was wrong"
        return FlushResult(delivered=0, remaining=self.status().waiting, error=why)

    def status(self) -> ClientStatus:
        """Return what is queued, sent and lost, and how the last sync went.

        After ``close()`` what was so at its end.
        """
        if self._last_status is not None:
            return replace(self._last_status, misuses=self._guard.misuses)
        return self._readings.status()

    def progress(self, tutorial_id: str) -> ProgressView | None:
        """Return where the user stands in a tutorial; None if nothing is known of that.

        Points are the server's and those on their way to it.  It is read from the device.
        """
        if not self._guard.is_usable(lambda: check_id("tutorial_id", tutorial_id)):
            return None
        return self._readings.progress(tutorial_id)

    @property
    def xp(self) -> int:
        """The user's points in all tutorials, with those on their way to the server."""
        if not self._guard.is_usable(check_nothing):
            return 0
        return self._readings.xp()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` for every event, on whatever thread it happens.

        Return a function that ends it.
        """
        if not self._guard.is_usable(lambda: check_callable("listener", listener)):
            if self._guard.is_closed and callable(listener):
                tell(listener, ClientEvent(EventKind.CLOSED))
            return check_nothing
        return self._core.events.subscribe(listener)

    def close(self, *, timeout_seconds: float = CLOSE_SECONDS) -> None:
        """Stop syncing and let go of the file; what waits is sent after the next start."""
        timeout_seconds = self._guard.checked(
            lambda: check_timeout(timeout_seconds), CLOSE_SECONDS
        )
        with self._lock:
            if self._guard.is_closed:
                return
            self._guard.is_closed = True
        _open_clients.remove(self, self._folder)
        self._core.save_held()
        has_stopped = self._core.delivery.stop(timeout_seconds)
        self._last_status = self._readings.status()
        self._core.events.publish(EventKind.CLOSED)
        if has_stopped:
            # A thread that is still in a request ends with the process; its connection
            # must not be taken from under it.
            self._core.storage.close()

    def __enter__(self) -> Self:
        """Return the client; leaving the block closes it."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the client."""
        self.close()

    def _restart_after_fork(self) -> None:
        """Go on in a child process, with a thread, a lock and connections of its own."""
        if self._guard.is_closed:
            return
        self._lock = threading.RLock()
        self._core.restart_after_fork()
