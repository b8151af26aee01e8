"""The sessions that an app has opened, one for each tutorial."""

from __future__ import annotations

import threading
from collections.abc import Callable

from client_sdk._events import ClientEvent, EventKind
from client_sdk._runs import Run
from client_sdk._session import TutorialSession

__all__ = ["Sessions"]


class Sessions:
    """Opens sessions, and has them see what a sync or another user brings."""

    def __init__(self, make: Callable[[str], TutorialSession]) -> None:
        self._make = make
        self._sessions: dict[str, TutorialSession] = {}
        # One that a signal's handler may take again while its thread has it.
        self._lock = threading.RLock()

    def open(self, tutorial_id: str) -> TutorialSession:
        """Return the session of a tutorial, the same one for the same id."""
        with self._lock:
            session = self._sessions.get(tutorial_id)
            if session is None:
                made = self._make(tutorial_id)
                session = self._sessions.setdefault(tutorial_id, made)
        return session

    def run_of(self, tutorial_id: str) -> Run | None:
        """Return the run begun last; None where the app has opened no session."""
        session = self._sessions.get(tutorial_id)
        return session.run if session else None

    def follow(self, event: ClientEvent) -> None:
        """Have a session see its config as soon as it has come, and store what waits."""
        session = self._sessions.get(event.tutorial_id or "")
        if event.kind in (EventKind.SYNCED, EventKind.SYNC_FAILED):
            for one in self._all():
                one.save()
        elif session is None:
            return
        elif event.kind in (EventKind.CONFIG_READY, EventKind.CONFIG_CHANGED):
            session.reload()
        elif event.kind is EventKind.PROGRESS_CHANGED:
            session.reload_progress()

    def switch_user(self) -> None:
        """Show what the present user has, and nothing of the one before."""
        for session in self._all():
            session.switch_user()

    def unlock_after_fork(self) -> None:
        """Take new locks in a child process."""
        self._lock = threading.RLock()
        for session in self._all():
            session.unlock_after_fork()

    def _all(self) -> list[TutorialSession]:
        return list(self._sessions.values())
