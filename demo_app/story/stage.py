"""Everything that a story needs on this machine, and that is gone after it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from demo_app.display import virtual_display
from demo_app.programs import App, Server, free_port
from demo_app.story.archive import Archive
from demo_app.story.device_file import DeviceFile
from demo_app.story.eyes import Eyes
from demo_app.story.hand import Hand
from sync_server.db.embedded import start_embedded, stop_embedded

__all__ = ["Stage", "set_stage"]

#: Room around the app's window of 420 by 860.
SCREEN_WIDTH, SCREEN_HEIGHT = 480, 900
POSTGRES_STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The two programs, and what watches and touches them."""

    server: Server
    app: App
    eyes: Eyes
    hand: Hand
    device: DeviceFile
    archive: Archive


@contextlib.contextmanager
def set_stage() -> Iterator[Stage]:
    """Prepare folders, display and database; take everything away at the end."""
    with contextlib.ExitStack() as stack:
        # as root PostgreSQL's user must reach its data: no home, no checkout
        root = Path(tempfile.mkdtemp(prefix="kazi-story-"))
        stack.callback(shutil.rmtree, root, ignore_errors=True)
        stack.enter_context(_own_display())
        hand = Hand(os.environ["DISPLAY"])
        stack.callback(hand.close)
        stage = _build(root, hand, stack)
        stack.callback(stage.server.stop)
        stack.callback(stage.app.stop)
        yield stage


def _build(root: Path, hand: Hand, stack: contextlib.ExitStack) -> Stage:
    storage, data, probe = root / "app", root / "server", root / "probe"
    # The story is a user of the database too: it lives on when the server is killed.
    stack.callback(_stop_postgres, data / "postgres")
    url = start_embedded(data / "postgres")
    server = Server(data, port=free_port(), log=root / "server.log")
    app = App(
        storage,
        server=server.url,
        log=root / "app.log",
        KAZI_DEMO_PROBE=str(probe),
        KIVY_HOME=str(root / "kivy"),
        LIBGL_ALWAYS_SOFTWARE="1",
    )
    return Stage(
        server=server,
        app=app,
        eyes=Eyes(probe, lambda: app.is_alive),
        hand=hand,
        device=DeviceFile(storage),
        archive=Archive(url),
    )


@contextlib.contextmanager
def _own_display() -> Iterator[None]:
    """Make a display of our own: a story must not take a person's mouse."""
    names = ("DISPLAY", "WAYLAND_DISPLAY")
    before = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        with virtual_display(SCREEN_WIDTH, SCREEN_HEIGHT):
            yield
    finally:
        os.environ.update(before)


def _stop_postgres(folder: Path) -> None:
    """End the PostgreSQL of a folder, also where a killed server still counts as a user."""
    pid_file = folder / "postmaster.pid"
    if not pid_file.exists():
        return
    stop_embedded(folder)
    with contextlib.suppress(OSError, ValueError):
        pid = int(pid_file.read_text().split("\n", 1)[0])
        os.kill(pid, signal.SIGINT)  # a "fast" shutdown: it does not wait for clients
    deadline = time.monotonic() + POSTGRES_STOP_SECONDS
    while pid_file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
