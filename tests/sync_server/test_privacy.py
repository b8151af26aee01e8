"""What is held of a person is exported and erased everywhere, and stays erased."""

from __future__ import annotations

import gzip
import json
import threading
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from client_sdk.contracts.codec import format_timestamp
from client_sdk.contracts.identity import encode_secret
from sync_server.app import create_app
from sync_server.auth.tokens import Role
from sync_server.db.pool import open_pool
from sync_server.events.store import EventStore
from sync_server.privacy.holdings import HOLDINGS
from tests.support.server_process import wait_until
from tests.sync_server.personal_data import COMMENT, TEXT, fill

STEP = "/api/tutorial/step"
STEPS = "/api/tutorial/steps"
SURVEY = "/api/tutorial/survey"
CONFIG = "/api/tutorial/config?tutorialId=tour"
#: Columns of type uuid that name no user.
NO_USERS = {"event_id", "submission_id", "device_id", "run_id"}


@pytest.fixture
def service(make_user):
    return make_user(role=Role.SERVICE)


@pytest.fixture
def erase(client, service):
    def run(user_id):
        answer = client.delete(f"/_internal/users/{user_id}", headers=service.headers)
        assert answer.status_code == 204
        assert answer.data == b""

    return run


@pytest.fixture
def export(client, service):
    def run(user_id):
        answer = client.get(f"/_internal/users/{user_id}", headers=service.headers)
        assert answer.status_code == 200
        return answer

    return run


@pytest.fixture
def rows_of(sql):
    """Count the rows of a user id in each table of the whole database, by its text."""

    def run(user_id):
        tables = sql(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p', 'm')"
        )
        counts = {
            table: sql(
                f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE %s",
                f"%{user_id}%",
            )[0][0]
            for (table,) in tables
        }
        return {table: count for table, count in counts.items() if count}

    return run


def event(clock, **more):
    return {
        "tutorialId": "tour",
        "stepId": "welcome",
        "status": "completed",
        "t": 5,
        "eventId": str(uuid4()),
        "occurredAt": format_timestamp(clock()),
        **more,
    }


def test_every_column_that_holds_a_user_is_known_to_export_and_erasure(sql):
    columns = sql(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public'"
        " AND (data_type = 'uuid' OR column_name ~ '(user|person|anonymous)_?id')"
    )
    known = {
        (holding.table, column)
        for holding in HOLDINGS
        for column in holding.user_columns
    }

    assert {place for place in columns if place[1] not in NO_USERS} == known


def test_the_documentation_names_every_table():
    text = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text("utf-8")

    assert [h.table for h in HOLDINGS if f"| `{h.table}` |" not in text] == []
    assert [h.section for h in HOLDINGS if f"`{h.section}`" not in text] == []


def test_tables_that_an_erasure_leaves_say_why():
    staying = {holding.table: holding.stays for holding in HOLDINGS if holding.stays}

    assert set(staying) == {"user_changes", "erasures"}


