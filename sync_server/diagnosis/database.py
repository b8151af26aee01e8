"""Is PostgreSQL fit: version, extension, migrations, clock, rights, durability, TLS?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg

from sync_server.clock import Clock
from sync_server.db.migrations import migration_names
from sync_server.db.readiness import Finding, clock_finding, migrations_finding
from sync_server.diagnosis.result import Result, fault, ok, warning
from sync_server.settings import Settings

__all__ = ["Database", "database_results", "row"]

_MIN_VERSION = 150_000
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A connection, and what the checks compare it with."""

    connection: psycopg.Connection[Any]
    settings: Settings
    clock: Clock


def database_results(database: Database) -> Iterator[Result]:
    """Yield everything about the database but its capacity."""
    for check in _CHECKS:
        # what the role may not look at, the check of its rights tells
        with suppress(psycopg.errors.InsufficientPrivilege):
            yield check(database)


def row(connection: psycopg.Connection[Any], query: Any, *parameters: Any) -> Any:
    """Return the first row of a query."""
    return connection.execute(query, parameters or None).fetchone()


def _setting(database: Database, name: str) -> str:
    (value,) = row(database.connection, "SELECT current_setting(%s)", name)
    return str(value)


def _encryption(database: Database) -> Result:
    info, pgconn = database.connection.info, database.connection.pgconn
    if info.host.startswith("/") or info.host in _LOCAL_HOSTS:
        return ok("encryption", "the database is on this machine")
    if not pgconn.ssl_in_use:
        return fault(
            "encryption",
            f"everything goes to {info.host} in the clear",
            remedy="append ?sslmode=verify-full&sslrootcert=system to KAZI_DATABASE_URL",
        )
    if info.get_parameters().get("sslmode") not in ("verify-full", "verify-ca"):
        return warning(
            "encryption",
            f"TLS to {info.host}, whose certificate nobody checks",
            remedy="use sslmode=verify-full&sslrootcert=system in KAZI_DATABASE_URL",
        )
    return ok("encryption", f"TLS to {info.host}, its certificate is checked")


def _version(database: Database) -> Result:
    number = int(_setting(database, "server_version_num"))
    name = f"PostgreSQL {number // 10_000}.{number % 10_000}"
    if number < _MIN_VERSION:
        return fault("version", f"{name} is too old", remedy="upgrade to 15 or later")
    return ok("version", name)


def _encoding(database: Database) -> Result:
    encoding = _setting(database, "server_encoding")
    if encoding == "UTF8":
        return ok("encoding", encoding)
    return fault(
        "encoding",
        f"the database's encoding is {encoding}: names in other scripts are refused",
        remedy="make it again: createdb --encoding UTF8 --template template0",
    )


def _vector(database: Database) -> Result:
    query = """
        SELECT
          (SELECT extversion FROM pg_extension WHERE extname = 'vector'),
          default_version,
          (SELECT bool_or(trusted) FROM pg_available_extension_versions AS v
            WHERE v.name = 'vector' AND version = default_version),
          (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
        FROM (VALUES (1)) AS one
        LEFT JOIN pg_available_extensions AS e ON e.name = 'vector'
    """
    installed, available, is_trusted, is_superuser = row(database.connection, query)
    if installed:
        return ok("extension vector", f"version {installed}")
    if available and (is_trusted or is_superuser):
        return warning(
            "extension vector",
            f"version {available} is there, and not yet in this database",
            remedy="run: kazi-server migrate",
        )
    if available:
        return fault(
            "extension vector",
            f"version {available} is there; only a superuser may put it into a database",
            remedy="as superuser in this database: CREATE EXTENSION vector",
        )
    return fault(
        "extension vector",
        "pgvector is not installed on the database's machine",
        remedy="install it there (docs/operations.md, PostgreSQL)",
    )


def _migrations(database: Database) -> Result:
    return _as_result(migrations_finding(database.connection, migration_names()))


def _clock(database: Database) -> Result:
    return _as_result(clock_finding(database.connection, database.clock))


def _as_result(finding: Finding) -> Result:
    if finding.is_good:
        return ok(finding.name, finding.detail)
    detail, _, remedy = finding.detail.partition("; ")
    return fault(finding.name, detail, remedy=remedy)


def _writes(database: Database) -> Result:
    query = (
        "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'"
    )
    is_standby, is_read_only = row(database.connection, query)
    if is_standby:
        return fault(
            "writes",
            "this is a standby, which takes no writes",
            remedy="name the primary in KAZI_DATABASE_URL, or target_session_attrs="
            "read-write and all hosts",
        )
    if is_read_only:
        return fault(
            "writes",
            "the database takes no writes from this role",
            remedy="ALTER ROLE ... RESET default_transaction_read_only",
        )
    return ok("writes", "the database takes writes")


def _durability(database: Database) -> Result:
    names = ("fsync", "full_page_writes", "synchronous_commit")
    off = [name for name in names if _setting(database, name) == "off"]
    if off:
        return fault(
            "durability",
            f"{' and '.join(off)}: off; a power cut loses events that were acknowledged",
            remedy="; ".join(f"ALTER SYSTEM SET {name} = on" for name in off),
        )
    return ok("durability", "what is committed is on disk")


def _role(database: Database) -> Result:
    query = "SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user"
    name, is_superuser = row(database.connection, query)
    if is_superuser and database.settings.database_url is not None:
        return warning(
            "role",
            f"{name} is a superuser: a hole in the server would open all databases",
            remedy="serve with a role that owns this database alone: createuser kazi",
        )
    return ok("role", f"{name}")


def _rights(database: Database) -> Result:
    query = """
        SELECT string_agg(DISTINCT relname, ', ' ORDER BY relname)
        FROM pg_class
        CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
        WHERE relnamespace = to_regnamespace(current_schema())
          AND relkind IN ('r', 'p')
          AND NOT has_table_privilege(oid, privilege)
    """
    (closed,) = row(database.connection, query)
    if closed:
        return fault(
            "rights",
            f"the role may not read or write {closed}",
            remedy="make it the owner: ALTER TABLE ... OWNER TO ..., or GRANT SELECT, "
            "INSERT, UPDATE, DELETE",
        )
    (may_create,) = row(
        database.connection,
        "SELECT has_schema_privilege(current_schema(), 'CREATE')",
    )
    if not may_create:
        return warning(
            "rights",
            "the role reads and writes, but cannot migrate",
            remedy="run kazi-server migrate with the role that owns the tables",
        )
    return ok("rights", "the role reads, writes and migrates")


_CHECKS: tuple[Callable[[Database], Result], ...] = (
    _encryption,
    _version,
    _encoding,
    _vector,
    _migrations,
    _clock,
    _writes,
    _durability,
    _role,
    _rights,
)
