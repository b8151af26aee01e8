"""What a ping tells beside what the app says: variant, persona, run, version and arm."""

from __future__ import annotations

from collections.abc import Callable

from client_sdk._assignments import as_json
from client_sdk._decisions import Decisions
from client_sdk._identity import Identity
from client_sdk._runs import Run
from client_sdk._storage import Database
from client_sdk.contracts.experiment import DeviceAssignment

__all__ = ["NOTHING_KNOWN", "Context", "PingContexts"]

#: Variant, persona, run, version, and the arm that the device took by itself, as JSON.
Context = tuple[str | None, str | None, bytes | None, int | None, str | None]

NOTHING_KNOWN: Context = (None, None, None, None, None)

#: Tutorials whose context is remembered.
MAX_KNOWN = 1_000

#: What a context was found for: user, run, and the device's decisions by their count.
_Key = tuple[str, bytes | None, int]


class PingContexts:
    """Finds the context of a tutorial's pings, and remembers it.

    It is that of the session's run, and without a run what one begun now would have: so
    an app that draws its own tutorial tells the same as one that steps a session.
    """

    def __init__(
        self,
        *,
        database: Database,
        identity: Identity,
        decisions: Decisions,
        run_of: Callable[[str], Run | None],
    ) -> None:
        self._database = database
        self._identity = identity
        self._decisions = decisions
        self._run_of = run_of
        self._known: dict[str, tuple[_Key, str, Context]] = {}

    def of(self, tutorial_id: str) -> tuple[str, Context]:
        """Return a user and what that user's pings tell; sqlite3.Error as the file gives it.

        Only the first ping after a change reads the file: a later one is a look-up.
        """
        run = self._run_of(tutorial_id)
        user_id = self._identity.user_id
        run_id = None if run is None else run.run_id
        key = (user_id, run_id, self._decisions.changes)
        known = self._known.get(tutorial_id)
        if known is not None and known[0] == key:
            return known[1], known[2]
        # A session is told of a log-out a moment later: its run is the one's who has left.
        if run is not None and run.user_id == user_id:
            context = self._of_run(run)
        else:
            context = self._of_content(user_id, tutorial_id)
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[tutorial_id] = (key, user_id, context)
        return user_id, context

    def _of_run(self, run: Run) -> Context:
        where = {"user_id": run.user_id, "tutorial_id": run.tutorial_id}
        shown = self._decisions.pinned(self._database, **where, etag=run.etag)
        told = shown.assignment if shown else None
        # where its content is gone, the present one may be another arm's
        arm = _told(told) if told and told.variant == run.variant else None
        return run.variant, run.persona, run.run_id, run.tutorial_version, arm

    def _of_content(self, user_id: str, tutorial_id: str) -> Context:
        shown = self._decisions.current(
            self._database, user_id=user_id, tutorial_id=tutorial_id
        )
        if shown is None:
            return NOTHING_KNOWN
        config, told = shown.config, shown.assignment
        if told is not None:
            # As with the run that begins: what was told once stays, whatever the weights.
            with self._database.transaction() as connection:
                self._decisions.assignments.keep(connection, user_id, told)
        return config.variant, config.persona, None, config.version, _told(told)


def _told(assignment: DeviceAssignment | None) -> str | None:
    return None if assignment is None else as_json(assignment)
