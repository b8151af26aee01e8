"""Progress as an app shows it: the server's word plus what is still on its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from client_sdk._identity import Identity
from client_sdk._progress import Known, ProgressStore
from client_sdk._runs import RunStore
from client_sdk._storage import Database
from client_sdk._tutorials import Tutorials
from client_sdk.contracts.completion import required_steps
from client_sdk.contracts.progress import Progress
from client_sdk.contracts.tutorial import TutorialConfig
from client_sdk.contracts.value import Value, value

__all__ = ["ProgressReader", "ProgressView", "view_of"]


@value(frozen=True, kw_only=True)
class ProgressView(Value):
    """Where the user stands in one tutorial, over all devices as far as this one knows."""

    tutorial_id: str
    #: Steps ever completed, in the tutorial's order; those it no longer has come last.
    completed_steps: tuple[str, ...]
    #: Whether every step is completed that everybody meets.
    is_completed: bool
    #: The step furthest along that was ever reached; None before the first.
    furthest_step: str | None
    #: The step to go on with; None where there is none.
    resume_step: str | None
    #: Points: what the server has paid, and ``pending_xp``.
    xp: int
    #: Points for what this device has completed and the server has not confirmed yet.
    pending_xp: int


class ProgressReader:
    """Reads progress from the device's file alone, for the UI thread."""

    def __init__(
        self,
        *,
        database: Database,
        identity: Identity,
        tutorials: Tutorials,
        progress: ProgressStore,
        runs: RunStore,
    ) -> None:
        self._database = database
        self._identity = identity
        self._tutorials = tutorials
        self._progress = progress
        self._runs = runs

    def view(self, tutorial_id: str) -> ProgressView | None:
        """Return where the user stands; None if nothing is known of that.

        sqlite3.Error where the file cannot be read.
        """
        user_id = self._identity.user_id
        known = self._progress.known(self._database, user_id, tutorial_id)
        if known == Known():
            return None
        return view_of(tutorial_id, known, self._contents(tutorial_id))

    def told(self) -> Progress:
        """Return what the server said last of all tutorials; sqlite3.Error as above."""
        return self._progress.told(self._database, self._identity.user_id)

    def total_xp(self) -> int:
        """Return the points of all tutorials, as the views have them."""
        user_id = self._identity.user_id
        total = 0
        for tutorial_id in self._progress.tutorials(self._database, user_id):
            known = self._progress.known(self._database, user_id, tutorial_id)
            contents = self._contents(tutorial_id) if known.pending else ()
            total += view_of(tutorial_id, known, contents).xp
        return total

    def _contents(self, tutorial_id: str) -> tuple[TutorialConfig, ...]:
        """Return what the last run shows, and what is current."""
        database, user_id = self._database, self._identity.user_id
        run = self._runs.latest(database, user_id=user_id, tutorial_id=tutorial_id)
        current = self._tutorials.current(database, tutorial_id)
        found = [current]
        if run is not None and (current is None or run.etag != current.etag):
            found.insert(0, self._tutorials.pinned(database, tutorial_id, run.etag))
        return tuple(one.config for one in found if one is not None)


def view_of(
    tutorial_id: str, known: Known, contents: Sequence[TutorialConfig]
) -> ProgressView:
    """Return what is shown; ``contents`` say what steps are worth, the first one first.

    The server pays each step once for one person, and so do we: sets are joined, so that
    it does not matter which device completed what, nor how often.
    """
    server = known.server
    confirmed = frozenset(server.completed_steps if server else ())
    completed = confirmed | known.pending
    places = _places(contents)
    pending_xp = _points(known.pending - confirmed, contents)
    is_completed = known.is_completed
    shown = contents[0] if contents else None
    # As the server does: events of these very steps must say which content was seen.
    if shown and known.pending and required_steps(shown.steps) <= completed:
        pending_xp += 0 if is_completed else shown.xp
        is_completed = True
    resume = known.resume
    last = len(places)
    return ProgressView(
        tutorial_id=tutorial_id,
        completed_steps=tuple(
            sorted(completed, key=lambda one: (places.get(one, last), one))
        ),
        is_completed=is_completed,
        furthest_step=_furthest(known, places),
        resume_step=resume.step_id if resume and not resume.finished else None,
        xp=(server.xp if server else 0) + pending_xp,
        pending_xp=pending_xp,
    )


def _places(contents: Sequence[TutorialConfig]) -> dict[str, int]:
    places: dict[str, int] = {}
    for config in contents:
        for place, step in enumerate(config.steps):
            places.setdefault(step.id, place)
    return places


def _points(steps: frozenset[str], contents: Sequence[TutorialConfig]) -> int:
    worth: dict[str, int] = {}
    for config in contents:
        for step in config.steps:
            worth.setdefault(step.id, step.xp)
    return sum(worth.get(step_id, 0) for step_id in steps)


def _furthest(known: Known, places: Mapping[str, int]) -> str | None:
    reached = [(places[one], one) for one in known.pending if one in places]
    if known.furthest is not None:
        reached.append(known.furthest)
    if known.server is not None:
        reached.append((known.server.furthest_position, known.server.furthest_step))
    return max(reached)[1] if reached else None
