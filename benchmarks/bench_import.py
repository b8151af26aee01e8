"""``import client_sdk`` and a client, beside importing the standard library it needs."""

from __future__ import annotations

import compileall
import json
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.result import Result, interleave
from benchmarks.tours import TOUR
from client_sdk import TutorialClient
from client_sdk.testing import FakeServer

ROUNDS = 15
ROOT = Path(__file__).parents[1]

#: A child ignores the current folder (``-I``) and is told where the package is: an
#: installed one may be another checkout's.
ROOTED = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"

BUILD = """
import time
folder = sys.argv[1]
begun = time.perf_counter()
import client_sdk
client = client_sdk.TutorialClient("http://127.0.0.1:9", storage_dir=folder)
"""

#: What an app does next, on the UI thread, with a tutorial that the device has.
FIRST_USE = f"""
assert client.tutorial({TOUR.tutorial_id!r}).config, "the tutorial is not cached"
client.ping({TOUR.tutorial_id!r}, "welcome", "completed", 1500)
"""

STOP = """
elapsed = time.perf_counter() - begun
assert client_sdk.__file__.startswith(sys.path[0]), client_sdk.__file__
"""

#: Each name is a module that the client needs and a bare interpreter has not imported.
LIST = """
needed = [n for n in sys.modules if n not in before and n.partition('.')[0] in sys.stdlib_module_names]
print(','.join(needed))
"""

#: Imports nothing before the clock runs: what a helper needed would be free.
IMPORT = """
import time
names = [name for name in sys.argv[1].split(',') if name not in sys.modules]
begun = time.perf_counter()
for name in names:
    __import__(name)
elapsed = time.perf_counter() - begun
"""

PRINT = "\nprint(elapsed * 1000)"

#: Prints on which threads the slow libraries were imported, after a sync has ended.
THREADS = """
import importlib.abc, threading
importers = {"httpx": [], "tenacity": [], "sqlite_utils": []}
class Recorder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in importers:
            importers[name].append(threading.current_thread().name)
sys.meta_path.insert(0, Recorder())
"""

SYNC = """
ended = threading.Event()
client.subscribe(lambda event: event.kind == "sync_failed" and ended.set())
client.wake()
assert ended.wait(30), "no sync has ended"
client.status()
client.close()
import json
print(json.dumps(importers))
"""


def measure() -> list[Result]:
    """Return the cost of the SDK at the start of an app, and with the first event."""
    # An installed package comes with its bytecode, whatever PYTHONDONTWRITEBYTECODE says.
    compileall.compile_dir(ROOT / "client_sdk", quiet=1)
    with tempfile.TemporaryDirectory() as name:
        cached = Path(name)
        fill(cached)
        require_other_threads(cached)
        return [
            _result("import client_sdk + TutorialClient", BUILD, None, bound=1.5),
            _result(
                "the same + tutorial() with cached content + ping()",
                BUILD + FIRST_USE,
                cached,
                bound=None,
            ),
        ]


def fill(folder: Path) -> None:
    """Make a device that has a tutorial."""
    with TutorialClient(
        "http://kazi.invalid", storage_dir=folder, transport=FakeServer(TOUR)
    ) as client:
        client.tutorial(TOUR.tutorial_id)
        client.flush()


def require_other_threads(cached: Path) -> None:
    """RuntimeError if a slow library is imported on the thread that uses the client."""
    script = THREADS + BUILD + FIRST_USE + STOP + SYNC
    importers: dict[str, list[str]] = json.loads(_run_on_copy(script, cached))
    on_ui_thread = [name for name in importers if "MainThread" in importers[name]]
    # The sync needs both: without them the recorder would have seen nothing at all.
    if on_ui_thread or not (importers["httpx"] and importers["tenacity"]):
        raise RuntimeError(f"imported on these threads: {importers}")


def _result(
    what: str, script: str, cached: Path | None, *, bound: float | None
) -> Result:
    listing = "before = set(sys.modules)\n" + script + STOP + LIST
    names = _run_on_copy(listing, cached).strip()
    found = interleave(
        {
            "client": partial(_elapsed_ms, script + STOP, cached),
            "stdlib": lambda: float(_run(IMPORT + PRINT, names)),
        },
        rounds=ROUNDS,
    )
    return Result(
        what=f"{what} ({names.count(',') + 1} stdlib modules)",
        unit="ms",
        ours=found["client"],
        limit=found["stdlib"],
        bound=bound,
    )


def _elapsed_ms(script: str, cached: Path | None) -> float:
    return float(_run_on_copy(script + PRINT, cached))


def _run_on_copy(script: str, cached: Path | None) -> str:
    """Run a script with a folder of its own: a copy of a device's, or a new one."""
    with tempfile.TemporaryDirectory() as name:
        if cached is not None:
            shutil.copytree(cached, name, dirs_exist_ok=True)
        return _run(script, name)


def _run(script: str, argument: str) -> str:
    """Run a script in a fresh interpreter and return what it prints."""
    command = [sys.executable, "-I", "-c", ROOTED + script, argument]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
