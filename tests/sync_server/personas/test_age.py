"""How old the personas are: told by /metrics, and by the doctor with what to do."""

from __future__ import annotations

import base64
import os
import re
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from sync_server.db.alone import alone
from sync_server.db.pool import connect, open_pool
from sync_server.diagnosis.database import Database
from sync_server.diagnosis.personas import persona_results
from sync_server.personas.age import OLD, ServedSince
from sync_server.personas.refit import _LOCK_KEY
from sync_server.personas.versions import Versions
from sync_server.settings import Settings
from tests.deploy.files import DEPLOY, mapping
from tests.support.server_process import running_server

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
GAUGE = "kazi_personas_computed_time_seconds"


@pytest.fixture
def run_of(sql):
    """Note a run as a refit does."""

    def note(status, begun_at, **columns):
        faults = columns.get("faults", [])
        ((version,),) = sql(
            "INSERT INTO persona_models (status, begun_at, seed, rotation, faults)"
            " VALUES (%s, %s, 0, 'r', %s) RETURNING version",
            status,
            begun_at,
            faults,
        )
        return version

    return note


def computed(text):
    (value,) = (
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == GAUGE
    )
    return value


class TestMetric:
    def test_it_is_0_where_none_were_computed(self, client):
        assert computed(client.get("/metrics").text) == 0

    def test_it_is_when_the_served_ones_were_computed(self, client, run_of):
        run_of("previous", NOW - timedelta(days=2))
        run_of("served", NOW - timedelta(days=1))
        run_of("refused", NOW)

        yesterday = (NOW - timedelta(days=1)).timestamp()
        assert computed(client.get("/metrics").text) == yesterday

    def test_several_workers_tell_an_earlier_one_after_a_rollback(
        self, database_url, run_of, tmp_path
    ):
        run_of("previous", NOW - timedelta(days=1))
        run_of("served", NOW)
        environ = {
            "KAZI_DATABASE_URL": database_url,
            "KAZI_JWT_SECRET": base64.b64encode(os.urandom(32)).decode(),
            "KAZI_COMMENT_KEY": base64.b64encode(os.urandom(32)).decode(),
        }
        log = tmp_path / "server.log"
        with running_server("--workers", "2", environ=environ, log=log) as server:

            def told():
                # a connection each, so that both workers get some
                answers = [httpx.get(f"{server.url}/metrics") for _ in range(20)]
                return {computed(answer.text) for answer in answers}

            assert told() == {NOW.timestamp()}
            with connect(database_url) as connection:
                Versions().serve_previous(connection)
            assert told() == {(NOW - timedelta(days=1)).timestamp()}

    def test_without_the_database_it_is_what_was_heard_last(self, database_url, run_of):
        run_of("served", NOW)
        with open_pool(database_url, max_size=1, timeout_seconds=1) as pool:
            since = ServedSince(pool)
            assert since() == NOW.timestamp()
            pool.close()
            assert since() == NOW.timestamp()
            assert ServedSince(pool)() is None

    def test_the_alert_means_the_same_by_old(self):
        rules = mapping(DEPLOY / "prometheus" / "alerts.yml")
        (rule,) = (
            rule
            for rule in rules["groups"][0]["rules"]
            if rule["alert"] == "KaziPersonasOld"
        )

        assert GAUGE in rule["expr"]
        assert re.findall(r"> (\d{2,})", rule["expr"]) == [f"{OLD.total_seconds():.0f}"]


class TestDoctor:
    @pytest.fixture
    def results(self, database_url):
        def run(**variables):
            environ = {"KAZI_DATABASE_URL": database_url, **variables}
            settings = Settings.from_environ(
                {name: text for name, text in environ.items() if text}
            )
            with connect(database_url) as connection:
                database = Database(
                    connection=connection, settings=settings, clock=lambda: NOW
                )
                return list(persona_results(database))

        return run

    @pytest.fixture
    def only(self, results):
        def run(**variables):
            (result,) = results(**variables)
            return result.level.value, result.detail, result.remedy

        return run

    def test_none_yet_is_no_complaint(self, only):
        level, detail, _ = only()
        assert (level, "personas refit" in detail) == ("ok", True)

    def test_those_of_last_night_are_right(self, only, run_of):
        version = run_of("served", NOW - timedelta(hours=9))
        assert only() == (
            "ok",
            f"version {version} is served, of 2026-01-31T03:00:00.000Z",
            "",
        )

    @pytest.mark.parametrize(("hours", "level"), [(50, "ok"), (51, "warning")])
    def test_two_nights_are_the_limit(self, only, run_of, hours, level):
        run_of("served", NOW - timedelta(hours=hours))
        assert only()[0] == level

    def test_old_ones_name_what_should_have_started_a_run(self, only, run_of):
        run_of("served", NOW - timedelta(days=9))

        level, detail, remedy = only()
        assert (level, "9 days ago" in detail) == ("warning", True)
        assert "kazi-personas.timer" in remedy

    @pytest.mark.parametrize(
        ("at", "remedy"), [("never", "unset it"), ("", "kazi-server serve does it")]
    )
    def test_beside_the_embedded_database_it_is_the_server(
        self, only, run_of, at, remedy
    ):
        run_of("served", NOW - timedelta(days=9))
        assert remedy in only(KAZI_DATABASE_URL="", KAZI_PERSONAS_AT=at)[2]

    def test_held_ones_are_a_warning_and_told_once(self, results, run_of, database_url):
        run_of("served", NOW - timedelta(days=1))
        run_of("ready", NOW)
        with connect(database_url) as connection:
            Versions().hold(connection, is_held=True)

        age, held = results()
        assert age.level.value == "ok"
        assert (held.level.value, "are held since" in held.detail) == ("warning", True)
        assert "personas release" in held.remedy

    def test_one_that_waits_for_its_turn_is_a_warning(self, results, run_of):
        run_of("served", NOW - timedelta(days=1))
        run_of("ready", NOW)

        _, waiting = results()
        assert "waits to be served" in waiting.detail
        assert "personas release" in waiting.remedy

    def test_a_refused_one_says_why(self, results, run_of):
        run_of("served", NOW - timedelta(days=1))
        run_of("refused", NOW, faults=["drift 0.90"])

        _, refused = results()
        assert refused.level.value == "warning"
        assert "was refused: drift 0.90" in refused.detail
        assert "--accept" in refused.remedy

    def test_one_that_was_refused_before_a_good_one_is_past(self, only, run_of):
        run_of("refused", NOW - timedelta(days=1), faults=["drift 0.90"])
        run_of("served", NOW)
        assert only()[0] == "ok"

    def test_one_that_was_killed_is_a_warning_and_one_at_work_is_none(
        self, results, only, run_of, database_url
    ):
        run_of("served", NOW - timedelta(days=1))
        run_of("loading", NOW)

        _, killed = results()
        assert "did not come to its end" in killed.detail
        assert "personas refit" in killed.remedy
        with alone(database_url, _LOCK_KEY, RuntimeError()):
            assert only()[0] == "ok"

    def test_none_served_after_runs_is_a_warning(self, results, run_of):
        run_of("loading", NOW)
        assert [result.level.value for result in results()] == ["warning"] * 2

    def test_a_database_without_the_tables_is_left_to_another_check(
        self, empty_database_url
    ):
        settings = Settings.from_environ({"KAZI_DATABASE_URL": empty_database_url})
        with psycopg.connect(empty_database_url, autocommit=True) as connection:
            database = Database(
                connection=connection, settings=settings, clock=lambda: NOW
            )
            assert list(persona_results(database)) == []
