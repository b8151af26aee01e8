"""docs/tutorials.md tells authors the truth: its example is published and its tables are whole."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner

from client_sdk.cli import main as kazi_sdk
from client_sdk.contracts.changes import STEP_FIELDS
from client_sdk.contracts.codec import encode
from client_sdk.contracts.step import StepKind
from sync_server.cli import main as kazi_server
from sync_server.tutorials.planning import config_of
from sync_server.tutorials.reading import read_tutorial
from sync_server.tutorials.store import PublishedVersion
from tests.client_sdk.test_bundle import write

PAGE = (Path(__file__).parents[2] / "docs" / "tutorials.md").read_text("utf-8")


def block(language: str, number: int = 0) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return textwrap.dedent(found[number])


@pytest.fixture(scope="module")
def example():
    return read_tutorial(block("yaml"), file="team-tour.yaml")[0]


def test_the_example_is_published_as_the_page_says(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KAZI_DATABASE_URL", database_url)
    Path("team-tour.yaml").write_text(block("yaml"), "utf-8")

    outputs = [
        CliRunner().invoke(kazi_server, line.split()[1:]).output
        for line in block("sh").splitlines()
    ]

    assert [output.splitlines()[0] for output in outputs] == [
        "tutorial team-tour: would be published as version 1",
        "tutorial team-tour: published as version 1",
    ]


def test_the_example_shows_every_kind_and_every_key(example):
    steps = example.steps
    said = {key for step in steps for key in encode(step)}

    assert {step.kind for step in steps} - {None} == set(StepKind) - {StepKind.TOOLTIP}
    assert said | {"xp"} == set(STEP_FIELDS)


def test_the_tables_name_every_key_and_every_kind():
    tables = "\n".join(
        line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")
    )
    named = set(re.findall(r"`([\w-]+)`", tables))

    assert named == (set(STEP_FIELDS) - {"id"}) | set(StepKind)


def test_the_check_says_what_the_page_says(example, tmp_path: Path):
    content = PublishedVersion(
        tutorial_id=example.id,
        version=1,
        steps=example.steps,
        survey=example.survey,
        personas=example.personas,
        xp=example.xp,
        rules=None,
    )
    (experiment,) = example.experiments
    config = config_of(content, experiment, experiment.variants[0], "newbie")
    bundle = write(tmp_path / "tutorials.json", encode(config))
    source = tmp_path / "app"
    source.mkdir()
    (source / "team.kv").write_text(
        '    tour_id: "invite"\n    tour_id: "member-list"\n    tour_id: "members-filter"\n'
    )
    (source / "team.py").write_text(
        'overlay.emit("invitation_sent")\n'
        "overlay.conditions.update(has_team=f, is_owner=f)\n"
        'overlay.hooks["load_members"] = overlay.hooks["close_menu"] = f\n'
    )

    result = CliRunner().invoke(
        kazi_sdk, ["check-targets", "--bundle", str(bundle), "--source", str(source)]
    )

    assert result.exit_code == 1
    assert result.output == block("text")
