"""Ctrl-C ends a command without a traceback, also while its libraries are imported."""

from __future__ import annotations

import subprocess
import sys

#: Runs the command line with an import system that is interrupted at a library.
_PROGRAM = """
import sys
class Interrupted:
    def find_spec(self, name, path, target=None):
        if name == "{library}":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
from sync_server.__main__ import main
sys.argv = ["kazi-server", "serve", "--help"]
main()
"""


def test_an_interruption_among_the_imports_says_nothing():
    for library in ("click", "psycopg", "sync_server.cli.serve"):
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM.format(library=library)],
            capture_output=True,
            text=True,
            check=False,
        )

        assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
