"""Who follows docs/surveys.md from top to bottom gets where it says."""

import base64
import json
import os
import re
import secrets
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import httpx

from tests.support.server_process import running_server

DOCUMENT = (Path(__file__).parents[2] / "docs" / "surveys.md").read_text()


def blocks(language: str) -> list[str]:
    found = re.findall(
        rf"^( *)```{language}\n(.*?)^ *```", DOCUMENT, re.MULTILINE | re.DOTALL
    )
    return [textwrap.dedent(block) for _, block in found]


def test_the_page_is_followed_step_by_step(database_url: str, tmp_path: Path):
    bin_folder = Path(sys.executable).parent
    environ = {
        "KAZI_DATABASE_URL": database_url,
        "KAZI_JWT_SECRET": secrets.token_urlsafe(48),
        "KAZI_COMMENT_KEY": base64.b64encode(os.urandom(32)).decode(),
    }
    short, long, translated = blocks("yaml")
    (tmp_path / "short.yaml").write_text(
        f"id: short\nname: Short\nsteps: [{{id: a, title: A}}]\n{short}"
    )
    (tmp_path / "feedback.yaml").write_text(long)
    (tmp_path / "languages.yaml").write_text(translated)
    publish, export, with_comments, new_key, rotate, remove = blocks("sh")

    def follow(*scripts: str) -> str:
        done = subprocess.run(
            ["bash", "-euc", "\n".join(scripts)],
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("KAZI_")},
                **environ,
                "PATH": f"{bin_folder}:{os.environ['PATH']}",
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    imports = [f"kazi-server tutorials import {x}.yaml" for x in ("short", "languages")]
    published = follow(publish, *imports)
    assert "tutorial feedback: published as version 1" in published
    assert "tutorial short: published as version 1" in published

    with running_server(environ=environ, log=tmp_path / "log") as server:

        def answer(*answers: Mapping[str, object]) -> httpx.Response:
            token = follow(f"kazi-server token --sub {uuid4()}").strip()
            return httpx.post(
                f"{server.url}/api/tutorial/survey",
                json={"tutorialId": "feedback", "answers": answers},
                headers={"Authorization": f"Bearer {token}"},
            )

        # the mandatory follow-up of the unhappy, and nothing of the kind for others
        assert answer({"question": "score", "score": 3}).status_code == 422
        wrong = {"question": "went-wrong", "text": "=too slow"}
        assert answer({"question": "score", "score": 3}, wrong).status_code == 201
        assert answer({"question": "score", "score": 9}).status_code == 201

    assert "slow" not in follow(export)
    lines = (tmp_path / "answers.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["nps"] for line in lines) == [3, 9]
    follow(with_comments)
    assert ",'=too slow," in (tmp_path / "answers.csv").read_text()

    told = follow(new_key, rotate, remove)
    assert "re-encrypted 1 comment or text" in told
    *_, unused, alone = told.splitlines()
    assert "may be removed" in unused
    assert alone.endswith("encrypts")
