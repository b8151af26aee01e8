"""A file that is whole costs no look for damage, and is never taken for damaged."""

import subprocess
import sys
import textwrap
from pathlib import Path

from client_sdk import Durability
from client_sdk._storage import Storage


def test_importing_the_sdk_and_opening_a_whole_file_loads_no_salvage(tmp_path: Path):
    script = f"""
        import sys
        from client_sdk import TutorialClient
        from client_sdk.testing import FakeServer
        for _ in range(2):
            client = TutorialClient(
                "http://kazi.invalid", storage_dir={str(tmp_path)!r}, transport=FakeServer()
            )
            client.ping("welcome-tour", "intro", "started")
            client.close()
        print([name for name in sys.modules if "salvage" in name or "page_im" in name])
    """
    child = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert child.stdout.strip() == "[]"


def test_a_closed_file_of_another_process_is_not_taken_for_damaged(tmp_path: Path):
    """The log of a process that is still writing changes while we look at it."""
    enough = tmp_path / "enough"
    script = f"""
        from itertools import count
        from pathlib import Path
        from client_sdk import TutorialClient
        from client_sdk.testing import FakeServer
        enough = Path({str(enough)!r})
        server = FakeServer()
        server.online = False
        client = TutorialClient(
            "http://kazi.invalid", storage_dir={str(tmp_path)!r}, transport=server
        )
        print("ready", flush=True)
        for number in count():
            client.ping("welcome-tour", f"step-{{number}}", "started")
            if enough.exists():
                break
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    child.stdout.readline()
    for _ in range(6):
        Storage.open(tmp_path, Durability.PROCESS).close()
    enough.touch()

    assert child.wait(timeout=60) == 0
    child.stdout.close()
    assert list(tmp_path.glob("*.corrupt-*")) == []