class TestExport:
    @pytest.mark.usefixtures("tour")
    def test_it_has_every_table_with_texts_in_clear(self, settings, export, clock):
        account, anonymous = uuid4(), uuid4()
        fill(settings, account, anonymous_id=anonymous)

        answer = export(account)

        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.content_type == "application/json"
        assert answer.json["userId"] == str(account)
        assert answer.json["userIds"] == [str(account), str(anonymous)]
        assert answer.json["exportedAt"] == format_timestamp(clock())
        held = answer.json["held"]
        assert set(held) == {holding.section for holding in HOLDINGS}
        assert all(held[h.section] for h in HOLDINGS if not h.stays)
        assert held["surveys"][0]["comment"] == COMMENT
        assert held["surveyAnswers"][0]["text"] == TEXT
        assert held["personas"][0]["embedding"] == [0.5] * 32
        assert held["personas"][0]["confidence"] == 0.75
        assert held["stepEvents"][0]["stepId"] == "welcome"
        assert held["identityLinks"][0]["anonymousId"] == str(anonymous)

    def test_any_id_of_the_person_gives_the_same(self, settings, export):
        account, anonymous = uuid4(), uuid4()
        fill(settings, account, anonymous_id=anonymous)

        assert export(anonymous).json["held"] == export(account).json["held"]

    def test_of_a_stranger_the_lists_are_empty(self, settings, export):
        fill(settings, uuid4())

        held = export(uuid4()).json["held"]

        assert not any(held.values())

    def test_a_comment_whose_key_is_gone_does_not_hide_the_rest(
        self, settings, export, sql
    ):
        user_id = uuid4()
        fill(settings, user_id)
        sql("UPDATE tutorial_surveys SET comment = 'v1:00000000:AAAA'")

        held = export(user_id).json["held"]

        assert held["surveys"][0]["comment"] is None
        assert held["surveys"][0]["isReadable"] is False
        assert held["surveyAnswers"][0]["text"] == TEXT

    def test_a_long_history_comes_whole(self, settings, export, sql):
        user_id = uuid4()
        sql(
            "INSERT INTO tutorial_step_events (user_id, tutorial_id, step_id, status)"
            " SELECT %s, 'tour', repeat('s', 100), 'started'"
            " FROM generate_series(1, 6001)",
            user_id,
        )

        answer = export(user_id)

        assert len(answer.data) == int(answer.headers["Content-Length"]) > 1024**2
        ids = [row["id"] for row in answer.json["held"]["stepEvents"]]
        assert len(set(ids)) == 6001
        assert ids == sorted(ids)

    def test_it_comes_whole_to_whoever_reads_gzip(
        self, client, settings, service, clock
    ):
        user_id = uuid4()
        fill(settings, user_id)

        answer = client.get(
            f"/_internal/users/{user_id}",
            headers={**service.headers, "Accept-Encoding": "gzip"},
        )

        is_packed = answer.headers.get("Content-Encoding") == "gzip"
        text = gzip.decompress(answer.data) if is_packed else answer.data
        assert json.loads(text)["held"]["surveys"][0]["comment"] == COMMENT
        assert answer.headers["Cache-Control"] == "no-store"

    def test_it_is_noted_without_naming_anybody(self, settings, export, sql, service):
        account, anonymous = uuid4(), uuid4()
        fill(settings, account, anonymous_id=anonymous)

        export(account)

        records = sql("SELECT action, actor, a::text FROM audit_log AS a")
        assert [record[:2] for record in records] == [("export", str(service.id))] * 2
        assert all(str(account) not in record[2] for record in records)
        assert all(str(anonymous) not in record[2] for record in records)


class TestAccess:
    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    def test_services_alone_may_ask(self, client, user, make_user, method):
        path = f"/_internal/users/{user.id}"

        for headers, status in (
            ({}, 401),
            (user.headers, 403),
            (make_user(role=Role.ADMIN).headers, 403),
        ):
            answer = client.open(path, method=method, headers=headers)
            assert answer.status_code == status
            assert answer.content_type == "application/problem+json"

    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    @pytest.mark.parametrize(
        "user_id", ["me", "0197A3C4-5C2E-7B60-9A51-3F1D2C4B5A69", "' OR 1=1 --", "%00"]
    )
    def test_an_id_that_is_no_canonical_uuid_is_refused(
        self, client, service, method, user_id
    ):
        answer = client.open(
            f"/_internal/users/{user_id}", method=method, headers=service.headers
        )

        assert answer.status_code == 400
        assert answer.json["errors"][0]["pointer"] == "/userId"
        assert user_id not in answer.text


class TestErasure:
    def test_nothing_of_the_person_is_left_anywhere(self, settings, erase, rows_of):
        account, anonymous, other = uuid4(), uuid4(), uuid4()
        fill(settings, account, anonymous_id=anonymous)
        fill(settings, anonymous)
        fill(settings, other)
        before = rows_of(other)
        assert set(rows_of(account)) >= {h.table for h in HOLDINGS if not h.stays}

        erase(anonymous)

        assert set(rows_of(account)) == {"erasures", "user_changes"}
        assert set(rows_of(anonymous)) == {"erasures", "user_changes"}
        assert rows_of(other) == before

    def test_the_same_again_and_a_stranger_are_no_error(self, settings, erase, sql):
        user_id = uuid4()
        fill(settings, user_id)

        erase(user_id)
        erase(user_id)
        erase(uuid4())

        assert sql("SELECT count(*) FROM tutorial_step_events") == [(0,)]
        # the event bus is told once of each
        assert sql("SELECT count(*) FROM erasures") == [(2,)]

    def test_an_erasure_after_the_bus_was_told_is_told_again(self, erase, sql, user):
        erase(user.id)
        sql("UPDATE erasures SET published_at = now()")

        erase(user.id)

        assert sql("SELECT user_id FROM erasures WHERE published_at IS NULL") == [
            (user.id,)
        ]

    def test_it_is_noted_with_counts_and_without_naming_anybody(
        self, settings, erase, sql, service
    ):
        user_id = uuid4()
        fill(settings, user_id)

        erase(user_id)

        ((action, actor, details, text),) = sql(
            "SELECT action, actor, details, a::text FROM audit_log AS a"
        )
        assert (action, actor) == ("erase", str(service.id))
        assert details["rows"]["tutorial_step_events"] == 1
        assert str(user_id) not in text
        assert user_id.hex not in text

    @pytest.mark.usefixtures("tour")
    def test_it_is_all_or_nothing(self, app, settings, client, service, sql, rows_of):
        user_id = uuid4()
        fill(settings, user_id)
        before = rows_of(user_id)
        sql("ALTER TABLE audit_log ADD CONSTRAINT full_disk CHECK (action <> 'erase')")

        answer = client.delete(f"/_internal/users/{user_id}", headers=service.headers)

        assert answer.status_code == 500
        assert str(user_id) not in answer.text
        assert rows_of(user_id) == before
        assert sql("SELECT count(*) FROM erased_users") == [(0,)]


