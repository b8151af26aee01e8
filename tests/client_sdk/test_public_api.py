"""What an app may import, and what importing costs it."""

import difflib
import subprocess
import sys

import client_sdk
from tests.client_sdk.public_api import SNAPSHOT, describe


def test_the_public_surface_is_the_one_that_was_agreed_on():
    """An app must not break because of a change that nobody meant."""
    lines = difflib.unified_diff(
        SNAPSHOT.read_text().splitlines(), describe().splitlines(), lineterm="", n=1
    )
    changes = "\n".join(lines)

    assert not changes, (
        f"The public surface has changed:\n{changes}\n"
        "If that is meant: python -m tests.client_sdk.public_api, and a line in CHANGELOG.md"
    )


def test_every_public_name_is_listed_in_order():
    assert client_sdk.__all__ == sorted(client_sdk.__all__)
    assert all(hasattr(client_sdk, name) for name in client_sdk.__all__)


def test_the_ui_thread_imports_no_slow_library(tmp_path):
    """Importing and building a client leaves httpx, tenacity and sqlite-utils alone."""
    script = f"""
import sys
from client_sdk import ClientConfig, TutorialClient
quiet = ClientConfig(startup_delay_seconds=3600)
client = TutorialClient("http://kazi.invalid", storage_dir={str(tmp_path)!r}, config=quiet)
client.ping("welcome-tour", "intro", "started")
print(sorted({{"httpx", "tenacity", "sqlite_utils", "click"}} & set(sys.modules)))
client.close()
"""
    output = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert output.strip() == "[]"
