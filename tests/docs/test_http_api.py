"""The HTTP guide's promises: its commands run, its table is whole, it forgets no route."""

import base64
import json
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

from client_sdk.contracts.problem import ProblemCode
from sync_server.errors import problem_of
from sync_server.openapi.comments import comments_of
from tests.support.server_process import running_server

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "http-api.md").read_text("utf-8")
COMMANDS = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)


def called() -> set[tuple[str, str]]:
    """Return method and path of every curl of the guide."""
    script = "".join(COMMANDS).replace("\\\n", " ")
    calls = set()
    for path, options in re.findall(r'"\$KAZI(/[^"?]*)[^"]*"([^\n|]*)', script):
        calls.add(("POST" if "--json" in options else "GET", path))
    for method, path in re.findall(r'-X (\w+) "\$KAZI(/[^"?]*)', script):
        calls.add((method, path))
    return calls


def test_it_calls_every_route():
    document = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    calls = called()

    for path, methods in document["paths"].items():
        pattern = re.sub(r"{\w+}", "[^/]+", path)
        for method in methods:
            assert any(
                verb == method.upper() and re.fullmatch(pattern, sent)
                for verb, sent in calls
            ), f"{method.upper()} {path}"


def test_its_table_has_every_problem():
    meanings = comments_of(ProblemCode)

    rows = re.findall(r"^\| (`\w+` \| \d+ \| .*) \|$", GUIDE, re.MULTILINE)

    assert rows == [
        f"`{code}` | {problem_of(code).status} | {meanings[code.name]}"
        for code in ProblemCode
    ]


def test_every_command_of_it_works(database_url: str, tmp_path: Path):
    environ = {
        "KAZI_DATABASE_URL": database_url,
        "KAZI_JWT_SECRET": secrets.token_urlsafe(48),
        "KAZI_COMMENT_KEY": base64.b64encode(os.urandom(32)).decode(),
    }
    with running_server(
        "--demo", environ=environ, log=tmp_path / "server.log"
    ) as server:
        script = "\n".join(COMMANDS).replace("http://127.0.0.1:8080", server.url)
        done = subprocess.run(
            ["bash", "-euxo", "pipefail", "-c", script],
            env={**os.environ, **environ, "PATH": with_commands()},
            capture_output=True,
            text=True,
            check=False,
        )

    # the last words are the shell's trace of the command that failed
    assert done.returncode == 0, done.stderr[-3_000:]
    assert '"xp":' in done.stdout


def with_commands() -> str:
    """Return a PATH on which this environment's ``kazi-server`` is."""
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
