"""``python -m demo_app``: open the app."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import click

DEFAULT_SERVER = "http://127.0.0.1:8080"
WIDTH, HEIGHT = 420, 860


def default_storage() -> Path:
    """Return the folder of this app's data that the platform suggests."""
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home())
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    return base / "kazi-demo"


@click.command()
@click.option(
    "--server",
    envvar="KAZI_DEMO_SERVER",
    default=DEFAULT_SERVER,
    show_default=True,
    help="The sync server.  [env: KAZI_DEMO_SERVER]",
)
@click.option(
    "--storage",
    envvar="KAZI_DEMO_STORAGE",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the app's data; by default the platform's own place for it."
    "  [env: KAZI_DEMO_STORAGE]",
)
@click.option(
    "--probe",
    envvar="KAZI_DEMO_PROBE",
    type=click.Path(path_type=Path),
    hidden=True,
)
def main(server: str, storage: Path | None, probe: Path | None) -> None:
    """Open KAZI, the demo app, with its welcome tour.

    \b
    Example:
      kazi-server serve --demo &
      python -m demo_app --server http://127.0.0.1:8080
    """
    # Kivy reads the command line and its own settings while it is imported.
    os.environ.setdefault("KIVY_NO_ARGS", "1")
    from kivy.config import Config

    Config.set("graphics", "width", str(WIDTH))
    Config.set("graphics", "height", str(HEIGHT))
    Config.set("graphics", "minimum_width", "320")
    Config.set("graphics", "minimum_height", "480")
    # a right click puts red dots on the screen otherwise
    Config.set("input", "mouse", "mouse,disable_multitouch")
    # Esc belongs to the tour and to open sheets
    Config.set("kivy", "exit_on_escape", "0")
    from client_sdk.platforms import detect_platform
    from demo_app.app import DemoSettings, KaziApp
    from demo_app.tours import SHIPPED

    # Kivy opens the root logger wide; every request has three lines of its own there
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    settings = DemoSettings(
        server=server,
        storage=storage or default_storage(),
        bundle=SHIPPED,
        probe=probe,
    )
    KaziApp(settings, platform=detect_platform()).run()


if __name__ == "__main__":
    main()
