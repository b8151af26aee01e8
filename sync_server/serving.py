"""Run the application under granian: worker processes, respawned, stopped gracefully."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from sync_server.listening import local_address
from sync_server.logs import configure_logging
from sync_server.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["serve_forever"]

#: Seconds after which a worker that does not stop is killed.
_STOP_TIMEOUT_SECONDS = 10
#: Milliseconds that a client has for all headers of a request, which is also how long a
#: connection may be idle; and most bytes that they may have (431 beyond that).  A read that
#: begins below that may end at twice as many.
HTTP1 = HTTP1Settings(header_read_timeout=15_000, max_buffer_size=65_536)
#: Seconds between looks whether the parent still lives.
_PARENT_POLL_SECONDS = 0.25
#: Seconds between looks for the first answer.
_READY_POLL_SECONDS = 0.05
#: granian's own lines go where ours go, in the same form.
_GRANIAN_LOGS = {"loggers": {"_granian": {"handlers": [], "propagate": True}}}


def serve_forever(settings: Settings, *, announce: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``announce`` is called at the first answer.

    The settings must name a database and have their keys.  SystemExit if the workers
    cannot live.
    """
    configure_logging(settings.log_level)
    with _shared_metrics(settings.workers):
        _serve(settings, announce)


def _serve(settings: Settings, announce: Callable[[], None]) -> None:
    server = MPServer(
        "sync_server",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        # left to itself granian speaks HTTP/2 in clear too, where these bounds do not hold:
        # headers of 16 MiB, and no end of waiting for them
        http=HTTPModes.http1,
        http1_settings=HTTP1,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_TIMEOUT_SECONDS,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=_GRANIAN_LOGS,
    )
    waiter = partial(_announce_when_ready, server, settings, announce)
    server.on_startup(threading.Thread(target=waiter, daemon=True).start)
    server.serve(target_loader=partial(load_app, settings), wrap_loader=False)


def load_app(settings: Settings) -> Flask:
    """Make the application of one worker process."""
    from sync_server.app import create_app
    from sync_server.db.pool import open_pool
    from sync_server.ratelimits.exchange import Exchange
    from sync_server.ratelimits.limits import RateLimits
    from sync_server.ratelimits.store import RateStore

    # Ctrl-C reaches the whole group; the parent alone decides how its workers stop, and
    # a second signal makes granian wait for its time-out.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    threading.Thread(target=_follow_parent, args=(os.getppid(),), daemon=True).start()
    configure_logging(settings.log_level)
    pool = open_pool(
        settings.database_url or "",
        max_size=settings.database_pool_size,
        timeout_seconds=settings.database_timeout_seconds,
        statement_timeout_seconds=settings.database_statement_timeout_seconds,
    )
    limits = RateLimits.of(settings)
    Exchange(limits, RateStore(pool), secret=settings.comment_keys[0]).start()
    return create_app(settings, pool=pool, limits=limits)


@contextmanager
def _shared_metrics(workers: int) -> Iterator[None]:
    """Let several workers add up their metrics, through files in a folder.

    prometheus_client looks for the folder when it is imported, in every worker.
    """
    if workers == 1:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="kazi-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


def _follow_parent(parent: int) -> None:
    """End this worker when the process that made it is gone.

    A killed parent takes no worker along; they would hold the port and go on answering.
    """
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def _announce_when_ready(
    server: MPServer, settings: Settings, announce: Callable[[], None]
) -> None:
    url = f"http://{local_address(settings.host)}:{settings.port}/healthz"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while not server.interrupt_signal:
        # workers are forked first: a fork must not catch this thread inside a lock
        if len(server.wrks) == settings.workers and _answers(opener, url):
            announce()
            return
        time.sleep(_READY_POLL_SECONDS)


def _answers(opener: urllib.request.OpenerDirector, url: str) -> bool:
    try:
        with opener.open(url, timeout=1) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
