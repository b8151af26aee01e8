"""Python in a child that may write nothing but what anybody may."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

__all__ = ["run_powerless"]

NOBODY = 65534

# Root may write anywhere, whatever the modes say, so the child gives its rights up.
_GIVE_UP = f"""
import os
def give_up():
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid({NOBODY})
        os.setuid({NOBODY})
"""


def run_powerless(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script that calls ``give_up()`` once it has imported what it needs.

    Later it may have no right to read the library.  ``folder`` is where it works: pytest
    makes the way there private, and it is opened.
    """
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == os.getuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o111)
    # What measures the tests would write into a folder that is not the child's.
    environ = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE")}
    return subprocess.run(
        [sys.executable, "-c", _GIVE_UP + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=True,
        env=environ,
    )
