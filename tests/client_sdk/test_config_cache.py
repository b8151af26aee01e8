"""Which config is shown: fresh, stale, bundled; and which ones stay on the device."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import threading
from pathlib import Path

import pytest

from client_sdk import ClientConfig, SessionStatus, TutorialClient
from client_sdk._config_cache import CachedConfig, ConfigCache, is_same_content
from client_sdk._runs import Run, RunStatus, RunStore
from client_sdk._storage import FILE_NAME, Database, Storage
from client_sdk.contracts.codec import encode
from client_sdk.testing import FakeClock, FakeServer
from tests.client_sdk.conftest import QUIET, OpenClient, tour

NOW_MS = 1_790_000_000_000


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage.open(tmp_path, QUIET.durability)


@pytest.fixture
def database(storage: Storage) -> Database:
    return storage.foreground


def cached(tutorial_id: str, etag: str = '"1"') -> CachedConfig:
    config = dataclasses.replace(tour("intro"), tutorial_id=tutorial_id)
    return CachedConfig(
        config=config, etag=etag, fresh_until_ms=0, body=json.dumps(encode(config))
    )


def put(
    cache: ConfigCache,
    database: Database,
    tutorial_id: str,
    *,
    user_id: str = "u",
    now_ms: int = NOW_MS,
) -> None:
    with database.transaction() as connection:
        cache.store(
            connection, user_id=user_id, cached=cached(tutorial_id), now_ms=now_ms
        )


def held(cache: ConfigCache, database: Database) -> list[str]:
    return cache.tutorial_ids(database, user_id="u")


def read(cache: ConfigCache, database: Database, tutorial_id: str) -> None:
    assert cache.current(database, user_id="u", tutorial_id=tutorial_id)


class TestBound:
    def test_what_was_read_last_stays(self, database: Database):
        cache = ConfigCache(device="web", max_configs=2)
        put(cache, database, "a")
        put(cache, database, "b")
        read(cache, database, "a")
        cache.mark_used(database, now_ms=NOW_MS)

        put(cache, database, "c")

        assert held(cache, database) == ["a", "c"]

    def test_a_read_writes_nothing(self, database: Database):
        cache = ConfigCache(device="web", max_configs=2)
        put(cache, database, "a")
        before = database.connection.total_changes

        read(cache, database, "a")

        assert database.connection.total_changes == before

    def test_a_clock_set_back_by_years_does_not_make_the_newest_go(
        self, database: Database
    ):
        cache = ConfigCache(device="web", max_configs=2)
        put(cache, database, "a")
        put(cache, database, "b")

        put(cache, database, "c", now_ms=NOW_MS - 10 * 365 * 86_400_000)

        assert held(cache, database) == ["b", "c"]

    def test_what_was_shown_last_stays_whatever_looks_at_the_others(
        self, open_client: OpenClient, server: FakeServer
    ):
        for one in "abc":
            config = dataclasses.replace(tour("intro"), tutorial_id=one)
            server.configs[one] = config
        client = open_client(config=dataclasses.replace(QUIET, max_cached_configs=2))
        for one in "ab":
            client.tutorial(one)
            client.flush(timeout_seconds=10)
        for one in "ba":
            client.tutorial(one).start()
            client.tutorial(one).skip()
        for one in "ab":
            client.explain(one)
        client.launch()
        for _ in range(3):
            client.flush(timeout_seconds=10)
        client.tutorial("c")
        client.flush(timeout_seconds=10)

        cache = client._core.tutorials.decisions.cache
        user_id = client.status().user_id or ""
        ids = cache.tutorial_ids(client._core.storage.foreground, user_id=user_id)

        assert ids == ["a", "c"]


class TestRunsKeepTheirConfig:
    def test_a_config_that_was_trimmed_meanwhile_is_there_again_with_the_run(
        self, client: TutorialClient, open_client: OpenClient, tmp_path: Path
    ):
        """The sync thread of this or another process trims between look and begin."""
        session = client.tutorial("welcome-tour")
        assert session.status is SessionStatus.READY
        run_begins = client._core.session_services().journal
        other = sqlite3.connect(tmp_path / FILE_NAME)
        other.execute("DELETE FROM config_cache")
        other.commit()
        other.close()

        assert session._walk.cached is not None
        session._walk._begin(session._walk.cached)

        assert run_begins.tutorials.pinned(
            client._core.storage.foreground, "welcome-tour", session._walk.cached.etag
        )

    def test_no_run_loses_its_config_to_another_thread_that_trims(
        self, client: TutorialClient, tmp_path: Path
    ):
        """Both at once, on connections of their own, as fast as they can."""
        crowd = ConfigCache(device="desktop", max_configs=1)
        background = client._core.storage.background
        is_over = threading.Event()
        user_id = client.status().user_id or ""

        def trim() -> None:
            number = 0
            while not is_over.is_set():
                number += 1
                one = cached("other", etag=f'"{number}"')
                with background.transaction() as connection:
                    crowd.store(connection, user_id="u", cached=one, now_ms=number)

        thread = threading.Thread(target=trim)
        thread.start()
        lost = 0
        for _ in range(200):
            session = client.tutorial("welcome-tour")
            session._walk._begin(session._walk.cached)  # type: ignore[arg-type]
            assert session.run is not None
            found = crowd.pinned(
                client._core.storage.foreground,
                user_id=user_id,
                tutorial_id="welcome-tour",
                etag=session.run.etag,
            )
            lost += found is None
            session.skip()
        is_over.set()
        thread.join()

        assert lost == 0

    def test_the_config_of_an_open_run_outlives_the_bound(self, database: Database):
        cache = ConfigCache(device="web", max_configs=1)
        put(cache, database, "a")
        run = Run(
            run_id=b"r" * 16,
            user_id="u",
            tutorial_id="a",
            tutorial_version=1,
            etag='"1"',
            variant="control",
            persona="newbie",
            step_id="intro",
            status=RunStatus.RUNNING,
            started_ms=NOW_MS,
        )
        with database.transaction() as connection:
            RunStore().insert(connection, run)
        for tutorial_id in "bcd":
            with database.transaction() as connection:
                cache.store(
                    connection,
                    user_id="u",
                    cached=cached(tutorial_id, etag=f'"{tutorial_id}"'),
                    now_ms=NOW_MS,
                )

        assert held(cache, database) == ["a", "d"]


class TestDamage:
    @pytest.mark.parametrize(
        "damage",
        [
            pytest.param("replace(body, 'Intro', 'Extra')", id="other-text"),
            pytest.param("substr(body, 1, 50)", id="cut"),
            pytest.param("CAST(x'7b80ff7d' AS TEXT)", id="no-utf-8"),
            pytest.param("42", id="a-number"),
        ],
    )
    def test_a_damaged_body_is_as_good_as_none_and_fetched_anew(
        self,
        client: TutorialClient,
        open_client: OpenClient,
        server: FakeServer,
        damage: str,
    ):
        client._core.storage.foreground.execute(
            f"UPDATE config_cache SET body = {damage}"
        )
        server.online = False
        restarted = open_client()
        session = restarted.tutorial("welcome-tour")
        assert session.status == "loading"

        server.online = True
        restarted.flush(timeout_seconds=10)

        assert session.status == "ready"

    def test_a_row_of_an_older_sdk_without_checksum_is_read(
        self, client: TutorialClient, open_client: OpenClient, server: FakeServer
    ):
        client._core.storage.foreground.execute(
            "UPDATE config_cache SET checksum = NULL"
        )
        server.online = False

        assert open_client().tutorial("welcome-tour").status is SessionStatus.READY


class TestNamespace:
    def test_another_users_config_is_never_shown(self, database: Database):
        cache = ConfigCache(device="web", max_configs=5)
        put(cache, database, "a", user_id="somebody else")

        assert cache.current(database, user_id="u", tutorial_id="a") is None

    def test_another_devices_config_is_never_shown(self, database: Database):
        put(ConfigCache(device="ios", max_configs=5), database, "a")

        cache = ConfigCache(device="web", max_configs=5)

        assert cache.current(database, user_id="u", tutorial_id="a") is None


def test_content_that_came_compressed_is_the_same_content():
    assert is_same_content('"5f2a-gzip"', 'W/"5f2a"')
    assert not is_same_content('"5f2a"', '"5f2b"')


class TestPrefetch:
    def titles(self, server: FakeServer, *tutorial_ids: str) -> None:
        for one in tutorial_ids:
            config = dataclasses.replace(tour("intro"), tutorial_id=one)
            server.configs[one] = config

    def fetched(self, server: FakeServer) -> list[str]:
        requests = server.requests_to("/api/tutorial/config")
        return [request.params["tutorialId"] for request in requests]

    def test_what_may_start_is_there_before_it_is_asked_for(
        self, open_client: OpenClient, server: FakeServer
    ):
        self.titles(server, "a", "b")
        server.online = False
        client = open_client()
        assert client.launch() == ()
        server.online = True
        client.flush(timeout_seconds=10)
        server.online = False

        items = client.launch()

        assert [one.tutorial_id for one in items] == ["a", "b", "welcome-tour"]
        assert client.tutorial("a").status is SessionStatus.READY

    def test_what_the_device_has_is_not_fetched_again(
        self, client: TutorialClient, server: FakeServer, clock: FakeClock
    ):
        self.titles(server, "a")
        clock.advance(3600)
        client.launch()
        client.flush(timeout_seconds=10)

        assert self.fetched(server) == ["welcome-tour", "a"]
        assert client.explain("welcome-tour").config.source == "fresh"

    def test_no_more_is_fetched_than_the_cache_holds(
        self, open_client: OpenClient, server: FakeServer
    ):
        self.titles(server, "a", "b", "c", "d")
        small = dataclasses.replace(QUIET, max_cached_configs=3)
        client = open_client(config=small)
        client.tutorial("d")
        client.launch()
        client.flush(timeout_seconds=10)
        client.flush(timeout_seconds=10)

        assert sorted(self.fetched(server)) == ["a", "b", "d"]

    def test_an_app_that_never_asks_for_the_list_pays_for_none(
        self, client: TutorialClient, server: FakeServer
    ):
        assert server.requests_to("/api/tutorial/launch") == []

    def test_the_list_is_asked_for_again_when_it_is_old(
        self, client: TutorialClient, server: FakeServer, clock: FakeClock
    ):
        client.launch()
        client.flush(timeout_seconds=10)
        client.flush(timeout_seconds=10)
        assert len(server.requests_to("/api/tutorial/launch")) == 1

        clock.advance(16 * 60)
        client.flush(timeout_seconds=10)

        assert len(server.requests_to("/api/tutorial/launch")) == 2


def test_the_bound_of_the_config_is_kept(open_client: OpenClient):
    client = open_client(config=ClientConfig(max_cached_configs=7))

    assert client._core.tutorials.decisions.cache.max_configs == 7