@pytest.mark.usefixtures("tour")
class TestLateDeliveries:
    def test_a_step_from_before_is_refused_and_not_stored(
        self, client, user, erase, clock, sql
    ):
        late = event(clock)
        erase(user.id)
        clock.advance(seconds=60)

        answer = client.post(STEP, json=late, headers=user.headers)

        assert (answer.status_code, answer.json["code"]) == (410, "user_erased")
        assert sql("SELECT count(*) FROM tutorial_step_events") == [(0,)]
        assert sql("SELECT count(*) FROM xp_awards") == [(0,)]

    def test_a_batch_keeps_what_happened_afterwards(
        self, client, user, erase, clock, sql
    ):
        first = event(clock)
        client.post(STEP, json=first, headers=user.headers)
        late = event(clock)
        erase(user.id)
        clock.advance(seconds=60)
        new = event(clock)
        unknown = event(clock, stepId="none")
        batch = {
            "events": [first, unknown, late, new, new],
            "sentAt": format_timestamp(clock()),
        }

        receipt = client.post(STEPS, json=batch, headers=user.headers).json

        assert (receipt["accepted"], receipt["duplicates"]) == (1, 1)
        assert [(r["index"], r["code"]) for r in receipt["rejected"]] == [
            (0, "user_erased"),
            (1, "unknown_step"),
            (2, "user_erased"),
        ]
        assert sql("SELECT event_id::text FROM tutorial_step_events") == [
            (new["eventId"],)
        ]

    def test_a_ping_without_a_time_happens_now(self, client, user, erase, clock, sql):
        erase(user.id)
        ping = {"tutorialId": "tour", "stepId": "tip", "status": "started", "t": 0}

        assert client.post(STEP, json=ping, headers=user.headers).status_code == 204
        assert sql("SELECT count(*) FROM tutorial_step_events") == [(1,)]

    def test_a_survey_from_before_is_refused_and_a_new_one_taken(
        self, client, user, erase, clock, sql
    ):
        late = {
            "tutorialId": "tour",
            "nps": 9,
            "comment": COMMENT,
            "submissionId": str(uuid4()),
            "occurredAt": format_timestamp(clock()),
        }
        client.post(SURVEY, json=late, headers=user.headers)
        erase(user.id)
        clock.advance(seconds=60)

        refused = client.post(SURVEY, json=late, headers=user.headers)
        new = late | {
            "submissionId": str(uuid4()),
            "occurredAt": format_timestamp(clock()),
        }
        taken = client.post(SURVEY, json=new, headers=user.headers)

        assert (refused.status_code, refused.json["code"]) == (410, "user_erased")
        assert COMMENT not in refused.text
        assert taken.status_code == 201
        assert sql("SELECT count(*) FROM tutorial_surveys") == [(1,)]

    def test_progress_from_before_is_refused(self, client, user, erase, clock, sql):
        register = {
            "stepId": "invite",
            "position": 2,
            "clock": {
                "wallMs": int(clock().timestamp() * 1000),
                "counter": 0,
                "deviceId": str(uuid4()),
            },
        }
        erase(user.id)
        clock.advance(seconds=60)

        answer = client.put(
            "/api/tutorial/progress/tour", json=register, headers=user.headers
        )

        assert (answer.status_code, answer.json["code"]) == (410, "user_erased")
        assert sql("SELECT count(*) FROM progress") == [(0,)]

    def test_activity_from_before_is_refused(
        self, client, service, erase, user, clock, sql
    ):
        late = {
            "eventId": str(uuid4()),
            "userId": str(user.id),
            "name": "Project Created",
            "occurredAt": format_timestamp(clock()),
        }
        erase(user.id)
        clock.advance(seconds=60)

        answer = client.post(
            "/_internal/activity", json={"events": [late]}, headers=service.headers
        )

        assert answer.json["rejected"][0]["code"] == "user_erased"
        assert sql("SELECT count(*) FROM user_activity") == [(0,)]

    def test_an_assignment_made_on_a_device_before_is_not_stored(
        self, client, user, erase, clock, sql
    ):
        variant = client.get(CONFIG, headers=user.headers).json["variant"]
        late = event(
            clock,
            variant=variant,
            assignment={"experimentId": "tour-v1", "variant": variant, "epoch": 1},
        )
        erase(user.id)
        clock.advance(seconds=60)

        assert client.post(STEP, json=late, headers=user.headers).status_code == 410
        assert sql("SELECT count(*) FROM tutorial_assignments") == [(0,)]

    def test_a_tutorial_is_not_awarded_when_the_erasure_came_in_between(
        self, client, user, erase, clock, pool, sql
    ):
        """Steps are stored in one transaction, the award for the whole in the next."""
        client.post(
            STEP,
            json=event(clock, tutorialId="plain", stepId="only"),
            headers=user.headers,
        )
        store = EventStore(pool)
        erase(user.id)

        store.award_tutorials(user.id, {"plain": 50})

        assert sql("SELECT count(*) FROM xp_awards") == [(0,)]

    def test_every_worker_forgets_the_person(
        self, client, settings, user, erase, sql, clock
    ):
        """The other worker is an application with caches of its own."""
        with open_pool(settings.database_url, max_size=2, timeout_seconds=1) as pool:
            other = create_app(settings, pool=pool, clock=clock).test_client()

            def persona():
                config = other.get(CONFIG, headers=user.headers).get_json()
                return config["persona"]

            fill(settings, user.id)
            assert persona() == "team-manager"

            erase(user.id)

            wait_until(
                lambda: persona() != "team-manager",
                timeout_seconds=2,
                what="the other worker forgets",
            )

    def test_nothing_from_before_is_left_when_batches_arrive_meanwhile(
        self, app, user, make_user, service, clock, sql
    ):
        """Eight devices deliver the past over and over while the user is erased."""
        moment = clock()
        clock.advance(seconds=1)
        erased = threading.Event()
        outcomes: list[list[str]] = []

        def deliver():
            client = app.test_client()
            codes: list[str] = []
            while not (was_erased := erased.is_set()) or not codes:
                past = format_timestamp(moment - timedelta(hours=1))
                batch = {
                    "events": [event(clock, occurredAt=past) for _ in range(20)],
                    "sentAt": format_timestamp(clock()),
                }
                receipt = client.post(STEPS, json=batch, headers=user.headers).json
                codes.append("kept" if receipt["accepted"] else "refused")
                if was_erased:
                    break
            outcomes.append(codes)

        threads = [threading.Thread(target=deliver) for _ in range(8)]
        for thread in threads:
            thread.start()
        wait_until(
            lambda: sql("SELECT count(*) > 500 FROM tutorial_step_events") == [(True,)],
            what="deliveries are under way",
        )
        answer = app.test_client().delete(
            f"/_internal/users/{user.id}", headers=service.headers
        )
        left = sql("SELECT count(*) FROM tutorial_step_events")
        erased.set()
        for thread in threads:
            thread.join()

        assert answer.status_code == 204
        assert left == [(0,)]
        assert sql("SELECT count(*) FROM tutorial_step_events") == [(0,)]
        assert sql("SELECT count(*) FROM xp_awards") == [(0,)]
        assert len(outcomes) == 8
        for codes in outcomes:
            # once refused, always refused
            assert (
                "kept" not in codes[codes.index("refused") :]
                if "refused" in codes
                else codes
            )
        assert any("kept" in codes for codes in outcomes)


