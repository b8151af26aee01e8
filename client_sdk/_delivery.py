"""A client's sync thread, with what it needs: built there, and not by an app that starts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from client_sdk._config import ClientConfig
from client_sdk._status import FlushResult, SyncState
from client_sdk._sync import BATCH, NOTHING, SOMETHING, BackgroundSync

if TYPE_CHECKING:
    from client_sdk._cycle import SyncCycle
    from client_sdk._delivery_errors import Transient
    from client_sdk._device_watch import DeviceWatch
    from client_sdk._transport import Transport
    from client_sdk.platforms import Platform

__all__ = ["Delivery"]

logger = logging.getLogger(__name__)


class Delivery:
    """Syncs when it is due, asked for, and allowed by the device.

    ``connect`` makes a transport where the app gives none, and ``build`` what syncs
    through it: both are called on the sync thread, where slow imports hold up nobody.
    """

    def __init__(  # noqa: PLR0913 - keyword-only collaborators
        self,
        *,
        config: ClientConfig,
        state: SyncState,
        platform: Platform | None,
        transport: Transport | None,
        connect: Callable[[], Transport],
        build: Callable[[Transport], SyncCycle],
        tidy: Callable[[], None],
        waiting: Callable[[], int],
        on_failed: Callable[[], None],
    ) -> None:
        self._config = config
        self.state = state
        self._connect = connect
        self._build = build
        self._waiting = waiting
        self._on_failed = on_failed
        self._transport = transport
        self._cycle: SyncCycle | None = None
        self._is_closed = False
        self.sync = BackgroundSync(
            self._run, tidy=tidy, config=config, on_trouble=self._note_trouble
        )
        self._device_watch = self._watch(platform)

    def start(self) -> None:
        """Begin to sync."""
        self.sync.start()

    def note_queued(self, waiting: int) -> None:
        """Have a sync come in time for what waits; at most pings there is one already."""
        sync = self.sync
        if sync.urgency < BATCH and waiting >= self._config.flush_at:
            sync.ask(BATCH, 0.0)
        elif sync.urgency == NOTHING:
            self.sync_soon()

    def sync_soon(self) -> None:
        """Sync with what else is collected in a while."""
        self.sync.ask(SOMETHING, self._config.flush_interval_seconds)

    def sync_before_sleep(self) -> None:
        """Ask the device for the time, and sync now."""
        if self._device_watch:
            self._device_watch.stay_awake()
        self.sync.tidy_soon()
        self.sync.wake()

    def flush(self, timeout_seconds: float) -> FlushResult:
        """Wait for a sync from now on, for at most so long."""
        before = self.state.delivered
        in_time = self.sync.wait_for_attempt(timeout_seconds)
        return self._flushed(before, None if in_time else self._why_late())

    def request_flush(
        self, on_done: Callable[[FlushResult], object]
    ) -> Callable[[], FlushResult]:
        """Call ``on_done`` after a sync from now on; return what gives up waiting."""
        before = self.state.delivered
        forget = self.sync.call_after_attempt(
            lambda: on_done(self._flushed(before, None))
        )

        def give_up() -> FlushResult:
            forget()
            return self._flushed(before, self._why_late())

        return give_up

    def stop(self, timeout_seconds: float) -> bool:
        """End the thread; False if a request under way keeps it longer than that."""
        if self._device_watch:
            self._device_watch.close()
        has_ended = self.sync.stop(timeout_seconds)
        if not has_ended and self.state.waits_for:
            logger.error("closed while the sync waits: %s", self.state.waits_for)
        # A thread that is about to connect sees this, or is seen to have connected.
        self._is_closed = True
        if self._transport is not None:
            self._transport.close()
        return has_ended

    def restart_after_fork(self) -> None:
        """Go on in a child process, with a thread and connections of its own."""
        if self._transport is not None:
            from client_sdk._transport import HttpxTransport

            if isinstance(self._transport, HttpxTransport):
                self._transport.reconnect_after_fork()
        self._cycle = None
        self.sync.restart_after_fork()

    def _run(self, urgency: int) -> None:
        """Do one sync if the device allows it, on the sync thread."""
        watch = self._device_watch
        try:
            may_sync, may_prefetch = watch.plan(urgency) if watch else (True, True)
            if may_sync:
                self._open_cycle().run(may_prefetch=may_prefetch)
            else:
                self.state.last_error = "postponed: network or battery do not allow it"
        finally:
            if watch:
                watch.may_sleep()

    def _open_cycle(self) -> SyncCycle:
        from client_sdk._fork_gate import importing

        with importing:
            if self._transport is None:
                self._transport = self._connect()
                if self._is_closed:
                    self._transport.close()
            if self._cycle is None:
                self._cycle = self._build(self._transport)
        return self._cycle

    def _watch(self, platform: Platform | None) -> DeviceWatch | None:
        """Listen to the device; imported only where there is one to listen to."""
        if platform is None:
            return None
        from client_sdk._device_watch import DeviceWatch

        return DeviceWatch(platform, self._config.metered, on_change=self.sync.wake)

    def _note_trouble(self, trouble: Transient) -> None:
        from client_sdk._delivery_errors import DeviceTrouble, Unreachable

        if not isinstance(trouble, DeviceTrouble):
            self.state.online = not isinstance(trouble, Unreachable)
        self.state.last_error = str(trouble)
        logger.info("sync failed, will be tried again: %s", trouble)
        self._on_failed()

    def _why_late(self) -> str:
        waits_for = self.state.waits_for
        if waits_for is None:
            return "time ran out"
        logger.error("a flush ran out of time: %s", waits_for)
        return f"time ran out: {waits_for}"

    def _flushed(self, delivered_before: int, trouble: str | None) -> FlushResult:
        remaining = self._waiting()
        return FlushResult(
            delivered=self.state.delivered - delivered_before,
            remaining=remaining,
            error=(trouble or self.state.last_error) if remaining else None,
        )
