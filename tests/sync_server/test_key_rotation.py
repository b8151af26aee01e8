"""Keys are changed while users answer, and whatever happens every text stays readable."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner

from sync_server.cli import main
from sync_server.crypto import CommentCipher, key_id
from sync_server.db.pool import connect
from sync_server.surveys.rotation import KeyRotation
from tests.support.server_process import wait_until

OLD, NEW, LOST = b"k" * 32, b"n" * 32, b"l" * 32
OLD_ID, NEW_ID, LOST_ID = key_id(OLD), key_id(NEW), key_id(LOST)
ROTATION = CommentCipher([NEW, OLD])


def environ(database_url, *keys):
    return {
        "KAZI_DATABASE_URL": database_url,
        "KAZI_JWT_SECRET": "a secret of at least thirty-two bytes",
        "KAZI_COMMENT_KEY": ",".join(base64.b64encode(key).decode() for key in keys),
    }


@pytest.fixture
def run(database_url, tmp_path):
    def invoke(*arguments, keys=(NEW, OLD)):
        variables = environ(database_url, *keys) | {"KAZI_DATA_DIR": str(tmp_path)}
        result = CliRunner().invoke(main, ["keys", *arguments], env=variables)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return invoke


@pytest.fixture
def fill(database_url):
    """Store surveys with a comment and a text each, under a key."""

    def store(count, key=OLD):
        cipher = CommentCipher([key])
        with psycopg.connect(database_url) as connection:
            for number in range(count):
                user_id, submission_id = ids = (uuid4(), uuid4())
                comment = cipher.encrypt(
                    f"comment {number}", user_id=user_id, submission_id=submission_id
                )
                text = cipher.encrypt(
                    f"text {number}",
                    user_id=user_id,
                    submission_id=submission_id,
                    question_id="why",
                )
                connection.execute(
                    "INSERT INTO tutorial_surveys (user_id, submission_id, comment)"
                    " VALUES (%s, %s, %s)",
                    [*ids, comment],
                )
                connection.execute(
                    "INSERT INTO survey_answers VALUES (%s, %s, 'score', 3, NULL, NULL),"
                    " (%s, %s, 'why', NULL, NULL, %s)",
                    [*ids, *ids, text],
                )

    return store


def read(sql, *keys):
    """Return every comment and text, which these keys alone must be able to read."""
    cipher = CommentCipher(keys)
    comments = [
        cipher.decrypt(sealed, user_id=user_id, submission_id=submission_id)
        for user_id, submission_id, sealed in sql(
            "SELECT user_id, submission_id, comment FROM tutorial_surveys"
        )
    ]
    texts = [
        cipher.decrypt(
            sealed, user_id=user_id, submission_id=submission_id, question_id=question
        )
        for user_id, submission_id, question, sealed in sql(
            "SELECT user_id, submission_id, question_id, text_encrypted"
            " FROM survey_answers WHERE text_encrypted IS NOT NULL"
        )
    ]
    return sorted(comments), sorted(texts)


def written(count):
    numbers = range(count)
    return sorted(f"comment {n}" for n in numbers), sorted(f"text {n}" for n in numbers)


@pytest.fixture
def held_up(database_url, sql):
    """Stop every change of one survey's row while the block lasts, in the middle of it.

    The block can wait until so many connections stand still.
    """

    def wait_for(count):
        wait_until(
            lambda: (
                sql(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
                )
                == [(count,)]
            ),
            what=f"{count} connections wait",
        )

    @contextmanager
    def hold(submission_id):
        sql(
            "CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN new; END'"
        )
        sql(
            "CREATE TRIGGER wait_here BEFORE UPDATE ON tutorial_surveys FOR EACH ROW"
            f" WHEN (new.submission_id = '{submission_id}')"
            " EXECUTE FUNCTION wait_here()"
        )
        with psycopg.connect(database_url) as holder:
            holder.execute("SELECT pg_advisory_xact_lock(1)")
            yield wait_for

    return hold


def test_afterwards_the_new_key_alone_reads_everything(run, fill, sql):
    fill(450)

    result = run("rotate")

    assert result.exit_code == 0
    assert read(sql, NEW) == written(450)
    assert f"re-encrypted 900 comments and texts with {NEW_ID}" in result.output
    assert f"nothing needs {OLD_ID} any more" in result.output
    assert sql("SELECT action, details FROM audit_log ORDER BY id") == [
        ("begin_rotation", {"rows": 900}),
        ("end_rotation", {"rows": 900}),
    ]


def test_a_second_run_has_nothing_to_do(run, fill, sql):
    fill(3)
    run("rotate")
    before = sql("SELECT comment FROM tutorial_surveys ORDER BY id")

    result = run("rotate")

    assert "re-encrypted 0 comments" in result.output
    assert sql("SELECT count(*) FROM audit_log") == [(2,)]
    assert sql("SELECT comment FROM tutorial_surveys ORDER BY id") == before


def test_what_cannot_be_read_stays_and_is_told(run, fill, sql):
    fill(3)
    fill(2, LOST)

    result = run("rotate")

    assert result.exit_code == 1
    assert "4 comments and texts: lacks its key" in result.output
    assert LOST_ID in result.output
    assert len(read(sql, NEW, LOST)[0]) == 5


def test_a_damaged_comment_does_not_stop_the_others(run, fill, sql):
    fill(3)
    sql(
        "UPDATE tutorial_surveys SET comment = 'v1:' || %s || ':AAAA' WHERE id = 2",
        OLD_ID,
    )

    result = run("rotate")

    assert result.exit_code == 1
    assert "1 comment or text: decrypts" in result.output
    assert sql(
        "SELECT count(*) FROM tutorial_surveys WHERE split_part(comment, ':', 2) = %s",
        NEW_ID,
    ) == [(2,)]


class TestStatus:
    def test_it_tells_what_each_key_holds(self, run, fill):
        fill(2, NEW)
        fill(3, OLD)
        fill(1, LOST)

        result = run("status", "--json", keys=(NEW, OLD, b"u" * 32))

        assert json.loads(result.output)["keys"] == [
            {"keyId": NEW_ID, "state": "current", "comments": 2, "texts": 2},
            {"keyId": OLD_ID, "state": "old", "comments": 3, "texts": 3},
            {"keyId": key_id(b"u" * 32), "state": "unused", "comments": 0, "texts": 0},
            {"keyId": LOST_ID, "state": "missing", "comments": 1, "texts": 1},
        ]

    def test_a_person_reads_what_to_do(self, run, fill, sql):
        fill(1, NEW)
        sql("UPDATE tutorial_surveys SET comment = 'plain'")

        lines = run("status").output.splitlines()

        assert [line.split("  ")[-1] for line in lines] == [
            "encrypts",
            "holds nothing, may be removed once every server has the new key first",
            "not in a format that we know",
        ]
        assert "plain" not in "".join(lines)


class TestRaces:
    """A user adds to a partial answer while its row is due."""

    @pytest.fixture
    def rotation(self, database_url):
        with connect(database_url) as connection:
            yield KeyRotation(connection, ROTATION)

    def test_a_change_under_way_is_neither_overwritten_nor_waited_for(
        self, rotation, fill, sql, database_url
    ):
        fill(1)
        ((user_id, submission_id),) = sql(
            "SELECT user_id, submission_id FROM tutorial_surveys"
        )
        place = {"user_id": user_id, "submission_id": submission_id}
        changed = CommentCipher([OLD]).encrypt("changed", **place)
        with psycopg.connect(database_url) as other:
            other.execute("UPDATE tutorial_surveys SET comment = %s", [changed])
            # this would hang if it waited, and it must not count what it left
            assert sum(rotation.run()) == 1
            other.commit()

        assert read(sql, NEW, OLD) == (["changed"], ["text 0"])
        assert sum(rotation.run()) == 1
        assert read(sql, NEW) == (["changed"], ["text 0"])

    def test_a_change_that_comes_during_a_batch_waits_for_it(
        self, rotation, fill, sql, database_url, held_up
    ):
        """Else the batch would write the old comment over the new one."""
        fill(1)
        ((user_id, submission_id),) = sql(
            "SELECT user_id, submission_id FROM tutorial_surveys"
        )
        changed = CommentCipher([OLD]).encrypt(
            "changed", user_id=user_id, submission_id=submission_id
        )

        def change():
            with psycopg.connect(database_url) as other:
                other.execute("UPDATE tutorial_surveys SET comment = %s", [changed])

        batch = threading.Thread(target=lambda: list(rotation.run()))
        user = threading.Thread(target=change)
        with held_up(submission_id) as wait_for:
            batch.start()
            wait_for(1)
            user.start()
            wait_for(2)
        batch.join()
        user.join()

        assert read(sql, NEW, OLD)[0] == ["changed"]

    def test_two_runs_at_once_share_the_work(self, fill, sql, database_url):
        fill(600)
        counts = []

        def rotate():
            with connect(database_url) as connection:
                counts.append(sum(KeyRotation(connection, ROTATION).run()))

        threads = [threading.Thread(target=rotate) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sum(counts) == 1200
        assert read(sql, NEW) == written(600)


class TestInterruptions:
    """The command as a process, ended in the middle of a batch."""

    COUNT = 500

    @pytest.fixture
    def rotate(self, database_url, tmp_path, fill):
        fill(self.COUNT)
        variables = {k: v for k, v in os.environ.items() if not k.startswith("KAZI_")}
        variables |= environ(database_url, NEW, OLD)

        def start():
            with (tmp_path / "log").open("ab") as log:
                return subprocess.Popen(
                    [sys.executable, "-m", "sync_server", "keys", "rotate"],
                    env=variables,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )

        return start

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
    def test_it_goes_on_where_it_was(self, rotate, sql, number, tmp_path, held_up):
        ((middle,),) = sql(
            "SELECT submission_id FROM tutorial_surveys"
            " ORDER BY user_id, submission_id OFFSET %s LIMIT 1",
            self.COUNT // 2,
        )
        with held_up(middle) as wait_for:
            process = rotate()
            wait_for(1)
            process.send_signal(number)
            assert process.wait(20) != 0
        wait_until(
            lambda: (
                sql(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND state <> 'idle'"
                    " AND pid <> pg_backend_pid()"
                )
                == [(0,)]
            ),
            what="PostgreSQL has rolled the batch back",
        )
        assert sql(
            "SELECT count(*) FROM tutorial_surveys"
            " WHERE split_part(comment, ':', 2) = %s",
            NEW_ID,
        ) == [(200,)]
        assert read(sql, NEW, OLD) == written(self.COUNT)

        assert rotate().wait(60) == 0

        assert read(sql, NEW) == written(self.COUNT)
        log = (tmp_path / "log").read_text()
        assert "Traceback" not in log
        assert ("run the same again to go on" in log) == (number is signal.SIGINT)
