"""The server's settings: every ``KAZI_*`` variable, read once and checked together."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

__all__ = ["VARIABLES", "IdentityProvider", "Settings", "SettingsError", "Variable"]

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
LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingsError(ValueError):
    """One or more settings are missing or wrong; one line for each."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """An environment variable: its name, its default as text, what it decides."""

    name: str
    default: str
    purpose: str


_DATABASE_URL = Variable(
    name="KAZI_DATABASE_URL",
    default="",
    purpose="PostgreSQL to use, as `postgresql://user:password@host:port/database`. "
    "Empty: an embedded PostgreSQL in the data folder, migrated at start.",
)
_DATA_DIR = Variable(
    name="KAZI_DATA_DIR",
    default="",
    purpose="Folder of the embedded PostgreSQL and of generated keys. "
    "Empty: `.kazi`, as root `/var/lib/kazi-tutorial`.",
)
_DATABASE_POOL_SIZE = Variable(
    name="KAZI_DATABASE_POOL_SIZE",
    default="8",
    purpose="Most connections to PostgreSQL in one worker process, 1 to 200.",
)
_DATABASE_TIMEOUT = Variable(
    name="KAZI_DATABASE_TIMEOUT_SECONDS",
    default="5",
    purpose="Longest wait for a connection before a request is answered 503, 1 to 60.",
)
_STATEMENT_TIMEOUT = Variable(
    name="KAZI_DATABASE_STATEMENT_TIMEOUT_SECONDS",
    default="15",
    purpose="Longest time for which a request may hold a connection, waiting for locks "
    "included, before it is cancelled and answered 503, 1 to 600.",
)
_HOST = Variable(name="KAZI_HOST", default="127.0.0.1", purpose="Address to listen on.")
_PORT = Variable(
    name="KAZI_PORT", default="8080", purpose="Port to listen on, 1 to 65535."
)
_WORKERS = Variable(
    name="KAZI_WORKERS", default="1", purpose="Worker processes, 1 to 64."
)
_THREADS = Variable(
    name="KAZI_THREADS",
    default="4",
    purpose="Threads that answer requests in each worker process, 1 to 128.",
)
_DEMO = Variable(
    name="KAZI_DEMO",
    default="no",
    purpose="Whether to import the demo tutorial at start: yes or no.",
)
_JWT_SECRET = Variable(
    name="KAZI_JWT_SECRET",
    default="",
    purpose="Secret that signs tokens (HS256), at least 32 bytes. "
    "Needed with `KAZI_DATABASE_URL`; generated for the embedded PostgreSQL.",
)
_JWT_ISSUER = Variable(
    name="KAZI_JWT_ISSUER",
    default="kazi-tutorial",
    purpose="Issuer (`iss`) that tokens must carry.",
)
_JWT_AUDIENCE = Variable(
    name="KAZI_JWT_AUDIENCE",
    default="kazi-tutorial",
    purpose="Audience (`aud`) that tokens must carry.",
)
_JWT_LEEWAY = Variable(
    name="KAZI_JWT_LEEWAY_SECONDS",
    default="30",
    purpose="Seconds by which the clocks of whoever signs tokens and of this server may "
    "differ, 0 to 300.",
)
_IDENTITY_ISSUER = Variable(
    name="KAZI_IDENTITY_ISSUER",
    default="",
    purpose="Issuer (`iss`) of the app's identity provider, whose tokens are accepted "
    "beside our own. Empty: there is none.",
)
_IDENTITY_AUDIENCE = Variable(
    name="KAZI_IDENTITY_AUDIENCE",
    default="",
    purpose="Audiences (`aud`) of which the provider's tokens must carry one, separated "
    "by commas. Needed with `KAZI_IDENTITY_ISSUER`.",
)
_IDENTITY_JWKS_URL = Variable(
    name="KAZI_IDENTITY_JWKS_URL",
    default="",
    purpose="URL of the provider's key set (RS256, ES256, EdDSA): https, or http to "
    "localhost.",
)
_IDENTITY_SECRET = Variable(
    name="KAZI_IDENTITY_SECRET",
    default="",
    purpose="Secret with which the provider signs tokens (HS256), at least 32 bytes.",
)
_SUPABASE_URL = Variable(
    name="KAZI_SUPABASE_URL",
    default="",
    purpose="URL of a Supabase project, in place of `KAZI_IDENTITY_ISSUER`, "
    "`KAZI_IDENTITY_AUDIENCE` and `KAZI_IDENTITY_JWKS_URL`. Give `KAZI_IDENTITY_SECRET` "
    "beside it while the project signs with its legacy secret.",
)
_ANONYMOUS_TOKEN_DAYS = Variable(
    name="KAZI_ANONYMOUS_TOKEN_DAYS",
    default="30",
    purpose="Days for which an anonymous user's token is good, 1 to 365.",
)
_COMMENT_KEY = Variable(
    name="KAZI_COMMENT_KEY",
    default="",
    purpose="Keys that encrypt survey comments: 32 bytes in base64 each, separated by "
    "commas; the first encrypts, all decrypt. "
    "Needed with `KAZI_DATABASE_URL`; generated for the embedded PostgreSQL.",
)
_CONFIG_TTL = Variable(
    name="KAZI_CONFIG_TTL_SECONDS",
    default="300",
    purpose="Seconds after which a device asks for a tutorial again, 1 to 86400.",
)
_STEP_EVENT_RETENTION = Variable(
    name="KAZI_STEP_EVENT_RETENTION_DAYS",
    default="400",
    purpose="Days after which `kazi-server retention run` deletes step events, "
    "0 to 36500; 0 keeps them for ever.",
)
_ACTIVITY_RETENTION = Variable(
    name="KAZI_ACTIVITY_RETENTION_DAYS",
    default="400",
    purpose="Days after which `kazi-server retention run` deletes product activity, "
    "0 to 36500; 0 keeps it for ever.",
)
_USER_RATE = Variable(
    name="KAZI_USER_REQUESTS_PER_MINUTE",
    default="1200",
    purpose="Requests of one user in a minute, 0 to 1000000; 0 is no limit.",
)
_ADDRESS_RATE = Variable(
    name="KAZI_ADDRESS_REQUESTS_PER_MINUTE",
    default="3000",
    purpose="Requests without a token from one address in a minute, 0 to 1000000; "
    "0 is no limit.",
)
_ANONYMOUS_RATE = Variable(
    name="KAZI_ANONYMOUS_TOKENS_PER_MINUTE",
    default="300",
    purpose="Anonymous tokens for one address in a minute, 0 to 1000000; "
    "0 is no limit.",
)
_FAILURE_RATE = Variable(
    name="KAZI_FAILED_LOGINS_PER_MINUTE",
    default="120",
    purpose="Refused tokens from one address in a minute, 0 to 1000000; beyond them no "
    "unknown token from there is looked at. 0 is no limit.",
)
_PROXY_HOPS = Variable(
    name="KAZI_PROXY_HOPS",
    default="0",
    purpose="Proxies in front of the server that append to `X-Forwarded-For`, 0 to 10. "
    "Too many let a client forge its address.",
)
_LOG_LEVEL = Variable(
    name="KAZI_LOG_LEVEL",
    default="info",
    purpose="Least severe log line to write: " + ", ".join(LOG_LEVELS) + ".",
)

#: What describes the identity provider, unless it is Supabase.
_IDENTITY = (_IDENTITY_ISSUER, _IDENTITY_AUDIENCE, _IDENTITY_JWKS_URL, _IDENTITY_SECRET)
#: Every variable, in the order of the documentation.
VARIABLES = (
    _DATABASE_URL,
    _DATA_DIR,
    _DATABASE_POOL_SIZE,
    _DATABASE_TIMEOUT,
    _STATEMENT_TIMEOUT,
    _HOST,
    _PORT,
    _WORKERS,
    _THREADS,
    _DEMO,
    _JWT_SECRET,
    _JWT_ISSUER,
    _JWT_AUDIENCE,
    _JWT_LEEWAY,
    _IDENTITY_ISSUER,
    _IDENTITY_AUDIENCE,
    _IDENTITY_JWKS_URL,
    _IDENTITY_SECRET,
    _SUPABASE_URL,
    _ANONYMOUS_TOKEN_DAYS,
    _COMMENT_KEY,
    _CONFIG_TTL,
    _STEP_EVENT_RETENTION,
    _ACTIVITY_RETENTION,
    _USER_RATE,
    _ADDRESS_RATE,
    _ANONYMOUS_RATE,
    _FAILURE_RATE,
    _PROXY_HOPS,
    _LOG_LEVEL,
)


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
    user_requests_per_minute: int
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
            database_pool_size=reader.integer(_DATABASE_POOL_SIZE, 1, 200),
            database_timeout_seconds=reader.integer(_DATABASE_TIMEOUT, 1, 60),
            database_statement_timeout_seconds=reader.integer(
                _STATEMENT_TIMEOUT, 1, 600
            ),
            host=reader.text(_HOST),
            port=reader.integer(_PORT, 1, 65535),
            workers=reader.integer(_WORKERS, 1, 64),
            threads=reader.integer(_THREADS, 1, 128),
            demo=reader.flag(_DEMO),
            jwt_secret=reader.secret(_JWT_SECRET),
            jwt_issuer=reader.text(_JWT_ISSUER),
            jwt_audience=reader.text(_JWT_AUDIENCE),
            jwt_leeway_seconds=reader.integer(_JWT_LEEWAY, 0, 300),
            identity=reader.identity(),
            anonymous_token_days=reader.integer(_ANONYMOUS_TOKEN_DAYS, 1, 365),
            comment_keys=reader.comment_keys(),
            config_ttl_seconds=reader.integer(_CONFIG_TTL, 1, 86400),
            step_event_retention_days=reader.integer(
                _STEP_EVENT_RETENTION, 0, _MAX_RETENTION_DAYS
            ),
            activity_retention_days=reader.integer(
                _ACTIVITY_RETENTION, 0, _MAX_RETENTION_DAYS
            ),
            user_requests_per_minute=reader.integer(_USER_RATE, 0, _MAX_RATE),
            address_requests_per_minute=reader.integer(_ADDRESS_RATE, 0, _MAX_RATE),
            anonymous_tokens_per_minute=reader.integer(_ANONYMOUS_RATE, 0, _MAX_RATE),
            failed_logins_per_minute=reader.integer(_FAILURE_RATE, 0, _MAX_RATE),
            proxy_hops=reader.integer(_PROXY_HOPS, 0, 10),
            log_level=reader.choice(_LOG_LEVEL, LOG_LEVELS),
        )
        if reader.faults:
            raise SettingsError(*reader.faults)
        return settings


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

    def flag(self, variable: Variable) -> bool:
        text = self.text(variable).lower()
        if text not in _YES | _NO:
            self._fault(variable, f"{text!r} is neither yes nor no")
        return text in _YES

    def database_url(self) -> str | None:
        url = self.text(_DATABASE_URL)
        if url and not _is_database_url(url):
            # the value may hold a password, so it is not repeated
            self._fault(
                _DATABASE_URL,
                "a URL of the form postgresql://user:password@host:port/database "
                "is needed",
            )
        return url or None

    def data_dir(self) -> Path:
        text = self.text(_DATA_DIR)
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

    def identity(self) -> IdentityProvider | None:
        if self.text(_SUPABASE_URL):
            return self._supabase()
        provider = IdentityProvider(
            issuer=self.text(_IDENTITY_ISSUER),
            audiences=self._audiences(),
            jwks_url=self._url(_IDENTITY_JWKS_URL),
            secret=self.secret(_IDENTITY_SECRET),
        )
        if not any(map(self.text, _IDENTITY)):
            return None
        self._check_provider(provider)
        return provider

    def _audiences(self) -> tuple[str, ...]:
        parts = self.text(_IDENTITY_AUDIENCE).split(",")
        return tuple(part.strip() for part in parts if part.strip())

    def _check_provider(self, provider: IdentityProvider) -> None:
        if not provider.issuer:
            self._fault(_IDENTITY_ISSUER, "missing; say whose tokens these are")
        if not provider.audiences:
            self._fault(
                _IDENTITY_AUDIENCE,
                "missing; without it tokens for others would be accepted",
            )
        if not (self.text(_IDENTITY_JWKS_URL) or provider.secret):
            self._fault(
                _IDENTITY_JWKS_URL, "missing; give it, KAZI_IDENTITY_SECRET, or both"
            )
        self._check_foreign(_IDENTITY_ISSUER, provider.issuer)

    def _supabase(self) -> IdentityProvider:
        for variable in (_IDENTITY_ISSUER, _IDENTITY_AUDIENCE, _IDENTITY_JWKS_URL):
            if self.text(variable):
                self._fault(variable, "KAZI_SUPABASE_URL sets it; give one of the two")
        url = (self._url(_SUPABASE_URL) or "").rstrip("/")
        if urlsplit(url).path or urlsplit(url).query:
            self._fault(_SUPABASE_URL, "give the project's URL without a path")
        issuer = f"{url}/auth/v1"
        # the project's legacy keys come from an issuer of that name
        for name in (issuer, "supabase"):
            self._check_foreign(_SUPABASE_URL, name)
        return IdentityProvider(
            issuer=issuer,
            audiences=("authenticated",),
            jwks_url=f"{issuer}/.well-known/jwks.json",
            secret=self.secret(_IDENTITY_SECRET),
            supabase_url=url,
        )

    def _check_foreign(self, variable: Variable, issuer: str) -> None:
        if issuer == self.text(_JWT_ISSUER):
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
        text = self.text(_COMMENT_KEY)
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
                _COMMENT_KEY,
                f"key {number} is not {COMMENT_KEY_BYTES} bytes in base64; "
                "make one with: openssl rand -base64 32",
            )
        return key

    def _fault(self, variable: Variable, detail: str) -> None:
        self.faults.append(f"{variable.name}: {detail}")
