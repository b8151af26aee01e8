"""An export says what was answered, and nothing of who answered."""

from __future__ import annotations

import base64
import csv
import io
import json
import stat

import pytest
from click.testing import CliRunner

from client_sdk.contracts.codec import format_timestamp
from sync_server.cli import main

SURVEY = "/api/tutorial/survey"
LONG = """
id: long
name: Long
steps: [{id: only, title: The only step}]
survey:
  questions:
    - {id: score, kind: nps, prompt: How likely?}
    - {id: why, kind: text, prompt: Why?}
    - id: uses
      kind: multiple
      prompt: What for?
      options: [{id: plan, label: Plan}, {id: bill, label: Bill}]
"""


@pytest.fixture(autouse=True)
def tutorials(tour, publish_yaml):
    publish_yaml(LONG)
    publish_yaml(LONG.replace("id: uses", "id: usage"))


@pytest.fixture
def submit(client, make_user):
    """Answer as a new user."""

    def post(tutorial="long", **fields):
        answer = client.post(
            SURVEY, json={"tutorialId": tutorial, **fields}, headers=make_user().headers
        )
        assert answer.status_code == 201

    return post


@pytest.fixture
def answers(submit, clock):
    """Three users have answered."""
    submit(
        tutorialVersion=1,
        occurredAt=format_timestamp(clock.now.replace(hour=0, minute=7)),
        comment="=HYPERLINK(1)",
        answers=[
            {"question": "score", "score": 9},
            {"question": "why", "text": "Müller & Söhne:\n„los!“"},
            {"question": "uses", "options": ["plan", "bill"]},
        ],
    )
    submit(answers=[{"question": "usage", "options": ["bill"]}], complete=False)
    submit("tour", nps=1)


@pytest.fixture
def export(settings, tmp_path):
    def run(*arguments, **environ):
        variables = {
            "KAZI_DATABASE_URL": settings.database_url,
            "KAZI_JWT_SECRET": settings.jwt_secret,
            "KAZI_COMMENT_KEY": base64.b64encode(b"k" * 32).decode(),
            "KAZI_DATA_DIR": str(tmp_path),
            **environ,
        }
        result = CliRunner().invoke(
            main, ["surveys", "export", *arguments], env=variables
        )
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


def table(text):
    return sorted(csv.DictReader(io.StringIO(text)), key=lambda row: row["nps"])


def test_a_table_has_a_line_a_submission_and_a_column_a_question(
    export, answers, clock
):
    result = export("--tutorial", "long")

    assert result.exit_code == 0
    day = clock.now.date().isoformat()
    common = {"day": day, "persona": "newbie"}
    assert table(result.stdout) == [
        common
        | {
            "nps": "",
            "complete": "no",
            "answers.score": "",
            "answers.uses": "",
            "answers.usage": "bill",
        },
        common
        | {
            "nps": "9",
            "complete": "yes",
            "answers.score": "9",
            "answers.uses": "plan; bill",
            "answers.usage": "",
        },
    ]


def test_comments_and_texts_come_only_when_asked_for(export, answers, sql):
    without = export("--tutorial", "long", "--format", "jsonl")
    assert "Müller" not in without.output
    assert "HYPERLINK" not in without.output
    assert "v1:" not in without.output
    assert sql("SELECT count(*) FROM audit_log") == [(0,)]

    result = export("--tutorial", "long", "--with-comments")

    row = table(result.stdout)[1]
    assert row["answers.why"] == "Müller & Söhne:\n„los!“"
    assert sql("SELECT action FROM audit_log") == [("export_surveys",)]


def test_nothing_says_who_it_was(export, answers, sql):
    outputs = [
        export("--tutorial", "long", "--with-comments", "--format", form).output
        for form in ("csv", "jsonl")
    ]

    for user_id, submission_id in sql(
        "SELECT user_id, submission_id FROM tutorial_surveys"
    ):
        for output in outputs:
            assert str(user_id) not in output
            assert str(submission_id) not in output
    assert "00:07" not in "".join(outputs)


def test_the_order_tells_nothing(export, submit, clock):
    for number in range(40):
        submit(nps=number % 11, comment=str(number))

    orders = {
        tuple(json.loads(line)["comment"] for line in result.stdout.splitlines())
        for result in (
            export("--tutorial", "long", "--format", "jsonl", "--with-comments")
            for _ in range(2)
        )
    }

    assert len(orders) == 2
    assert all(
        sorted(order, key=int) == [str(n) for n in range(40)] for order in orders
    )


@pytest.mark.parametrize("start", [*"=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"])
def test_no_cell_is_a_formula(export, submit, start, sql):
    persona = f"{start.strip() or '='}x"
    sql("INSERT INTO user_personas VALUES (gen_random_uuid(), %s)", persona)
    submit(nps=9, comment=f"{start}1+1", persona=persona)

    (row,) = table(export("--tutorial", "long", "--with-comments").stdout)

    assert row["comment"][:2] == f"'{start}"
    assert row["persona"][0] == "'"


def test_a_persona_that_the_server_does_not_give_is_left_out(export, submit, sql):
    sql("INSERT INTO user_personas VALUES (gen_random_uuid(), 'early-bird')")
    for persona in ("Ada Lovelace, Main Street 1", "early-bird", "team-manager"):
        submit(nps=9, persona=persona)

    rows = table(export("--tutorial", "long").stdout)

    assert {row["persona"] for row in rows} == {"", "early-bird", "team-manager"}


def test_an_object_a_line_keeps_the_types(export, answers):
    result = export("--tutorial", "long", "--format", "jsonl", "--with-comments")

    found = [json.loads(line) for line in result.stdout.splitlines()]
    one = next(each for each in found if each["complete"])
    assert one["comment"] == "=HYPERLINK(1)"
    assert one["answers"] == {
        "score": 9,
        "why": "Müller & Söhne:\n„los!“",
        "uses": ["plan", "bill"],
    }


def test_the_short_form_has_its_columns(export, answers):
    (row,) = table(export("--tutorial", "tour").stdout)

    assert {*row} == {"day", "persona", "nps", "complete"}
    assert row["nps"] == "1"


def test_a_file_is_whole_or_not_there(export, answers, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / "answers.csv"

    result = export("--tutorial", "long", "--output", str(path))

    assert result.stdout == ""
    assert len(table(path.read_text("utf-8"))) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in folder.iterdir()] == ["answers.csv"]


def test_a_folder_that_is_not_there_is_told(export, answers, tmp_path):
    result = export("--tutorial", "long", "--output", str(tmp_path / "no" / "a.csv"))

    assert result.exit_code == 1
    assert "cannot write" in result.output


def test_a_text_without_its_key_is_left_out_and_counted(export, answers):
    other = base64.b64encode(b"o" * 32).decode()

    result = export("--tutorial", "long", "--with-comments", KAZI_COMMENT_KEY=other)

    assert result.exit_code == 0
    assert "left out 2 comments and texts" in result.stderr
    assert table(result.stdout)[1]["answers.why"] == ""


def test_an_unknown_tutorial_is_told(export):
    result = export("--tutorial", "none")

    assert result.exit_code == 1
    assert "no tutorial has the id 'none'" in result.output
