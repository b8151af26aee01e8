"""What a client tells its app, read from the device: never an error, whatever the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from client_sdk._core import ClientCore
from client_sdk._counters import read_counters
from client_sdk._status import ClientStatus, moment
from client_sdk._storage import Database, Storage

if TYPE_CHECKING:
    from client_sdk._explanation import Explanation
    from client_sdk._progress_view import ProgressReader, ProgressView
    from client_sdk._set_aside import SetAsideEvent
    from client_sdk.contracts.launch import LaunchItem

__all__ = ["Readings"]

T = TypeVar("T")


class Readings:
    """Reads the parts of a client for its app; the arguments are checked already."""

    def __init__(self, core: ClientCore) -> None:
        self._core = core

    def launch(self) -> tuple[LaunchItem, ...]:
        """Return the tutorials that may start now, the first one first."""
        from client_sdk._launching import Launching

        core = self._core

        def items(database: Database) -> tuple[LaunchItem, ...]:
            return Launching(
                database,
                core.tutorials.decisions,
                user_id=core.identity.user_id,
                now_ms=core.clock.now_ms(),
                progress=self._progress_reader.told(),
            ).items()

        return self._read(items, ())

    def explain(self, tutorial_id: str) -> Explanation:
        """Return why a tutorial is or is not shown, also where the file tells nothing."""
        from client_sdk._evidence import explain

        core = self._core
        progress = self._read(lambda _: self._progress_reader.told(), None)

        def by(database: Database) -> Explanation:
            return explain(
                database,
                core.tutorials.decisions,
                user_id=core.identity.user_id,
                tutorial_id=tutorial_id,
                now_ms=core.clock.now_ms(),
                progress=progress,
            )

        found = self._read(by, None)
        if found is None:
            found = by(Storage.in_memory("the device's file cannot be read").foreground)
        return found

    def set_aside(self) -> list[SetAsideEvent]:
        """Return the events that the server will never accept, with the reasons."""
        from client_sdk._set_aside import read_set_aside

        return self._read(read_set_aside, [])

    def progress(self, tutorial_id: str) -> ProgressView | None:
        """Return where the user stands in a tutorial; None if nothing is known of that."""
        return self._read(lambda _: self._progress_reader.view(tutorial_id), None)

    def xp(self) -> int:
        """Return the user's points in all tutorials, also those on their way."""
        return self._read(lambda _: self._progress_reader.total_xp(), 0)

    def status(self) -> ClientStatus:
        """Return what is queued, sent and lost, and how the last sync went."""
        core = self._core
        nothing: tuple[dict[str, int], int, int] = ({}, 0, 0)
        counters, queued_pings, queued_surveys = self._read(self._counts, nothing)
        held, refusal = core.pings.held + core.surveys.held, core.storage.refusal
        return ClientStatus(
            queued_pings=queued_pings,
            held=held,
            queued_surveys=queued_surveys,
            sent=counters.get("sent", 0),
            set_aside=counters.get("set_aside", 0),
            evicted=counters.get("evicted", 0) + counters.get("evicted_surveys", 0),
            dropped=core.pings.dropped + core.surveys.dropped,
            declined=core.collector.declined
            + (core.outgoing.dropped if core.outgoing else 0),
            misuses=core.guard.misuses,
            last_sync_at=moment(counters.get("last_sync_ms", 0)),
            online=core.state.online,
            last_error=core.state.last_error,
            storage=core.storage.kind,
            storage_trouble=core.storage.trouble or (held and refusal) or None,
            user_id=core.identity.user_id or None,
            opted_out=core.identity.is_opted_out,
            recovered=counters.get("recovered", 0),
        )

    def _counts(self, database: Database) -> tuple[dict[str, int], int, int]:
        """Return the counters, the queued pings and the queued answers."""
        core = self._core
        return (
            read_counters(database),
            core.pings.count(database),
            core.surveys.count(database),
        )

    def _read(self, read: Callable[[Database], T], otherwise: T) -> T:
        """Return what the file tells, or something harmless where it tells nothing."""
        try:
            return read(self._core.storage.foreground)
        except sqlite3.Error as exc:
            self._core.collector.note_trouble(exc)
            return otherwise

    @cached_property
    def _progress_reader(self) -> ProgressReader:
        from client_sdk._progress_view import ProgressReader

        core = self._core
        return ProgressReader(
            database=core.storage.foreground,
            identity=core.identity,
            tutorials=core.tutorials,
            progress=core.progress,
            runs=core.runs,
        )