@pytest.mark.usefixtures("tour")
def test_two_erasures_of_one_person_and_new_links_do_not_block_each_other(
    app, client, make_user, service, sql
):
    account = make_user()
    secrets = [encode_secret(bytes([number]) * 32) for number in range(5)]
    tokens = [
        client.post("/api/tutorial/anonymous", json={"secret": secret}).json["token"]
        for secret in secrets
    ]
    statuses = []

    def identify(token):
        answer = app.test_client().post(
            "/api/tutorial/identify",
            json={"anonymousToken": token},
            headers=account.headers,
        )
        statuses.append(answer.status_code)

    def erase():
        answer = app.test_client().delete(
            f"/_internal/users/{account.id}", headers=service.headers
        )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=identify, args=[token]) for token in tokens]
    threads += [threading.Thread(target=erase) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    erase()

    assert statuses == [204] * 8
    assert sql("SELECT count(*) FROM identity_links") == [(0,)]


def test_the_log_has_no_user_id_of_an_export_or_an_erasure(
    settings, export, erase, caplog, capsys
):
    user_id = uuid4()
    fill(settings, user_id)

    export(user_id)
    erase(user_id)

    output = capsys.readouterr()
    logged = caplog.text + output.out + output.err
    assert str(user_id) not in logged
    assert COMMENT not in logged
    assert json.dumps(TEXT) not in logged
