"""``/api/tutorial/progress`` on a real PostgreSQL: registers, ledger, conditions."""

from __future__ import annotations

import threading
from uuid import UUID, uuid4

import pytest

from client_sdk.contracts.codec import decode
from client_sdk.contracts.hlc import HybridTime, observe
from client_sdk.contracts.progress import Progress, TutorialProgress
from client_sdk.contracts.progress_conflict import ProgressConflict

PROGRESS = "/api/tutorial/progress"
TOUR_PROGRESS = f"{PROGRESS}/tour"
PHONE, TABLET = UUID(int=1), UUID(int=2)

pytestmark = pytest.mark.usefixtures("tour")


@pytest.fixture
def now_ms(clock):
    return int(clock.now.timestamp() * 1000)


def position(step_id, number, wall_ms, *, counter=0, device=PHONE, **fields):
    return {
        "stepId": step_id,
        "position": number,
        "clock": {"wallMs": wall_ms, "counter": counter, "deviceId": str(device)},
        **fields,
    }


def put(client, user, body, **headers):
    return client.put(TOUR_PROGRESS, json=body, headers={**user.headers, **headers})


def read(client, user):
    answer = client.get(PROGRESS, headers=user.headers)
    assert answer.status_code == 200, answer.json
    return decode(Progress, answer.json)


def complete(client, user, *steps, tutorial="tour", **fields):
    for step_id in steps:
        answer = client.post(
            "/api/tutorial/step",
            json={
                "tutorialId": tutorial,
                "stepId": step_id,
                "status": "completed",
                "t": 5,
                "eventId": str(uuid4()),
                **fields,
            },
            headers=user.headers,
        )
        assert answer.status_code == 204, answer.json


def link(sql, anonymous, account):
    sql(
        "INSERT INTO identity_links (anonymous_id, user_id) VALUES (%s, %s)",
        anonymous.id,
        account.id,
    )


