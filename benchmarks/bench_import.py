"""``import client_sdk`` and a client, beside importing the standard library it needs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import partial

from benchmarks.result import Result, interleave

ROUNDS = 15

BUILD = """
import sys, time
folder = sys.argv[1]
begun = time.perf_counter()
import client_sdk
client = client_sdk.TutorialClient("http://kazi.invalid", storage_dir=folder)
elapsed = time.perf_counter() - begun
"""

LIST = (
    "before = set(__import__('sys').modules)\n"
    + BUILD
    + """
import json
needed = [n for n in sys.modules if n not in before and n.partition('.')[0] in sys.stdlib_module_names]
print(json.dumps(needed))
"""
)

IMPORT = """
import sys, time, json, importlib
names = json.loads(sys.argv[1])
for name in [n for n in sys.modules if n in names]:
    names.remove(name)
begun = time.perf_counter()
for name in names:
    importlib.import_module(name)
elapsed = time.perf_counter() - begun
"""


def run(script: str, argument: str) -> str:
    """Run a script in a fresh interpreter and return what it prints."""
    command = [sys.executable, "-I", "-c", script, argument]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def elapsed_ms(script: str, argument: str) -> float:
    """Return what a script measured, in milliseconds."""
    return float(run(script + "\nprint(elapsed * 1000)", argument))


def build_ms() -> float:
    """Measure import and client on a new device."""
    with tempfile.TemporaryDirectory() as folder:
        return elapsed_ms(BUILD, folder)


def needed_modules() -> str:
    """Return the standard-library modules that a client loads, as a JSON list."""
    with tempfile.TemporaryDirectory() as folder:
        return run(LIST, folder)


def measure() -> list[Result]:
    """Return the cost of the SDK at the start of an app."""
    names = needed_modules()
    found = interleave(
        {"client": build_ms, "stdlib": partial(elapsed_ms, IMPORT, names)},
        rounds=ROUNDS,
    )
    return [
        Result(
            what=f"import client_sdk + TutorialClient ({len(json.loads(names))} stdlib modules)",
            unit="ms",
            ours=found["client"],
            limit=found["stdlib"],
            bound=2.0,
        )
    ]
