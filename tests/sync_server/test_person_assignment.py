"""Assignment of one person with several user ids: the variant already seen stays."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest

from client_sdk.contracts.assignment import assign_variant
from sync_server.tutorials.definition import Variant
from tests.support.server_process import wait_until

HALVES = [Variant(id="tour_control", weight=50), Variant(id="tour_short", weight=50)]
CONFIG = "/api/tutorial/config?tutorialId=tour"

pytestmark = pytest.mark.usefixtures("tour")


def computed(user):
    return assign_variant(str(user.id), HALVES)


@pytest.fixture
def anonymous_in(make_user):
    """Make an anonymous user whom the function puts into an arm."""
    return lambda arm: user_in(make_user, arm, is_anonymous=True)


@pytest.fixture
def account_in(make_user):
    """Make a user with an account whom the function puts into an arm."""
    return lambda arm: user_in(make_user, arm)


def user_in(make_user, arm, **options):
    while True:
        user = make_user(**options)
        if computed(user) == arm:
            return user


def variant(client, user):
    answer = client.get(CONFIG, headers=user.headers)
    assert answer.status_code == 200
    return answer.json["variant"]


def identify(client, account, anonymous):
    answer = client.post(
        "/api/tutorial/identify",
        headers=account.headers,
        json={"anonymousToken": anonymous.token},
    )
    assert answer.status_code == 204


def test_the_account_gets_what_the_anonymous_user_saw(
    client, anonymous_in, account_in, sql
):
    phone, account = anonymous_in("tour_short"), account_in("tour_control")
    seen = variant(client, phone)
    identify(client, account, phone)

    assert variant(client, account) == seen == "tour_short"
    assert dict(sql("SELECT user_id, variant_id FROM tutorial_assignments")) == {
        phone.id: "tour_short",
        account.id: "tour_short",
    }


def test_an_account_without_any_is_assigned_as_the_anonymous_user_would_be(
    client, anonymous_in, account_in
):
    """The device may have shown the anonymous user's arm offline already."""
    phone, account = anonymous_in("tour_short"), account_in("tour_control")
    identify(client, account, phone)

    assert variant(client, account) == "tour_short"
    assert variant(client, phone) == "tour_short"


def test_what_the_account_saw_before_stays(client, anonymous_in, account_in):
    phone, account = anonymous_in("tour_short"), account_in("tour_control")
    assert variant(client, account) == "tour_control"
    identify(client, account, phone)

    assert variant(client, account) == "tour_control"
    assert variant(client, phone) == "tour_control"


def test_two_devices_keep_their_arms_and_the_account_gets_the_earliest(
    client, anonymous_in, account_in
):
    phone, tablet = anonymous_in("tour_short"), anonymous_in("tour_control")
    account = account_in("tour_control")
    assert variant(client, phone) == "tour_short"
    assert variant(client, tablet) == "tour_control"

    # the order of the links does not count, the order of what was seen does
    identify(client, account, tablet)
    identify(client, account, phone)

    assert variant(client, account) == "tour_short"
    assert variant(client, phone) == "tour_short"
    assert variant(client, tablet) == "tour_control"


def test_a_later_link_does_not_change_the_account(client, anonymous_in, account_in):
    phone, tablet = anonymous_in("tour_short"), anonymous_in("tour_control")
    account = account_in("tour_control")
    assert variant(client, tablet) == "tour_control"
    identify(client, account, phone)
    assert variant(client, account) == "tour_short"

    identify(client, account, tablet)
    identify(client, account, tablet)

    assert variant(client, account) == "tour_short"
    assert variant(client, tablet) == "tour_control"


