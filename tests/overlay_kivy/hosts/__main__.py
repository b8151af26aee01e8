"""``python -m tests.overlay_kivy.hosts APP FOLDER ...``: run an app until its user has gone."""

import sys
from importlib import import_module
from pathlib import Path

import tests.support.window  # noqa: F401 - before anything of Kivy

if __name__ == "__main__":
    # Kivy has taken standard error for its log, which is off.
    sys.stderr = sys.__stderr__
    name, folder, *others = sys.argv[1:]
    import_module(f"tests.overlay_kivy.hosts.{name}").main(Path(folder), *others)
