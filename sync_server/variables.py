"""Every ``KAZI_*`` variable that the server reads: its default, and what it decides."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ACTIVITY_KINDS", "IDENTITY", "LOG_LEVELS", "VARIABLES", "Variable"]

LOG_LEVELS = ("debug", "info", "warning", "error")
#: What a persona can be told of.
ACTIVITY_KINDS = (
    "project_created",
    "task_completed",
    "invoice_sent",
    "export_made",
    "ai_call",
    "invite_sent",
    "invite_accepted",
    "pm_feature_used",
    "message_sent",
    "other",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """An environment variable: its name, its default as text, what it decides."""

    name: str
    default: str
    purpose: str


DATABASE_URL = Variable(
    name="KAZI_DATABASE_URL",
    default="",
    purpose="PostgreSQL to use, as `postgresql://user:password@host:port/database`. "
    "Empty: an embedded PostgreSQL in the data folder, migrated at start.",
)
DATA_DIR = Variable(
    name="KAZI_DATA_DIR",
    default="",
    purpose="Folder of the embedded PostgreSQL and of generated keys. "
    "Empty: `.kazi`, as root `/var/lib/kazi-tutorial`.",
)
DATABASE_POOL_SIZE = Variable(
    name="KAZI_DATABASE_POOL_SIZE",
    default="8",
    purpose="Most connections to PostgreSQL in one worker process, 1 to 200.",
)
DATABASE_TIMEOUT = Variable(
    name="KAZI_DATABASE_TIMEOUT_SECONDS",
    default="5",
    purpose="Longest wait for a connection before a request is answered 503, 1 to 60.",
)
STATEMENT_TIMEOUT = Variable(
    name="KAZI_DATABASE_STATEMENT_TIMEOUT_SECONDS",
    default="15",
    purpose="Longest time for which a request may hold a connection, waiting for locks "
    "included, before it is cancelled and answered 503, 1 to 600.",
)
HOST = Variable(name="KAZI_HOST", default="127.0.0.1", purpose="Address to listen on.")
PORT = Variable(
    name="KAZI_PORT", default="8080", purpose="Port to listen on, 1 to 65535."
)
WORKERS = Variable(
    name="KAZI_WORKERS", default="1", purpose="Worker processes, 1 to 64."
)
THREADS = Variable(
    name="KAZI_THREADS",
    default="4",
    purpose="Threads that answer requests in each worker process, 1 to 128.",
)
DEMO = Variable(
    name="KAZI_DEMO",
    default="no",
    purpose="Whether to import the demo tutorial at start: yes or no.",
)
JWT_SECRET = Variable(
    name="KAZI_JWT_SECRET",
    default="",
    purpose="Secret that signs tokens (HS256), at least 32 bytes. "
    "Needed with `KAZI_DATABASE_URL`; generated for the embedded PostgreSQL.",
)
JWT_ISSUER = Variable(
    name="KAZI_JWT_ISSUER",
    default="kazi-tutorial",
    purpose="Issuer (`iss`) that tokens must carry.",
)
JWT_AUDIENCE = Variable(
    name="KAZI_JWT_AUDIENCE",
    default="kazi-tutorial",
    purpose="Audience (`aud`) that tokens must carry.",
)
JWT_LEEWAY = Variable(
    name="KAZI_JWT_LEEWAY_SECONDS",
    default="30",
    purpose="Seconds by which the clocks of whoever signs tokens and of this server may "
    "differ, 0 to 300.",
)
IDENTITY_ISSUER = Variable(
    name="KAZI_IDENTITY_ISSUER",
    default="",
    purpose="Issuer (`iss`) of the app's identity provider, whose tokens are accepted "
    "beside our own. Empty: there is none.",
)
IDENTITY_AUDIENCE = Variable(
    name="KAZI_IDENTITY_AUDIENCE",
    default="",
    purpose="Audiences (`aud`) of which the provider's tokens must carry one, separated "
    "by commas. Needed with `KAZI_IDENTITY_ISSUER`.",
)
IDENTITY_JWKS_URL = Variable(
    name="KAZI_IDENTITY_JWKS_URL",
    default="",
    purpose="URL of the provider's key set (RS256, ES256, EdDSA): https, or http to "
    "localhost.",
)
IDENTITY_SECRET = Variable(
    name="KAZI_IDENTITY_SECRET",
    default="",
    purpose="Secret with which the provider signs tokens (HS256), at least 32 bytes.",
)
SUPABASE_URL = Variable(
    name="KAZI_SUPABASE_URL",
    default="",
    purpose="URL of a Supabase project, in place of `KAZI_IDENTITY_ISSUER`, "
    "`KAZI_IDENTITY_AUDIENCE` and `KAZI_IDENTITY_JWKS_URL`. Give `KAZI_IDENTITY_SECRET` "
    "beside it while the project signs with its legacy secret.",
)
ANONYMOUS_TOKEN_DAYS = Variable(
    name="KAZI_ANONYMOUS_TOKEN_DAYS",
    default="30",
    purpose="Days for which an anonymous user's token is good, 1 to 365.",
)
COMMENT_KEY = Variable(
    name="KAZI_COMMENT_KEY",
    default="",
    purpose="Keys that encrypt survey comments: 32 bytes in base64 each, separated by "
    "commas; the first encrypts, all decrypt. "
    "Needed with `KAZI_DATABASE_URL`; generated for the embedded PostgreSQL.",
)
CONFIG_TTL = Variable(
    name="KAZI_CONFIG_TTL_SECONDS",
    default="300",
    purpose="Seconds after which a device asks for a tutorial again, 1 to 86400.",
)
STEP_EVENT_RETENTION = Variable(
    name="KAZI_STEP_EVENT_RETENTION_DAYS",
    default="400",
    purpose="Days after which `kazi-server retention run` deletes step events, "
    "0 to 36500; 0 keeps them for ever.",
)
ACTIVITY_RETENTION = Variable(
    name="KAZI_ACTIVITY_RETENTION_DAYS",
    default="400",
    purpose="Days after which `kazi-server retention run` deletes product activity, "
    "0 to 36500; 0 keeps it for ever.",
)
ACTIVITY_NAMES = Variable(
    name="KAZI_ACTIVITY_NAMES",
    default="",
    purpose="Your own names of events for what personas know, as "
    "`Text Generated=ai_call,Gantt Opened=pm_feature_used`; the kinds are "
    + ", ".join(f"`{kind}`" for kind in ACTIVITY_KINDS)
    + ".",
)
PERSONAS_AT = Variable(
    name="KAZI_PERSONAS_AT",
    default="03:20",
    purpose="Time of day (UTC, as `03:20`) at which personas are computed beside the "
    "embedded PostgreSQL, later if the machine was off; or `never`. "
    "With `KAZI_DATABASE_URL` a timer starts `kazi-server personas refit`.",
)
USER_RATE = Variable(
    name="KAZI_USER_REQUESTS_PER_MINUTE",
    default="1200",
    purpose="Requests of one user in a minute, 0 to 1000000; 0 is no limit.",
)
EVENT_RATE = Variable(
    name="KAZI_USER_EVENTS_PER_MINUTE",
    default="30000",
    purpose="Events in batches of one user in a minute, 0 to 1000000; 0 is no limit.",
)
ADDRESS_RATE = Variable(
    name="KAZI_ADDRESS_REQUESTS_PER_MINUTE",
    default="3000",
    purpose="Requests without a token from one address in a minute, 0 to 1000000; "
    "0 is no limit.",
)
ANONYMOUS_RATE = Variable(
    name="KAZI_ANONYMOUS_TOKENS_PER_MINUTE",
    default="300",
    purpose="Anonymous tokens for one address in a minute, 0 to 1000000; "
    "0 is no limit.",
)
FAILURE_RATE = Variable(
    name="KAZI_FAILED_LOGINS_PER_MINUTE",
    default="120",
    purpose="Refused tokens from one address in a minute, 0 to 1000000; beyond them no "
    "unknown token from there is looked at. 0 is no limit.",
)
PROXY_HOPS = Variable(
    name="KAZI_PROXY_HOPS",
    default="0",
    purpose="Proxies in front of the server that append to `X-Forwarded-For`, 0 to 10. "
    "Too many let a client forge its address.",
)
LOG_LEVEL = Variable(
    name="KAZI_LOG_LEVEL",
    default="info",
    purpose="Least severe log line to write: " + ", ".join(LOG_LEVELS) + ".",
)

#: What describes the identity provider, unless it is Supabase.
IDENTITY = (IDENTITY_ISSUER, IDENTITY_AUDIENCE, IDENTITY_JWKS_URL, IDENTITY_SECRET)
#: Every variable, in the order of the documentation.
VARIABLES = (
    DATABASE_URL,
    DATA_DIR,
    DATABASE_POOL_SIZE,
    DATABASE_TIMEOUT,
    STATEMENT_TIMEOUT,
    HOST,
    PORT,
    WORKERS,
    THREADS,
    DEMO,
    JWT_SECRET,
    JWT_ISSUER,
    JWT_AUDIENCE,
    JWT_LEEWAY,
    IDENTITY_ISSUER,
    IDENTITY_AUDIENCE,
    IDENTITY_JWKS_URL,
    IDENTITY_SECRET,
    SUPABASE_URL,
    ANONYMOUS_TOKEN_DAYS,
    COMMENT_KEY,
    CONFIG_TTL,
    STEP_EVENT_RETENTION,
    ACTIVITY_RETENTION,
    ACTIVITY_NAMES,
    PERSONAS_AT,
    USER_RATE,
    EVENT_RATE,
    ADDRESS_RATE,
    ANONYMOUS_RATE,
    FAILURE_RATE,
    PROXY_HOPS,
    LOG_LEVEL,
)
