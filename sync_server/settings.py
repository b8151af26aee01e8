"""The server's settings: every ``KAZI_*`` variable, read once and checked together."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from sync_server import variables
from sync_server.variables import Variable

__all__ = ["IdentityProvider", "Settings", "SettingsError", "missing_secrets"]

#: HS256 wants a key as long as its hash (RFC 7518 section 3.2).
MIN_JWT_SECRET_BYTES = 32
#: AES-256.
COMMENT_KEY_BYTES = 32
#: Most requests a minute that a limit may name.
_MAX_RATE = 1_000_000
#: A hundred years.
_MAX_RETENTION_DAYS = 36_500
#: Where a URL may do without TLS.
_LOCAL_ORIGINS = frozenset(("http", host) for host in ("localhost", "127.0.0.1", "::1"))
_YES = frozenset({"yes", "true", "on", "1"})
_NO = frozenset({"no", "false", "off", "0"})


class SettingsError(ValueError):
    """One or more settings are missing or wrong; one line for each."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """Whoever signs the tokens of the app's users, beside ourselves.

    There is a key set, a secret, or both; ``supabase_url`` only if it is a project there.
    """

    issuer: str
    audiences: tuple[str, ...]
    jwks_url: str | None
    secret: str | None = field(repr=False)
    supabase_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that an operator may decide.  Secrets stay out of its text form."""

    database_url: str | None = field(repr=False)
    data_dir: Path
    database_pool_size: int
    database_timeout_seconds: int
    database_statement_timeout_seconds: int
    host: str
    port: int
    workers: int
    threads: int
    demo: bool
    jwt_secret: str | None = field(repr=False)
    jwt_issuer: str
    jwt_audience: str
    jwt_leeway_seconds: int
    identity: IdentityProvider | None
    anonymous_token_days: int
    comment_keys: tuple[bytes, ...] = field(repr=False)
    config_ttl_seconds: int
    step_event_retention_days: int
    activity_retention_days: int
    activity_names: tuple[tuple[str, str], ...]
    personas_at: time | None
    user_requests_per_minute: int
    user_events_per_minute: int
    address_requests_per_minute: int
    anonymous_tokens_per_minute: int
    failed_logins_per_minute: int
    proxy_hops: int
    log_level: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read every variable; SettingsError tells all faults at once."""
        reader = _Reader(environ)
        settings = cls(
            database_url=reader.database_url(),
            data_dir=reader.data_dir(),
            database_pool_size=reader.integer(variables.DATABASE_POOL_SIZE, 1, 200),
            database_timeout_seconds=reader.integer(variables.DATABASE_TIMEOUT, 1, 60),
            database_statement_timeout_seconds=reader.integer(
                variables.STATEMENT_TIMEOUT, 1, 600
            ),
            host=reader.text(variables.HOST),
            port=reader.integer(variables.PORT, 1, 65535),
            workers=reader.integer(variables.WORKERS, 1, 64),
            threads=reader.integer(variables.THREADS, 1, 128),
            demo=reader.flag(variables.DEMO),
            jwt_secret=reader.secret(variables.JWT_SECRET),
            jwt_issuer=reader.text(variables.JWT_ISSUER),
            jwt_audience=reader.text(variables.JWT_AUDIENCE),
            jwt_leeway_seconds=reader.integer(variables.JWT_LEEWAY, 0, 300),
            identity=reader.identity(),
            anonymous_token_days=reader.integer(variables.ANONYMOUS_TOKEN_DAYS, 1, 365),
            comment_keys=reader.comment_keys(),
            config_ttl_seconds=reader.integer(variables.CONFIG_TTL, 1, 86400),
            step_event_retention_days=reader.integer(
                variables.STEP_EVENT_RETENTION, 0, _MAX_RETENTION_DAYS
            ),
            activity_retention_days=reader.integer(
                variables.ACTIVITY_RETENTION, 0, _MAX_RETENTION_DAYS
            ),
            activity_names=reader.activity_names(),
            personas_at=reader.time_of_day(variables.PERSONAS_AT),
            user_requests_per_minute=reader.integer(variables.USER_RATE, 0, _MAX_RATE),
            user_events_per_minute=reader.integer(variables.EVENT_RATE, 0, _MAX_RATE),
            address_requests_per_minute=reader.integer(
                variables.ADDRESS_RATE, 0, _MAX_RATE
            ),
            anonymous_tokens_per_minute=reader.integer(
                variables.ANONYMOUS_RATE, 0, _MAX_RATE
            ),
            failed_logins_per_minute=reader.integer(
                variables.FAILURE_RATE, 0, _MAX_RATE
            ),
            proxy_hops=reader.integer(variables.PROXY_HOPS, 0, 10),
            log_level=reader.choice(variables.LOG_LEVEL, variables.LOG_LEVELS),
        )
        if reader.faults:
            raise SettingsError(*reader.faults, *reader.missing_secrets())
        return settings


def missing_secrets(*, has_secret: bool, has_key: bool) -> list[str]:
    """Return a fault for each secret that a server with a database of its own lacks."""
    faults = []
    if not has_secret:
        faults.append(
            "KAZI_JWT_SECRET: missing; with KAZI_DATABASE_URL set, give the secret that "
            "signs tokens (at least 32 bytes, make one with: openssl rand -base64 48)"
        )
    if not has_key:
        faults.append(
            "KAZI_COMMENT_KEY: missing; with KAZI_DATABASE_URL set, give the key that "
            "encrypts survey comments (make one with: openssl rand -base64 32)"
        )
    return faults


def _is_database_url(url: str) -> bool:
    if not url.startswith(("postgresql://", "postgres://")):
        return False
    try:
        conninfo_to_dict(url)
    except ProgrammingError:
        return False
    return True


def _is_safe_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_known_port = parts.port != 0
    except ValueError:
        return False
    return (
        (parts.scheme == "https" or (parts.scheme, parts.hostname) in _LOCAL_ORIGINS)
        and bool(parts.hostname)
        and is_known_port
        and parts.username is None
        and not parts.fragment
        and url.isascii()
        and url.isprintable()
        and " " not in url
    )


class _Reader:
    """Reads variables and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.faults: list[str] = []

    def text(self, variable: Variable) -> str:
        # an empty variable counts as unset: compose files and CI leave such behind
        return self._environ.get(variable.name, "").strip() or variable.default

    def integer(self, variable: Variable, low: int, high: int) -> int:
        text = self.text(variable)
        if text.isascii() and text.isdigit() and low <= int(text) <= high:
            return int(text)
        self._fault(variable, f"{text!r} is not a whole number from {low} to {high}")
        return low

    def choice(self, variable: Variable, known: tuple[str, ...]) -> str:
        text = self.text(variable).lower()
        if text not in known:
            self._fault(variable, f"{text!r} is not one of {', '.join(known)}")
        return text

    def activity_names(self) -> tuple[tuple[str, str], ...]:
        """Return pairs of a name and its kind."""
        pairs = []
        for text in filter(str.strip, self.text(variables.ACTIVITY_NAMES).split(",")):
            name, _, kind = (part.strip() for part in text.rpartition("="))
            if not name or kind not in variables.ACTIVITY_KINDS:
                self._fault(
                    variables.ACTIVITY_NAMES,
                    f"{text.strip()!r} is not of the form name=kind; the kinds are "
                    + ", ".join(variables.ACTIVITY_KINDS),
                )
            pairs.append((name, kind))
        return tuple(pairs)

    def flag(self, variable: Variable) -> bool:
        text = self.text(variable).lower()
        if text not in _YES | _NO:
            self._fault(variable, f"{text!r} is neither yes nor no")
        return text in _YES

    def time_of_day(self, variable: Variable) -> time | None:
        """Return a time of day in UTC, None for "never"."""
        text = self.text(variable)
        if text.lower() == "never":
            return None
        try:
            if len(text) == len("HH:MM"):
                return time.fromisoformat(text)
        except ValueError:
            pass
        self._fault(variable, f"{text!r} is neither a time as 03:20 nor never")
        return None

    def database_url(self) -> str | None:
        url = self.text(variables.DATABASE_URL)
        if url and not _is_database_url(url):
            # the value may hold a password, so it is not repeated
            self._fault(
                variables.DATABASE_URL,
                "a URL of the form postgresql://user:password@host:port/database "
                "is needed",
            )
        return url or None

    def data_dir(self) -> Path:
        text = self.text(variables.DATA_DIR)
        if text:
            return Path(text).expanduser().absolute()
        # PostgreSQL refuses to run as root and needs a folder that its own user reaches
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0
        return Path("/var/lib/kazi-tutorial") if is_root else Path(".kazi").absolute()

    def secret(self, variable: Variable) -> str | None:
        secret = self.text(variable)
        size = len(secret.encode())
        if "-----BEGIN" in secret:
            self._fault(variable, "this is a key in PEM, not a secret of both sides")
        elif secret and size < MIN_JWT_SECRET_BYTES:
            self._fault(
                variable,
                f"the secret has {size} bytes, at least {MIN_JWT_SECRET_BYTES} are needed",
            )
        return secret or None

    def missing_secrets(self) -> list[str]:
        """Return what the server would ask for next, once the other faults are mended."""
        if not _is_database_url(self.text(variables.DATABASE_URL)):
            return []
        return missing_secrets(
            has_secret=bool(self.text(variables.JWT_SECRET)),
            has_key=bool(self.text(variables.COMMENT_KEY)),
        )

    def identity(self) -> IdentityProvider | None:
        if self.text(variables.SUPABASE_URL):
            return self._supabase()
        provider = IdentityProvider(
            issuer=self.text(variables.IDENTITY_ISSUER),
            audiences=self._audiences(),
            jwks_url=self._url(variables.IDENTITY_JWKS_URL),
            secret=self.secret(variables.IDENTITY_SECRET),
        )
        if not any(map(self.text, variables.IDENTITY)):
            return None
        self._check_provider(provider)
        return provider

    def _audiences(self) -> tuple[str, ...]:
        parts = self.text(variables.IDENTITY_AUDIENCE).split(",")
        return tuple(part.strip() for part in parts if part.strip())

    def _check_provider(self, provider: IdentityProvider) -> None:
        if not provider.issuer:
            self._fault(
                variables.IDENTITY_ISSUER, "missing; say whose tokens these are"
            )
        if not provider.audiences:
            self._fault(
                variables.IDENTITY_AUDIENCE,
                "missing; without it tokens for others would be accepted",
            )
        if not (self.text(variables.IDENTITY_JWKS_URL) or provider.secret):
            self._fault(
                variables.IDENTITY_JWKS_URL,
                "missing; give it, KAZI_IDENTITY_SECRET, or both",
            )
        self._check_foreign(variables.IDENTITY_ISSUER, provider.issuer)

    def _supabase(self) -> IdentityProvider:
        for variable in (
            variables.IDENTITY_ISSUER,
            variables.IDENTITY_AUDIENCE,
            variables.IDENTITY_JWKS_URL,
        ):
            if self.text(variable):
                self._fault(variable, "KAZI_SUPABASE_URL sets it; give one of the two")
        url = (self._url(variables.SUPABASE_URL) or "").rstrip("/")
        if urlsplit(url).path or urlsplit(url).query:
            self._fault(variables.SUPABASE_URL, "give the project's URL without a path")
        issuer = f"{url}/auth/v1"
        # the project's legacy keys come from an issuer of that name
        for name in (issuer, "supabase"):
            self._check_foreign(variables.SUPABASE_URL, name)
        return IdentityProvider(
            issuer=issuer,
            audiences=("authenticated",),
            jwks_url=f"{issuer}/.well-known/jwks.json",
            secret=self.secret(variables.IDENTITY_SECRET),
            supabase_url=url,
        )

    def _check_foreign(self, variable: Variable, issuer: str) -> None:
        if issuer == self.text(variables.JWT_ISSUER):
            self._fault(
                variable, "KAZI_JWT_ISSUER has the same issuer, for our own tokens"
            )

    def _url(self, variable: Variable) -> str | None:
        """Return a URL that no stranger on the way can answer for."""
        text = self.text(variable)
        if text and not _is_safe_url(text):
            self._fault(
                variable,
                "a URL of the form https://host/path is needed "
                "(http only to localhost, no password in it)",
            )
            return None
        return text or None

    def comment_keys(self) -> tuple[bytes, ...]:
        text = self.text(variables.COMMENT_KEY)
        return tuple(
            self._comment_key(number, part.strip())
            for number, part in enumerate(text.split(",") if text else (), start=1)
        )

    def _comment_key(self, number: int, text: str) -> bytes:
        try:
            key = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != COMMENT_KEY_BYTES:
            self._fault(
                variables.COMMENT_KEY,
                f"key {number} is not {COMMENT_KEY_BYTES} bytes in base64; "
                "make one with: openssl rand -base64 32",
            )
        return key

    def _fault(self, variable: Variable, detail: str) -> None:
        self.faults.append(f"{variable.name}: {detail}")
