"""``kazi-server activity``: events from files, whatever some lines are, and their count."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner

from sync_server.cli import main

USER = "019aa1d4-7c5e-7b60-8a51-3f1d2c4b5a69"
WHEN = "2026-01-31T08:30:00Z"
TABLE = f"""userId,name,occurredAt,count,members,plan
{USER},AI Call,{WHEN},12,,pro
{USER},Project Created,{WHEN},,3,
{USER},Page Viewed,{WHEN},,,"a ""plan"", and
a line"
"""


@pytest.fixture
def run(monkeypatch, database_url):
    monkeypatch.setenv("KAZI_DATABASE_URL", database_url)

    def invoke(*arguments, **environ):
        result = CliRunner().invoke(main, ["activity", *arguments], env=environ)
        # a traceback is never the answer
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return invoke


@pytest.fixture
def write(tmp_path):
    def file(name, data):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return str(path)

    return file


@pytest.fixture
def stored(sql):
    return lambda: sql(
        "SELECT name, kind, amount, members FROM user_activity ORDER BY name"
    )


def event(**changes):
    return json.dumps(
        {
            "eventId": str(uuid4()),
            "userId": USER,
            "name": "ai_call",
            "occurredAt": WHEN,
            **changes,
        }
    )


def track(**changes):
    return json.dumps(
        {
            "type": "track",
            "messageId": str(uuid4()),
            "userId": USER,
            "event": "Invite Sent",
            "timestamp": WHEN,
            **changes,
        }
    )


def outcome(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_table_is_stored_once_however_often_it_is_read(run, write, stored):
    path = write("usage.csv", TABLE)

    first = run("import", path)
    again = outcome(run("import", path, "--json"))

    assert "stored 3 events, 0 were known, 0 were refused" in first.output
    assert "page_viewed (1)" in first.output
    assert (again["stored"], again["known"]) == (0, 3)
    assert stored() == [
        ("AI Call", "ai_call", 12, None),
        ("Page Viewed", "other", 1, None),
        ("Project Created", "project_created", 1, 3),
    ]


def test_lines_may_be_ours_or_segments(run, write, stored):
    path = write("usage.jsonl", f"{event()}\n\n{track()}\n{event(name='x')}")

    assert outcome(run("import", path, "--json")) == {
        "stored": 3,
        "known": 0,
        "refused": 0,
        "reasons": {"unknown_name": 1},
        "unknownNames": {"x": 1},
    }
    assert {row[1] for row in stored()} == {"ai_call", "invite_sent", "other"}


def test_a_bad_line_costs_no_other(run, write, stored):
    lines = [
        *(b"{", b"[]", b"\xff\xfe", b"null", b"[" * 100_000),
        event(occurredAt="2126-01-01T00:00:00Z").encode(),
        event(properties={"count": -1}).encode(),
        event(userId="somebody@example.org").encode(),
        track(timestamp="yesterday").encode(),
        event().encode(),
    ]
    result = run("import", write("usage.jsonl", b"\n".join(lines)))

    assert result.exit_code == 0
    assert len(stored()) == 1
    told = [line for line in result.stderr.splitlines() if line.startswith("line ")]
    assert [line.partition(":")[0] for line in told] == [
        f"line {n}" for n in range(1, 10)
    ]
    assert "line 3: the line is not UTF-8" in told
    assert "somebody" not in result.output
    assert "stored 1 events, 0 were known, 9 were refused" in result.output
    assert "future: 1" in result.output


def test_a_bad_row_costs_no_other(run, write, stored):
    rows = [
        "userId,name,occurredAt,count",
        f"{USER},ai_call,{WHEN},-5",
        f"{USER},ai_call,{WHEN},1,2,3",
        f"{USER},ai_call",
        f"{USER},{'x' * 200_000},{WHEN},",
        f"{USER},ai_call,{WHEN},2",
        ",,,",
    ]
    result = run("import", write("usage.csv", "\r\n".join(rows)), "--json")

    assert outcome(result)["refused"] == 4
    assert stored() == [("ai_call", "ai_call", 2, None)]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("usage.txt", "", "usage.txt: the name must end in .csv or .jsonl"),
        ("usage.csv", "", "missing: userId, name, occurredAt"),
        ("usage.csv", "userId;name;occurredAt\n", "missing: userId, name, occurredAt"),
    ],
)
def test_a_file_of_another_form_is_refused(run, write, name, text, told):
    result = run("import", write(name, text))

    assert result.exit_code == 1
    assert told in result.output


def test_a_file_that_is_not_there_is_named(run, tmp_path):
    result = run("import", str(tmp_path / "none.csv"))

    assert result.exit_code == 1
    assert "none.csv: No such file" in result.output


def test_names_of_the_product_are_a_setting(run, write, stored):
    path = write("usage.jsonl", event(name="Text Generated"))

    run("import", path, KAZI_ACTIVITY_NAMES="Text Generated=ai_call")

    assert stored() == [("Text Generated", "ai_call", 1, None)]


def test_a_setting_of_no_known_kind_is_refused(run, write):
    result = run("import", write("u.jsonl", ""), KAZI_ACTIVITY_NAMES="Text=magic")

    assert result.exit_code == 1
    assert "'Text=magic' is not of the form name=kind; the kinds are" in result.output


def test_what_was_imported_is_counted(run, write, sql):
    run("import", write("usage.csv", TABLE))

    result = run("count")

    assert "counted 3 events, computed the features of 1 users" in result.output
    assert sql("SELECT user_id FROM get_persona_training_dataset()") == [(UUID(USER),)]
    assert "counted 0 events" in run("count").output