class TestResume:
    def test_somebody_new_stands_nowhere(self, client, user):
        assert read(client, user) == Progress(total_xp=0, tutorials=())

    def test_a_position_is_there_on_every_device(self, client, user, now_ms):
        run_id = str(uuid4())
        answer = put(client, user, position("project", 1, now_ms, runId=run_id))

        assert answer.status_code == 200
        written = decode(TutorialProgress, answer.json)
        assert read(client, user).tutorials == (written,)
        assert written.resume is not None
        assert (written.resume.step_id, str(written.resume.run_id)) == (
            "project",
            run_id,
        )

    def test_the_steps_of_its_run_are_told_beside_all_that_were_ever_completed(
        self, client, user, now_ms
    ):
        first, again = str(uuid4()), str(uuid4())
        complete(client, user, "welcome", "project", runId=first)
        complete(client, user, "project", "invite", runId=again)
        answer = put(client, user, position("invite", 2, now_ms, runId=again))

        assert answer.json["completedSteps"] == ["welcome", "project", "invite"]
        assert answer.json["runSteps"] == ["project", "invite"]
        assert client.get(PROGRESS, headers=user.headers).json["tutorials"] == [
            answer.json
        ]

    def test_a_run_in_which_nothing_is_completed_yet_has_no_steps(
        self, client, user, now_ms
    ):
        complete(client, user, "welcome", runId=str(uuid4()))
        answer = put(client, user, position("welcome", 0, now_ms, runId=str(uuid4())))

        assert answer.json["runSteps"] == []

    def test_without_a_run_no_steps_of_one_are_told(self, client, user, now_ms):
        complete(client, user, "welcome")
        answer = put(client, user, position("project", 1, now_ms))

        assert "runSteps" not in answer.json

    def test_steps_that_somebody_anonymous_completed_in_the_run_are_told(
        self, client, user, make_user, sql, now_ms
    ):
        run_id = str(uuid4())
        anonymous = make_user()
        complete(client, anonymous, "welcome", runId=run_id)
        link(sql, anonymous, user)
        answer = put(client, user, position("project", 1, now_ms, runId=run_id))

        assert answer.json["runSteps"] == ["welcome"]

    def test_the_later_clock_wins_whichever_arrives_last(self, client, user, now_ms):
        put(client, user, position("project", 1, now_ms - 1))
        answer = put(client, user, position("invite", 2, now_ms - 2, device=TABLET))

        assert answer.json["resume"]["stepId"] == "project"
        assert answer.json["furthestStep"] == "invite"
        assert answer.json["furthestPosition"] == 2

    def test_the_counter_decides_within_a_millisecond(self, client, user, now_ms):
        put(client, user, position("project", 1, now_ms, counter=4))
        answer = put(client, user, position("welcome", 0, now_ms, counter=3))

        assert answer.json["resume"]["stepId"] == "project"

    def test_the_device_decides_between_equal_clocks(self, client, user, now_ms):
        put(client, user, position("project", 1, now_ms, device=TABLET))
        answer = put(client, user, position("invite", 2, now_ms, device=PHONE))

        assert answer.json["resume"]["stepId"] == "project"

    def test_a_phone_in_2035_cannot_win_for_ever(self, client, user, now_ms, clock):
        in_2035 = now_ms + 9 * 365 * 86_400_000
        answer = put(client, user, position("invite", 2, in_2035, counter=9))
        assert answer.json["resume"]["clock"] == {
            "wallMs": now_ms,
            "counter": 0,
            "deviceId": str(PHONE),
        }

        clock.advance(seconds=1)
        answer = put(client, user, position("project", 1, now_ms + 900, device=TABLET))

        assert answer.json["resume"]["stepId"] == "project"

    def test_five_minutes_ahead_is_believed(self, client, user, now_ms):
        ahead = now_ms + 300_000

        answer = put(client, user, position("invite", 2, ahead))

        assert answer.json["resume"]["clock"]["wallMs"] == ahead

    def test_a_finished_run_is_told(self, client, user, now_ms):
        answer = put(client, user, position("invite", 2, now_ms, finished=True))

        assert answer.json["resume"]["finished"] is True

    def test_ids_with_a_slash_are_ids(self, client, user, now_ms, publish_yaml):
        publish_yaml("id: a/b c\nname: N\nsteps:\n  - {id: one, title: One}\n")

        answer = client.put(
            f"{PROGRESS}/a%2Fb%20c",
            json=position("one", 0, now_ms),
            headers=user.headers,
        )

        assert answer.json["tutorialId"] == "a/b c"

    def test_a_tutorial_of_this_moment_is_known(
        self, client, user, now_ms, publish_yaml
    ):
        read(client, user)
        publish_yaml("id: brand-new\nname: N\nsteps:\n  - {id: one, title: One}\n")

        answer = client.put(
            f"{PROGRESS}/brand-new",
            json=position("one", 0, now_ms),
            headers=user.headers,
        )

        assert answer.status_code == 200


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "step_id", "status", "code"),
        [
            pytest.param("none", "welcome", 404, "unknown_tutorial", id="tutorial"),
            pytest.param("tour", "none", 422, "unknown_step", id="step"),
        ],
    )
    def test_what_was_never_published_is_refused(
        self, client, user, now_ms, path, step_id, status, code
    ):
        answer = client.put(
            f"{PROGRESS}/{path}",
            json=position(step_id, 0, now_ms),
            headers=user.headers,
        )

        assert (answer.status_code, answer.json["code"]) == (status, code)
        assert read(client, user).tutorials == ()

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            pytest.param({"position": -1}, "/position", id="position"),
            pytest.param({"stepId": ""}, "/stepId", id="step"),
            pytest.param({"clock": None}, "/clock", id="no-clock"),
            pytest.param(
                {"clock": {"wallMs": 2**53, "counter": 0, "deviceId": str(PHONE)}},
                "/clock/wallMs",
                id="wall",
            ),
            pytest.param(
                {"clock": {"wallMs": 1, "counter": 2**31, "deviceId": str(PHONE)}},
                "/clock/counter",
                id="counter",
            ),
            pytest.param(
                {"clock": {"wallMs": 1, "counter": 0, "deviceId": "phone"}},
                "/clock/deviceId",
                id="device",
            ),
        ],
    )
    def test_a_field_that_does_not_fit_is_named(
        self, client, user, now_ms, change, pointer
    ):
        answer = put(client, user, position("welcome", 0, now_ms) | change)

        assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
        assert [error["pointer"] for error in answer.json["errors"]] == [pointer]

    def test_nothing_in_the_request_names_another_user(
        self, client, user, make_user, now_ms
    ):
        other = make_user()
        put(client, other, position("welcome", 0, now_ms))

        answer = client.get(f"{PROGRESS}?userId={other.id}", headers=user.headers)
        put(client, user, position("invite", 2, now_ms, userId=str(other.id)))

        assert answer.json["tutorials"] == []
        assert read(client, other).tutorials[0].furthest_step == "welcome"

    def test_a_token_is_needed(self, client, now_ms):
        assert client.get(PROGRESS).status_code == 401
        put_answer = client.put(TOUR_PROGRESS, json=position("welcome", 0, now_ms))
        assert put_answer.status_code == 401

    def test_what_was_written_before_an_erasure_stays_erased(
        self, client, user, now_ms, clock, sql
    ):
        sql(
            "INSERT INTO erased_users (user_hash, erased_at)"
            " VALUES (user_hash_of(%s), %s)",
            user.id,
            clock.now,
        )

        late = put(client, user, position("welcome", 0, now_ms - 1))
        clock.advance(seconds=2)
        new = put(client, user, position("welcome", 0, now_ms + 1500))

        assert (late.status_code, late.json["code"]) == (410, "user_erased")
        assert new.status_code == 200


