"""The commands, run in this process against a real PostgreSQL."""

from __future__ import annotations

import base64
import re
import socket

import jwt
import pytest
from click.testing import CliRunner

from sync_server.cli import main
from sync_server.db.migrations import migration_names
from tests.sync_server.conftest import PLAIN, TOUR

USER = "0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69"
KEYS = {
    "KAZI_JWT_SECRET": "s" * 32,
    "KAZI_COMMENT_KEY": base64.b64encode(b"k" * 32).decode(),
}


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run a command with these variables and no others of ours."""
    monkeypatch.setenv("KAZI_DATA_DIR", str(tmp_path / "data"))

    def invoke(*arguments, **environ):
        result = CliRunner().invoke(main, arguments, env=environ)
        # a traceback is never the answer
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return invoke


@pytest.fixture
def write(tmp_path):
    def file(text, name="tour.yaml"):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return str(path)

    return file


class TestHelp:
    @pytest.mark.parametrize(
        "group",
        [
            None,
            "activity",
            "keys",
            "personas",
            "retention",
            "surveys",
            "tutorials",
            "users",
        ],
    )
    def test_no_summary_is_cut_off(self, run, group):
        result = run(*([group] if group else []), "--help")

        assert result.exit_code == 0
        assert "..." not in result.output.partition("Commands:")[2]


class TestMigrate:
    def test_it_tells_what_it_would_do_and_does_it(self, run, empty_database_url):
        url = {"KAZI_DATABASE_URL": empty_database_url}

        dry = run("migrate", "--dry-run", **url)
        wet = run("migrate", **url)
        again = run("migrate", **url)

        assert dry.output.splitlines() == [
            f"would apply {n}" for n in migration_names()
        ]
        assert wet.output.splitlines() == [f"applied {n}" for n in migration_names()]
        assert "has every migration" in again.output

    def test_a_database_that_is_not_there_is_named_without_its_password(self, run):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            port = nobody.getsockname()[1]
            result = run(
                "migrate",
                KAZI_DATABASE_URL=f"postgresql://kazi:hunter2@127.0.0.1:{port}/tours",
            )

        assert result.exit_code == 1
        assert len(result.output.strip().splitlines()) == 1
        assert f"database 'tours' on 127.0.0.1:{port}" in result.output
        assert "refused" in result.output
        assert "hunter2" not in result.output

    def test_a_host_that_does_not_exist_is_named(self, run):
        result = run("migrate", KAZI_DATABASE_URL="postgresql://k:hunter2@no.invalid/t")

        assert result.exit_code == 1
        assert "database 't' on no.invalid:5432" in result.output
        assert "hunter2" not in result.output

    def test_a_malformed_url_is_one_line(self, run):
        result = run("migrate", KAZI_DATABASE_URL="postgresql://k:hunter2@[::1/t")

        assert result.exit_code == 1
        assert "KAZI_DATABASE_URL" in result.output
        assert "hunter2" not in result.output


class TestToken:
    def test_it_prints_a_token_of_the_key_in_the_data_folder(self, run, tmp_path):
        result = run("token", "--sub", USER, "--role", "admin", "--ttl", "60")

        assert result.exit_code == 0
        secret = (tmp_path / "data" / "jwt-secret").read_text()
        claims = jwt.decode(
            result.output.strip(),
            secret,
            algorithms=["HS256"],
            audience="kazi-tutorial",
            issuer="kazi-tutorial",
        )
        assert (claims["sub"], claims["role"]) == (USER, "admin")
        assert claims["exp"] - claims["iat"] == 60

    @pytest.mark.parametrize("sub", ["root", USER.upper(), ""])
    def test_a_subject_that_is_no_canonical_uuid_is_refused(self, run, sub):
        result = run("token", "--sub", sub)

        assert result.exit_code == 2
        assert "lower case with hyphens" in result.output

    @pytest.mark.parametrize("role", ["service", "admin"])
    @pytest.mark.parametrize("name", [None, "billing"])
    def test_a_service_may_have_a_name_or_none(self, run, role, name):
        result = run("token", "--role", role, *(["--sub", name] if name else []))

        assert result.exit_code == 0
        claims = jwt.decode(result.output.strip(), options={"verify_signature": False})
        assert (claims["role"], claims.get("sub")) == (role, name)

    def test_a_user_without_a_subject_is_refused(self, run):
        result = run("token")

        assert result.exit_code == 2
        assert "a user's token needs a UUID" in result.output

    @pytest.mark.parametrize("name", ["", "x" * 201, "two\nlines"])
    def test_a_services_name_has_bounds(self, run, name):
        result = run("token", "--role", "service", "--sub", name)

        assert result.exit_code == 2
        assert "1 to 200 characters" in result.output

    def test_a_key_that_cannot_be_read_is_one_line(self, run, tmp_path):
        key = tmp_path / "data" / "jwt-secret"
        key.mkdir(parents=True)

        result = run("token", "--sub", USER)

        assert result.exit_code == 1
        assert result.output == (
            f"Error: KAZI_DATA_DIR: cannot read {key}: Is a directory\n"
        )

    def test_with_a_url_the_missing_secrets_are_named(self, run):
        result = run("token", "--sub", USER, KAZI_DATABASE_URL="postgresql://h/d")

        assert result.exit_code == 1
        assert "KAZI_JWT_SECRET: missing" in result.output


class TestImport:
    def test_it_publishes_and_tells(self, run, write, database_url):
        file = write(TOUR)

        first = run("tutorials", "import", file, KAZI_DATABASE_URL=database_url)
        again = run("tutorials", "import", file, KAZI_DATABASE_URL=database_url)

        assert first.output.splitlines() == [
            "tutorial tour: published as version 1",
            "experiment tour-v1: created (running)",
        ]
        assert again.output.splitlines() == [
            "tutorial tour: unchanged (version 1)",
            "experiment tour-v1: unchanged (running)",
        ]

    def test_a_dry_run_publishes_nothing(self, run, write, database_url, sql):
        result = run(
            *("tutorials", "import", write(PLAIN), "--dry-run"),
            KAZI_DATABASE_URL=database_url,
        )

        assert result.output == "tutorial plain: would be published as version 1\n"
        assert sql("SELECT count(*) FROM tutorials") == [(0,)]

    def test_a_dash_is_standard_input(self, database_url):
        result = CliRunner().invoke(
            main,
            ["tutorials", "import", "-"],
            env={"KAZI_DATABASE_URL": database_url},
            input=PLAIN,
        )

        assert result.output == "tutorial plain: published as version 1\n"

    def test_faults_are_listed_and_counted(self, run, write, database_url):
        text = PLAIN.replace("title:", "titel:")

        result = run("tutorials", "import", write(text), KAZI_DATABASE_URL=database_url)

        assert result.exit_code == 1
        assert result.output.splitlines() == [
            "Error: 2 faults, nothing was imported",
            "tour.yaml:5:5: steps[0].title: the field is missing",
            "tour.yaml:5:16: steps[0].titel: unknown key; did you mean title?",
        ]

    def test_a_file_that_is_not_there_is_named(self, run):
        result = run("tutorials", "import", "none.yaml")

        assert result.exit_code == 1
        assert "cannot read none.yaml: No such file or directory" in result.output

    def test_a_file_in_another_encoding_is_refused(self, run, tmp_path):
        (tmp_path / "old.yaml").write_bytes("id: tür".encode("latin-1"))

        result = run("tutorials", "import", str(tmp_path / "old.yaml"))

        assert result.exit_code == 1
        assert "old.yaml: not UTF-8 (byte 5)" in result.output

    def test_a_database_without_migrations_says_what_to_run(
        self, run, write, empty_database_url
    ):
        result = run(
            "tutorials", "import", write(PLAIN), KAZI_DATABASE_URL=empty_database_url
        )

        assert result.exit_code == 1
        assert "run: kazi-server migrate" in result.output


class TestServeRefusals:
    """What stops a start; starts that succeed are in test_server_process."""

    def test_a_port_in_use_is_one_clear_line(self, run):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            result = run("serve", "--port", str(port))

        assert result.exit_code == 1
        assert result.output.strip() == (
            f"Error: port {port} on 127.0.0.1 is in use; stop what listens there, or "
            "choose another port with --port or KAZI_PORT"
        )

    def test_an_address_of_another_machine_is_refused(self, run):
        result = run("serve", "--host", "192.0.2.1")

        assert result.exit_code == 1
        assert "cannot listen on 192.0.2.1" in result.output

    def test_missing_secrets_are_named_before_anything_starts(self, run, database_url):
        result = run("serve", KAZI_DATABASE_URL=database_url)

        assert result.exit_code == 1
        assert "KAZI_JWT_SECRET: missing" in result.output
        assert "KAZI_COMMENT_KEY: missing" in result.output

    def test_a_database_that_lacks_migrations_is_not_migrated_unasked(
        self, run, empty_database_url
    ):
        result = run(
            "serve", "--port", "18080", KAZI_DATABASE_URL=empty_database_url, **KEYS
        )

        assert result.exit_code == 1
        assert "lacks the migrations 0001_pre_specification" in result.output
        assert re.search(r"0003_\w+ and \d+ more; run", result.output)
        assert "run: kazi-server migrate" in result.output

    def test_wrong_options_and_variables_are_told_together(self, run):
        result = run("serve", "--port", "http", KAZI_LOG_LEVEL="loud")

        assert result.exit_code == 1
        assert "KAZI_PORT: 'http' is not a whole number" in result.output
        assert "KAZI_LOG_LEVEL: 'loud' is not one of" in result.output
