"""Fixtures of the server's tests: an application on a PostgreSQL of its own."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from sync_server.app import create_app
from sync_server.auth.tokens import Role, TokenIssuer, TokenKey
from sync_server.db.pool import Pool, connect, open_pool
from sync_server.settings import Settings
from sync_server.tutorials.publishing import Outcome, publish
from sync_server.tutorials.reading import read_tutorial
from sync_server.tutorials.store import TutorialStore
from tests.support.postgres import database_url, empty_database_url, postgres

__all__ = ["database_url", "empty_database_url", "postgres"]

#: A tutorial with an experiment and a persona, for most tests.
TOUR = """
id: tour
name: A tour
steps:
  - {id: welcome, title: Welcome}
  - {id: project, title: Create a project, target: new-project}
  - {id: invite, title: Invite, screen: team}
survey:
  question: How likely are you to recommend KAZI?
personas:
  team-manager:
    - replace: invite
      with: {title: Bring your team}
experiments:
  - id: tour-v1
    status: running
    variants:
      - {id: tour_control, weight: 50}
      - id: tour_short
        weight: 50
        changes:
          - omit: project
          - insert: {id: tip, title: A tip}
            after: welcome
"""
#: A tutorial without either.
PLAIN = """
id: plain
name: Plain
steps:
  - {id: only, title: The only step}
"""


@dataclass
class FakeClock:
    """The time that a test says it is."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@dataclass(frozen=True)
class User:
    """A user and the headers that speak for it."""

    id: UUID
    headers: dict[str, str]

    @property
    def token(self) -> str:
        return self.headers["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings.from_environ(
        {
            "KAZI_DATABASE_URL": database_url,
            "KAZI_DATABASE_TIMEOUT_SECONDS": "1",
            "KAZI_JWT_SECRET": "a secret of at least thirty-two bytes",
            "KAZI_COMMENT_KEY": base64.b64encode(b"k" * 32).decode(),
            # the clock stands still, and some tests send more than a person's minute
            "KAZI_USER_REQUESTS_PER_MINUTE": "0",
            "KAZI_USER_EVENTS_PER_MINUTE": "0",
            "KAZI_ADDRESS_REQUESTS_PER_MINUTE": "0",
            "KAZI_ANONYMOUS_TOKENS_PER_MINUTE": "0",
            "KAZI_FAILED_LOGINS_PER_MINUTE": "0",
        }
    )


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    with open_pool(database_url, max_size=8, timeout_seconds=1) as pool:
        yield pool


@pytest.fixture
def app(settings: Settings, pool: Pool, clock: FakeClock) -> Flask:
    return create_app(settings, pool=pool, clock=clock)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sql(database_url: str) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """Run a statement on the test's database and return its rows."""
    with psycopg.connect(
        database_url, autocommit=True, prepare_threshold=None
    ) as connection:

        def run(statement: str, *parameters: object) -> list[tuple[Any, ...]]:
            cursor = connection.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

        yield run


@pytest.fixture
def publish_yaml(database_url: str) -> Callable[[str], list[Outcome]]:
    """Import YAML text as ``kazi-server tutorials import`` does."""

    def run(text: str) -> list[Outcome]:
        tutorial, source = read_tutorial(text, file="test.yaml")
        with connect(database_url) as connection:
            return publish(connection, TutorialStore(), tutorial, source)

    return run


@pytest.fixture
def tour(publish_yaml: Callable[[str], list[Outcome]]) -> None:
    """Both tutorials are published."""
    publish_yaml(TOUR)
    publish_yaml(PLAIN)


@pytest.fixture
def make_user(settings: Settings, clock: FakeClock) -> Callable[..., User]:
    """Make a user, whose token lasts a year unless told otherwise."""
    issuer = TokenIssuer(TokenKey.of(settings), clock=clock)

    def make(
        user_id: UUID | None = None,
        *,
        role: Role = Role.USER,
        seconds: int = 365 * 86_400,
        is_anonymous: bool = False,
    ) -> User:
        chosen = user_id or uuid4()
        token, _ = issuer.issue(
            user_id=chosen,
            role=role,
            lifetime=timedelta(seconds=seconds),
            is_anonymous=is_anonymous,
        )
        return User(id=chosen, headers={"Authorization": f"Bearer {token}"})

    return make


@pytest.fixture
def user(make_user: Callable[..., User]) -> User:
    return make_user()


@pytest.fixture
def service(make_user: Callable[..., User]) -> User:
    """Another service of the house."""
    return make_user(role=Role.SERVICE)
