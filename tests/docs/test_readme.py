"""The README's promises: its code runs, its tutorial is valid, its links lead somewhere."""

import base64
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from demo_app.display import virtual_display
from tests.support.server_process import running_server, wait_until

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def block(language: str) -> str:
    """Return the README's first code block of a language."""
    found = re.search(
        rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    assert found is not None
    return found[1]


def test_the_embedding_code_is_ten_lines_and_a_little_kv():
    code = re.sub(r'""".*?"""', "KV", block("python"), flags=re.DOTALL)

    assert len([line for line in code.splitlines() if line.strip()]) <= 10


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(document: Path):
    text = document.read_text()
    links = re.findall(r"\]\((?!https?://)([^)#]+)", text)

    missing = [link for link in links if not (document.parent / link).exists()]

    assert missing == []


def test_every_make_target_that_the_documents_name_exists():
    targets = set(
        re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    )
    named = {
        target
        for document in DOCUMENTS
        for target in re.findall(
            r"(?:^ +|`)make ([a-z]+)", document.read_text(), re.MULTILINE
        )
    }

    assert named <= targets
    assert {"demo", "test"} <= named


def test_the_tutorial_of_the_readme_can_be_imported(database_url: str, tmp_path: Path):
    file = tmp_path / "first-steps.yaml"
    file.write_text(block("yaml"))
    command = [sys.executable, "-m", "sync_server", "tutorials", "import", str(file)]

    done = subprocess.run(
        command,
        env={**os.environ, "KAZI_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.gui
def test_the_embedding_code_shows_the_tour(database_url: str, tmp_path: Path):
    """The code runs as it stands, but for the server's address."""
    environ = {
        "KAZI_DATABASE_URL": database_url,
        "KAZI_JWT_SECRET": secrets.token_urlsafe(48),
        "KAZI_COMMENT_KEY": base64.b64encode(os.urandom(32)).decode(),
    }
    with (
        virtual_display(),
        running_server("--demo", environ=environ, log=tmp_path / "log") as server,
        running_app(
            block("python").replace("http://127.0.0.1:8080", server.url), tmp_path
        ),
    ):
        wait_until(
            lambda: ("welcome", "started") in shown(database_url),
            timeout_seconds=60,
            what="the first step is shown and told to the server",
        )


@contextmanager
def running_app(code: str, folder: Path) -> Iterator[None]:
    """Run code as an app of its own, at home in a folder."""
    environ = {
        **os.environ,
        "HOME": str(folder),
        "KIVY_HOME": str(folder / "kivy"),
        "XDG_CONFIG_HOME": str(folder),
        "PYTHONPATH": str(ROOT),
    }
    script = folder / "hello.py"
    script.write_text(code)
    with (folder / "app.log").open("wb") as log:
        app = subprocess.Popen([sys.executable, str(script)], env=environ, stderr=log)
        try:
            yield
        finally:
            app.kill()
            app.wait()


def shown(database_url: str) -> list[tuple[str, str]]:
    query = "SELECT step_id, status FROM tutorial_step_events"
    with psycopg.connect(database_url) as connection:
        return connection.execute(query).fetchall()
