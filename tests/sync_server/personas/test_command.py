"""``kazi-server personas``."""

from __future__ import annotations

import base64
import subprocess
import sys
from uuid import uuid4

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from sync_server.cli import main
from sync_server.cli.persona_output import metric_lines
from sync_server.personas.naming import NAMES
from tests.support.populations import population
from tests.sync_server.personas.filled import SECRET, fill, rows_of, user_ids

ENVIRON = {
    "KAZI_JWT_SECRET": "s" * 32,
    "KAZI_COMMENT_KEY": base64.b64encode(SECRET).decode(),
}


@pytest.fixture
def users(database_url):
    users = population(600, np.random.default_rng(1), spread=0.4)
    fill(database_url, users)
    return users


@pytest.fixture
def run(database_url):
    def invoke(*arguments):
        result = CliRunner().invoke(
            main,
            ["personas", *map(str, arguments)],
            env={"KAZI_DATABASE_URL": database_url, **ENVIRON},
        )
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return invoke


@pytest.mark.usefixtures("users")
def test_a_refit_tells_how_it_went(run):
    result = run("refit")
    assert result.exit_code == 0
    assert result.stdout.startswith("version 1: 600 users, served\n   newbie ")
    assert "stability 1.00" in result.stdout
    assert "Finding personas" in result.stderr
    second = run("refit", "--seed", 7)
    assert "since the last model: drift 0.000, changed persona 0.00%" in second.stdout


def test_a_model_that_is_refused_is_exit_code_3(run, database_url, users):
    run("refit")
    users.features[:] *= 10
    fill(database_url, users)
    result = run("refit")
    assert result.exit_code == 3
    assert "refused, the personas of before are served" in result.stdout
    assert "not good: a persona moved by" in result.stdout
    assert "not good: a persona moved by" in run("status").stdout


@pytest.mark.usefixtures("users")
def test_status_names_the_personas_in_the_order_in_which_the_refit_did(run):
    refitted, told = run("refit").stdout, run("status").stdout
    sizes = next(line for line in refitted.splitlines() if "little data" in line)
    assert sizes in told.splitlines()
    assert [part.split()[0] for part in sizes.split(";")[0].split(",")] == list(NAMES)


def test_personas_of_another_release_come_last():
    sizes = {"z": 1, "ai-power": 2, "newbie": 3}
    metrics = dict.fromkeys(
        ("thin", "refused", "stability", "silhouette", "lead", "held"), 0
    )
    line = next(metric_lines({**metrics, "sizes": sizes, "drift": None}))
    assert line.startswith("newbie 3, ai-power 2, z 1;")


def test_status_before_the_first_refit_says_what_to_do(run):
    assert run("status").stdout == "no personas yet; run: kazi-server personas refit\n"


@pytest.mark.usefixtures("users")
def test_versions_are_held_let_go_and_rolled_back(run):
    run("refit")
    assert run("refit", "--hold").stdout.startswith("version 2: 600 users, held\n")
    assert run("release").stdout == "released: version 2 is served\n"
    assert run("rollback").stdout.startswith("version 1 is served again, and new ones")
    status = run("status").stdout
    assert "2: previous (model)" in status
    assert "1: served (model)" in status
    assert "new models are held" in status
    assert "held" in run("refit").stdout
    assert run("hold").exit_code == 0
    assert "version 3 is served" in run("release").stdout
    assert "as they come" in run("release").stdout


def test_without_a_yesterday_a_rollback_says_so(run):
    result = run("rollback")
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: there are no personas of before\n",
    )


def test_a_user_is_explained(run, database_url, users):
    user = user_ids(users)[int(np.flatnonzero(users.truth == 3)[0])]
    assert "because no refit has seen the user" in run("explain", user).stdout
    run("refit")
    told = run("explain", user).stdout
    # counted users have days; these have only what was computed of them
    assert told.startswith("served: ai-power, confidence 0.")
    assert "found by the model" in told


def test_a_user_who_was_counted_is_compared_with_the_typical_ones(
    run, database_url, users, sql
):
    run("refit")
    user = uuid4()
    sql(
        "INSERT INTO user_activity (user_id, event_id, name, occurred_at, kind, amount)"
        " SELECT %s, gen_random_uuid(), 'x', now() - make_interval(days => n), 'ai_call', 50"
        " FROM generate_series(1, 20) AS n",
        user,
    )
    assert run("refit").exit_code == 0
    told = run("explain", user).stdout
    assert "now: ai-power" in told
    assert "distances: newbie " in told
    assert "ai_heavy_days: 20 days (typical ai-power" in told


def test_a_user_with_little_data_is_explained_by_rule(run, users, sql):
    run("refit")
    user = uuid4()
    sql(
        "INSERT INTO user_activity (user_id, event_id, name, occurred_at, kind)"
        " VALUES (%s, gen_random_uuid(), 'x', now(), 'ai_call')",
        user,
    )
    run("refit")
    told = run("explain", user).stdout
    assert told.startswith("served: newbie, confidence 0.25, by rule, for want of data")
    assert "now: newbie, by rule (little data)" in told
    assert "ai_calls_per_active_day: 1 calls a day" in told


def test_of_a_stranger_nothing_is_known(run):
    stranger = uuid4()
    assert "features: none" in run("explain", stranger).stdout
    assert run("nearest", stranger).stderr == "Error: nothing is known of this user\n"


def test_the_nearest_are_mostly_of_the_same_kind(run, database_url, users):
    run("refit")
    user = user_ids(users)[int(np.flatnonzero(users.truth == 2)[0])]
    lines = run("nearest", user, "--count", 20).stdout.splitlines()
    distances = [float(line.split()[1]) for line in lines]
    assert len(lines) == 20
    assert distances == sorted(distances)
    assert sum(line.endswith("team-manager") for line in lines) >= 18
    assert str(user) not in {line.split()[0] for line in lines}
    assert {line.split()[2] for line in lines} <= set(NAMES)
    assert rows_of(database_url)[user][0] == "team-manager"


@pytest.mark.usefixtures("users")
def test_a_model_is_drawn(run, tmp_path):
    path = tmp_path / "personas.png"
    assert f"drew {path}" in run("refit", "--plot", path).stdout
    with Image.open(path) as image:
        assert image.size == (1500, 900)
        # more than axes and letters
        assert len(set(image.convert("RGB").resize((150, 90)).tobytes())) > 100
    missing = run("refit", "--plot", tmp_path / "no" / "folder.png")
    assert missing.exit_code == 1
    assert "No such file or directory" in missing.stderr


def test_another_spelling_of_a_user_is_refused(run):
    result = run("explain", "0197A3C4-5C2E-7B60-9A51-3F1D2C4B5A69")
    assert result.exit_code == 2
    assert "a UUID in lower case with hyphens is needed" in result.stderr


def test_without_the_libraries_it_says_what_to_install():
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "from sync_server.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "personas", "refit"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "Error: sklearn is missing; install it with: "
        "pip install 'kazi-tutorial[server,personas]'\n"
    )


def test_the_command_line_starts_without_them():
    code = (
        "import sys; from sync_server.cli import main; "
        "print([m for m in ('numpy', 'scipy', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
