"""Everything that a story needs on this machine, and that is gone after it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from demo_app.display import virtual_display
from demo_app.programs import App, Server, free_port
from demo_app.story.archive import Archive
from demo_app.story.device_file import DeviceFile
from demo_app.story.eyes import Eyes
from demo_app.story.hand import Hand
from demo_app.story.postgres import Postgres

__all__ = ["Stage", "set_stage"]

#: Room around the app's window of 420 by 860.
SCREEN_WIDTH, SCREEN_HEIGHT = 480, 900


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
    # the server starts it; a server that is killed leaves it behind
    postgres = Postgres(data / "postgres")
    stack.callback(postgres.stop)
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
        archive=Archive(postgres),
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