class TestConditions:
    def test_the_tag_of_what_is_there_lets_a_write_through(self, client, user, now_ms):
        tag = put(client, user, position("welcome", 0, now_ms)).headers["ETag"]

        answer = put(
            client, user, position("project", 1, now_ms + 1), **{"If-Match": tag}
        )

        assert answer.status_code == 200
        assert answer.headers["ETag"] == answer.json["etag"] != tag

    def test_another_tag_is_answered_with_what_is_there(self, client, user, now_ms):
        put(client, user, position("welcome", 0, now_ms))
        before = read(client, user).tutorials[0]

        answer = put(
            client, user, position("project", 1, now_ms + 1), **{"If-Match": '"old"'}
        )

        assert answer.status_code == 412
        assert answer.mimetype == "application/problem+json"
        assert answer.headers["ETag"] == before.etag
        conflict = decode(ProgressConflict, answer.json)
        assert (conflict.code, conflict.current) == ("precondition_failed", before)
        assert read(client, user).tutorials == (before,)

    def test_a_weak_tag_never_matches(self, client, user, now_ms):
        tag = put(client, user, position("welcome", 0, now_ms)).headers["ETag"]

        answer = put(
            client, user, position("project", 1, now_ms), **{"If-Match": f"W/{tag}"}
        )

        assert answer.status_code == 412

    def test_a_star_asks_for_anything_at_all(self, client, user, now_ms):
        body = position("welcome", 0, now_ms)

        first = put(client, user, body, **{"If-Match": "*"})
        put(client, user, body)
        second = put(client, user, body, **{"If-Match": "*"})

        assert (first.status_code, second.status_code) == (412, 200)
        assert "current" not in first.json
        assert "ETag" not in first.headers

    def test_a_completed_step_changes_the_tag(self, client, user, now_ms):
        tag = put(client, user, position("welcome", 0, now_ms)).headers["ETag"]
        complete(client, user, "welcome")

        answer = put(client, user, position("project", 1, now_ms), **{"If-Match": tag})

        assert answer.status_code == 412
        assert answer.json["current"]["completedSteps"] == ["welcome"]

    def test_of_simultaneous_writes_with_one_tag_one_gets_through(
        self, app, client, user, now_ms
    ):
        tag = put(client, user, position("welcome", 0, now_ms)).headers["ETag"]
        statuses = []

        def write(number):
            body = position("project", 1, now_ms + number)
            answer = put(app.test_client(), user, body, **{"If-Match": tag})
            statuses.append(answer.status_code)

        threads = [threading.Thread(target=write, args=(n,)) for n in range(1, 7)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(statuses) == [200, 412, 412, 412, 412, 412]

    def test_progress_that_the_device_has_costs_no_body(self, client, user, now_ms):
        put(client, user, position("welcome", 0, now_ms))
        first = client.get(PROGRESS, headers=user.headers)
        known = {**user.headers, "If-None-Match": first.headers["ETag"]}

        same = client.get(PROGRESS, headers=known)
        complete(client, user, "welcome")
        other = client.get(PROGRESS, headers=known)

        assert (same.status_code, same.data) == (304, b"")
        assert same.headers["ETag"] == first.headers["ETag"]
        assert same.headers["Cache-Control"] == "private, no-cache"
        assert other.status_code == 200

    def test_one_tutorial_alone_can_be_asked_for(self, client, user, now_ms):
        put(client, user, position("welcome", 0, now_ms))
        complete(client, user, "only", tutorial="plain")

        answer = client.get(f"{PROGRESS}?tutorialId=tour", headers=user.headers)

        assert [one["tutorialId"] for one in answer.json["tutorials"]] == ["tour"]
        assert answer.json["totalXp"] == 10


class TestFurthest:
    def test_a_completed_step_counts_as_reached(self, client, user, now_ms):
        put(client, user, position("welcome", 0, now_ms))
        complete(client, user, "invite", "welcome")

        (mine,) = read(client, user).tutorials

        assert (mine.furthest_step, mine.furthest_position) == ("invite", 2)
        assert mine.completed_steps == ("welcome", "invite")

    def test_it_never_goes_back(self, client, user, now_ms):
        put(client, user, position("invite", 2, now_ms))
        put(client, user, position("welcome", 0, now_ms + 1))

        (mine,) = read(client, user).tutorials

        assert mine.furthest_step == "invite"
        assert mine.resume is not None
        assert mine.resume.step_id == "welcome"

    def test_the_step_id_decides_between_equal_positions(self, client, user, now_ms):
        put(client, user, position("welcome", 1, now_ms))
        put(client, user, position("project", 1, now_ms + 1))

        assert read(client, user).tutorials[0].furthest_step == "welcome"


class TestLinked:
    def test_everything_of_both_ids_is_one(self, client, user, make_user, now_ms, sql):
        anonymous = make_user()
        complete(client, anonymous, "welcome")
        put(client, anonymous, position("project", 1, now_ms))
        complete(client, user, "welcome", "invite")
        put(client, user, position("welcome", 0, now_ms - 1))

        link(sql, anonymous, user)

        (mine,) = read(client, user).tutorials
        assert mine.completed_steps == ("welcome", "invite")
        assert mine.xp == 20
        assert mine.resume is not None
        assert mine.resume.step_id == "project"
        assert read(client, anonymous) == read(client, user)

    def test_what_arrives_after_the_link_counts_too(self, client, user, make_user, sql):
        anonymous = make_user()
        link(sql, anonymous, user)

        complete(client, anonymous, "welcome")
        complete(client, user, "welcome")

        assert read(client, user).total_xp == 10

    def test_steps_that_a_link_brings_together_complete_the_tutorial(
        self, client, user, make_user, sql, publish_yaml
    ):
        publish_yaml(
            "id: pair\nname: P\nxp: 70\nsteps:\n"
            "  - {id: one, title: One}\n  - {id: two, title: Two}\n"
        )
        anonymous = make_user()
        complete(client, anonymous, "one", tutorial="pair")
        complete(client, user, "two", tutorial="pair")
        assert read(client, user).tutorials[0].completed is False

        link(sql, anonymous, user)

        for who in (user, anonymous, user):
            (mine,) = read(client, who).tutorials
            assert (mine.completed, mine.xp) == (True, 90)
        assert sql(
            "SELECT count(*) FROM xp_awards WHERE rule = 'tutorial_completed'"
        ) == [(1,)]

    def test_a_person_is_only_its_own_ids(self, client, user, make_user, sql):
        stranger, anonymous = make_user(), make_user()
        link(sql, anonymous, stranger)
        complete(client, anonymous, "welcome")

        assert read(client, user).tutorials == ()


def test_a_device_that_goes_on_from_the_answers_clock_wins(client, user, now_ms):
    put(client, user, position("invite", 2, now_ms + 200_000, device=TABLET))
    answer = put(client, user, position("welcome", 0, now_ms))
    seen = decode(TutorialProgress, answer.json).resume
    assert seen is not None
    mine = HybridTime(wall_ms=now_ms, counter=0, device_id=PHONE)

    after = observe(mine, seen.clock, now_ms)
    body = position("welcome", 0, after.wall_ms, counter=after.counter)

    assert put(client, user, body).json["resume"]["stepId"] == "welcome"
