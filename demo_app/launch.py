"""``python -m demo_app.launch``: the whole demo, in a window or as the scripted story."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

import click

from demo_app.__main__ import default_storage
from demo_app.display import has_display
from demo_app.programs import App, ProgramError, Server, free_port

__all__ = ["main"]

_HINTS = """\
KAZI is open, and its server listens on {url}.
Step through the tour, cut the network (Settings, "Work offline"), keep stepping, kill
the app and run this again: it goes on where it was, and nothing gets lost.
"Replay the welcome tour" in the settings starts it anew. Close the window to end."""


@click.command()
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-output"),
    show_default=True,
    help="Where there is no display: folder for the story's pictures and report.",
)
def main(output: Path) -> None:
    """Run server and app together until the window is closed.

    Where there is no display the same app runs through the scripted story instead; see
    python -m demo_app.story --help.
    """
    if has_display() or sys.platform in ("darwin", "win32"):
        signal.signal(signal.SIGTERM, _interrupt)
        sys.exit(_open_window())
    from demo_app.story.__main__ import main as story

    click.echo("No display answers: the app plays the scripted story on a virtual one.")
    story.main(["--output", str(output)], standalone_mode=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # the way of Ctrl-C, so that server and app are stopped too
    raise KeyboardInterrupt


def _open_window() -> int:
    with (
        tempfile.TemporaryDirectory(
            prefix="kazi-demo-", ignore_cleanup_errors=True
        ) as logs,
        contextlib.ExitStack() as stack,
    ):
        server = Server(_data(), port=free_port(), log=Path(logs, "server.log"))
        stack.callback(server.stop)
        app = App(default_storage(), server=server.url, log=Path(logs, "app.log"))
        stack.callback(app.stop)
        try:
            return _run(server, app)
        except ProgramError as exc:
            raise click.ClickException(str(exc)) from exc
        except KeyboardInterrupt:
            return 130


def _run(server: Server, app: App) -> int:
    click.echo("Starting the server with its own PostgreSQL ...")
    server.start()
    server.wait_until_ready()
    app.start()
    click.echo(_HINTS.format(url=server.url))
    code = app.wait()
    if code:
        raise ProgramError(
            f"the app ended with code {code}; without a usable display unset DISPLAY"
            f" and run this again.\n{app.last_words()}"
        )
    return 0


def _data() -> Path | None:
    """Return the folder of the server's data that was chosen; None: its own default."""
    chosen = os.environ.get("KAZI_DATA_DIR")
    return Path(chosen) if chosen else None


if __name__ == "__main__":
    main()
