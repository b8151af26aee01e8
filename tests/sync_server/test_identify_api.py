"""``POST /api/tutorial/identify``: who becomes one person with whom, and who does not."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest

from sync_server.auth.principals import Role

IDENTIFY = "/api/tutorial/identify"


@pytest.fixture
def phone(make_user):
    return make_user(is_anonymous=True)


@pytest.fixture
def links(sql):
    return lambda: set(sql("SELECT anonymous_id, user_id FROM identity_links"))


def identify(client, account, anonymous):
    return client.post(
        IDENTIFY, headers=account.headers, json={"anonymousToken": anonymous.token}
    )


def code(answer):
    return answer.status_code, answer.json["code"]


def test_an_anonymous_user_becomes_an_accounts(client, user, phone, links):
    answer = identify(client, user, phone)

    assert (answer.status_code, answer.data) == (204, b"")
    assert links() == {(phone.id, user.id)}


def test_again_changes_nothing(client, user, phone, links, sql):
    identify(client, user, phone)
    before = sql("SELECT * FROM identity_links")

    assert identify(client, user, phone).status_code == 204
    assert sql("SELECT * FROM identity_links") == before


def test_an_account_may_have_several_anonymous_users(
    client, user, make_user, phone, links
):
    tablet = make_user(is_anonymous=True)

    assert identify(client, user, phone).status_code == 204
    assert identify(client, user, tablet).status_code == 204
    assert links() == {(phone.id, user.id), (tablet.id, user.id)}


def test_an_anonymous_user_belongs_to_one_account(
    client, user, phone, make_user, links
):
    identify(client, user, phone)

    assert code(identify(client, make_user(), phone)) == (409, "already_identified")
    assert links() == {(phone.id, user.id)}


def test_an_account_that_was_an_anonymous_user_takes_none(
    client, user, phone, make_user, links
):
    """An identity provider may keep the id when an anonymous user signs up."""
    identify(client, user, phone)
    signed_up = make_user(phone.id)

    answer = identify(client, signed_up, make_user(is_anonymous=True))

    assert code(answer) == (409, "already_identified")
    assert links() == {(phone.id, user.id)}


def test_an_id_that_others_are_linked_to_is_nobodys_anonymous_user(
    client, user, phone, make_user, links
):
    identify(client, user, phone)

    answer = identify(client, make_user(), make_user(user.id, is_anonymous=True))

    assert code(answer) == (409, "already_identified")
    assert links() == {(phone.id, user.id)}


def test_nobody_is_linked_to_itself(client, user, make_user, links):
    answer = identify(client, user, make_user(user.id, is_anonymous=True))

    assert code(answer) == (409, "already_identified")
    assert links() == set()


def test_an_anonymous_caller_is_refused(client, phone, make_user, links):
    answer = identify(client, phone, make_user(is_anonymous=True))

    assert code(answer) == (403, "forbidden")
    assert links() == set()


def test_a_caller_without_a_token_is_refused(client, phone):
    answer = client.post(IDENTIFY, json={"anonymousToken": phone.token})

    assert code(answer) == (401, "token_missing")


class TestBadAnonymousTokens:
    @pytest.fixture
    def tokens(self, make_user, phone, clock):
        short = make_user(is_anonymous=True, seconds=60)
        clock.advance(hours=1)
        head, payload, signature = phone.token.split(".")
        return {
            "an account's": make_user().token,
            "a service's": make_user(role=Role.SERVICE, is_anonymous=True).token,
            "expired": short.token,
            "tampered": f"{head}.{payload}.{signature[::-1]}",
            "not signed": f"{head}.{payload}.",
            "nonsense": "nonsense",
        }

    @pytest.mark.parametrize(
        "name",
        [
            "an account's",
            "a service's",
            "expired",
            "tampered",
            "not signed",
            "nonsense",
        ],
    )
    def test_it_is_refused_at_its_place(self, client, user, tokens, name, links):
        answer = client.post(
            IDENTIFY, headers=user.headers, json={"anonymousToken": tokens[name]}
        )

        assert code(answer) == (422, "anonymous_token_invalid")
        assert answer.json["errors"][0]["pointer"] == "/anonymousToken"
        assert tokens[name] not in answer.text
        assert links() == set()

    @pytest.mark.parametrize(
        "body", [{}, {"anonymousToken": ""}, {"anonymousToken": 7}]
    )
    def test_a_body_without_a_token_is_a_bad_request(self, client, user, body):
        answer = client.post(IDENTIFY, headers=user.headers, json=body)

        assert code(answer) == (400, "invalid_request")
        assert answer.json["errors"][0]["pointer"] == "/anonymousToken"


def test_of_two_accounts_at_once_the_first_wins(app, make_user, links):
    for _ in range(10):
        phone = make_user(is_anonymous=True)
        accounts = [make_user() for _ in range(4)]
        start = threading.Barrier(len(accounts))
        statuses: dict[UUID, int] = {}

        def ask(account, phone=phone, start=start, statuses=statuses):
            start.wait()
            answer = identify(app.test_client(), account, phone)
            statuses[account.id] = answer.status_code

        run([threading.Thread(target=ask, args=(account,)) for account in accounts])

        assert sorted(statuses.values()) == [204, 409, 409, 409]
        winner = next(id_ for id_, status in statuses.items() if status == 204)
        assert (phone.id, winner) in links()


def test_simultaneous_links_never_make_a_chain(app, make_user, links):
    """One asks for a -> b while another asks for b -> c."""
    for _ in range(10):
        first = make_user(is_anonymous=True)
        middle = make_user()
        middle_as_anonymous = make_user(middle.id, is_anonymous=True)
        last = make_user()
        start = threading.Barrier(2)

        def ask(account, anonymous, start=start):
            start.wait()
            identify(app.test_client(), account, anonymous)

        run(
            [
                threading.Thread(target=ask, args=(middle, first)),
                threading.Thread(target=ask, args=(last, middle_as_anonymous)),
            ]
        )

        found = links()
        assert ((first.id, middle.id) in found) != ((middle.id, last.id) in found)


def run(threads):
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