def test_late_events_of_the_anonymous_user_stay_its_own(
    client, anonymous_in, account_in, sql
):
    phone, account = anonymous_in("tour_short"), account_in("tour_control")
    variant(client, phone)
    ping = {"tutorialId": "tour", "stepId": "welcome", "status": "started", "t": 0}
    ids = [uuid4(), uuid4()]
    first, late = ({**ping, "eventId": str(id_)} for id_ in ids)
    client.post("/api/tutorial/step", headers=phone.headers, json=first)
    identify(client, account, phone)

    for event in (first, late, late):
        answer = client.post("/api/tutorial/step", headers=phone.headers, json=event)
        assert answer.status_code == 204

    rows = sql("SELECT user_id, event_id, variant_id FROM tutorial_step_events")
    assert set(rows) == {
        (phone.id, ids[0], "tour_short"),
        (phone.id, ids[1], "tour_short"),
    }
    assert len(rows) == 2


class TestRaces:
    """Config of either id before, after and at the same instant as the link."""

    ROUNDS = 12

    def simultaneously(self, *calls):
        start = threading.Barrier(len(calls))
        results = [None] * len(calls)

        def run(place, call):
            start.wait()
            results[place] = call()

        threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def test_what_either_id_saw_during_the_link_stays(
        self, app, anonymous_in, account_in, sql
    ):
        for _ in range(self.ROUNDS):
            phone, account = anonymous_in("tour_short"), account_in("tour_control")
            of_phone, of_account, _ = self.simultaneously(
                lambda phone=phone: variant(app.test_client(), phone),
                lambda account=account: variant(app.test_client(), account),
                lambda phone=phone, account=account: identify(
                    app.test_client(), account, phone
                ),
            )

            assert variant(app.test_client(), phone) == of_phone
            assert variant(app.test_client(), account) == of_account
            stored = dict(
                sql(
                    "SELECT user_id, variant_id FROM tutorial_assignments"
                    " WHERE user_id IN (%s, %s)",
                    phone.id,
                    account.id,
                )
            )
            assert stored == {phone.id: of_phone, account.id: of_account}

    def test_what_the_anonymous_user_saw_before_is_what_the_account_gets(
        self, app, anonymous_in, account_in
    ):
        for _ in range(self.ROUNDS):
            phone, account = anonymous_in("tour_short"), account_in("tour_control")
            assert variant(app.test_client(), phone) == "tour_short"
            self.simultaneously(
                lambda phone=phone: variant(app.test_client(), phone),
                lambda phone=phone, account=account: identify(
                    app.test_client(), account, phone
                ),
            )

            assert variant(app.test_client(), account) == "tour_short"

    def test_many_first_requests_of_both_ids_after_the_link_agree(
        self, app, anonymous_in, account_in
    ):
        phone, account = anonymous_in("tour_short"), account_in("tour_control")
        identify(app.test_client(), account, phone)
        calls = [
            lambda user=user: variant(app.test_client(), user)
            for user in (phone, account) * 4
        ]

        assert set(self.simultaneously(*calls)) == {"tour_short"}


def test_a_persona_counts_for_all_ids_of_a_person(client, user, make_user, sql):
    """The account's comes first, and an anonymous user's alone is better than none."""
    phone, tablet = make_user(is_anonymous=True), make_user(is_anonymous=True)

    def persona(of):
        # no experiment runs on it, which would keep the persona of the first day
        url = "/api/tutorial/config?tutorialId=plain"
        return client.get(url, headers=of.headers).json["persona"]

    def becomes(of, name):
        wait_until(lambda: persona(of) == name, timeout_seconds=2.5, what="the persona")

    sql("INSERT INTO user_personas VALUES (%s, 'ai-power')", phone.id)
    assert [persona(u) for u in (user, phone, tablet)] == [
        "newbie",
        "ai-power",
        "newbie",
    ]

    identify(client, user, phone)
    identify(client, user, tablet)
    for each in (user, phone, tablet):
        becomes(each, "ai-power")

    sql("INSERT INTO user_personas VALUES (%s, 'team-manager')", user.id)
    for each in (user, phone, tablet):
        becomes(each, "team-manager")
