"""schemathesis against the live server: every answer is one that the document promises."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from client_sdk.contracts.routes import ACTIVITY, PROGRESS, STEP, STEPS
from tests.support.effort import examples
from tests.support.server_environ import server_environ
from tests.support.server_process import ServerProcess, running_server

ROOT = Path(__file__).parents[2]
#: Requests an operation and phase.
EXAMPLES = examples(12)
SEED = "20261122"

CONFIG = f"""
hooks = "tests.acceptance.schemathesis_hooks"

# A batch with a bad event is answered 200 and names the event in its receipt;
# the check rejected_in_receipt of the hooks stands for this one.
[[operations]]
include-path = ["{STEPS}", "{ACTIVITY}"]
checks.negative_data_rejection.enabled = false

# Well-formed requests are answered 410 if the user was erased after what they tell of,
# and 412 if their If-Match names another state.
[[operations]]
include-path = ["{STEP}", "{PROGRESS}/{{tutorialId}}"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "404", "410", "412"]
"""


@pytest.fixture
def environ(database_url: str) -> Mapping[str, str]:
    return server_environ(
        database_url,
        KAZI_LOG_LEVEL="warning",
        # the limits have tests of their own; here they would hide every other answer
        KAZI_USER_REQUESTS_PER_MINUTE="0",
        KAZI_ADDRESS_REQUESTS_PER_MINUTE="0",
        KAZI_ANONYMOUS_TOKENS_PER_MINUTE="0",
        KAZI_FAILED_LOGINS_PER_MINUTE="0",
    )


@pytest.fixture
def server(environ: Mapping[str, str], tmp_path: Path) -> Iterator[ServerProcess]:
    with running_server(
        "--demo", environ=environ, log=tmp_path / "server.log"
    ) as process:
        yield process


def schemathesis(
    server: ServerProcess, environ: Mapping[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run the command line with every phase; every check is on unless CONFIG says why not."""
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG)
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
        *("run", f"{server.url}/openapi.json", "--no-color"),
        *("--phases", "examples,coverage,fuzzing,stateful"),
        *(
            "--max-examples",
            str(EXAMPLES),
            "--seed",
            SEED,
            "--generation-deterministic",
        ),
        "--continue-on-failure",
    ]
    return subprocess.run(
        command,
        cwd=folder,
        env={
            **os.environ,
            **environ,
            "KAZI_URL": server.url,
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(50 * EXAMPLES)
def test_every_answer_is_documented_and_no_request_breaks_the_server(
    server: ServerProcess, environ: Mapping[str, str], tmp_path: Path
):
    done = schemathesis(server, environ, tmp_path)

    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
    assert "Stateful" in done.stdout
