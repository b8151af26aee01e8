"""What a client knows of itself, for a status strip or a support screen."""

from __future__ import annotations

from datetime import UTC, datetime

from client_sdk.contracts.value import Value, value

__all__ = ["ClientStatus", "FlushResult", "SyncState", "moment"]


@value(frozen=True, kw_only=True)
class ClientStatus(Value):
    """A snapshot; counts are over all users of the device."""

    queued_pings: int
    #: Events in memory, which the device's file has not taken yet.
    held: int
    queued_surveys: int
    #: Events that the server has confirmed, since the file was made.
    sent: int
    #: Events that the server will never accept; kept on the device with the reason.
    set_aside: int
    #: Events dropped because the queue was full: pings, and answers beyond their bound.
    evicted: int
    #: Events that could not be kept, neither in the file nor in memory.
    dropped: int
    #: Events that were not collected because the user has opted out, or because
    #: ``before_send`` did not want them.
    declined: int
    #: Calls of the host app that could not be right.
    misuses: int
    #: When a sync last did all there was to do; None if never.
    last_sync_at: datetime | None
    #: Whether the last request reached the server; None before the first.
    online: bool | None
    #: Why the last sync failed; None after a good one.
    last_error: str | None
    #: ``file``, or ``memory`` where that was asked for or the folder cannot be used.
    storage: str
    #: Why storage is memory although a folder was given, what became of a damaged file since
    #: the app started, that its last writes before a kill are gone, or why the file does not
    #: take what is held; None where all is well.
    storage_trouble: str | None
    #: Whose events are collected; None before an account is known.
    user_id: str | None
    #: Whether the user wants nothing collected.
    opted_out: bool
    #: Events that came back from damaged files.
    recovered: int

    @property
    def queued(self) -> int:
        """How many events wait for the server."""
        return self.queued_pings + self.queued_surveys

    @property
    def waiting(self) -> int:
        """How many events wait for the server, with those that the file refused so far."""
        return self.queued + self.held


@value(frozen=True, kw_only=True)
class FlushResult(Value):
    """What ``flush()`` reached."""

    #: Events that left the queue during the flush.
    delivered: int
    #: Events that still wait.
    remaining: int
    #: Why events still wait: the sync's error, or that time ran out; None if none do.
    error: str | None


class SyncState:
    """How the syncs of this process went; written on the sync thread."""

    def __init__(self) -> None:
        #: Whether the last request was answered; None before the first.
        self.online: bool | None = None
        #: Why the last sync failed; None after a good one.
        self.last_error: str | None = None
        #: Why the server would not give a tutorial, in the sync under way.
        self.refusal: str | None = None
        #: What of the app's own the sync thread waits for right now.
        self.waits_for: str | None = None
        #: Events that left the queue since the process began.
        self.delivered = 0


def moment(epoch_ms: int) -> datetime | None:
    """Return a time from milliseconds since 1970; None for 0, which means never."""
    return datetime.fromtimestamp(epoch_ms / 1000, UTC) if epoch_ms else None
