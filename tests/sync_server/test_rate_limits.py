"""What a client sees of rate limits, and what does not get around them."""

from __future__ import annotations

import dataclasses
import secrets

import pytest

from client_sdk.contracts.codec import decode
from client_sdk.contracts.identity import encode_secret
from client_sdk.contracts.problem import Problem
from sync_server.app import create_app
from sync_server.auth.principals import Role
from sync_server.ratelimits.gate import MAX_URL_LENGTH

CONFIG = "/api/tutorial/config?tutorialId=plain"
ANONYMOUS = "/api/tutorial/anonymous"
PERSONA = "/_internal/persona/0190a1d4-7c5e-7b60-8a51-3f1d2c4b5a69"


@pytest.fixture
def limited(settings, pool, clock, tour):
    """Make an application with some limits."""

    def make(**limits):
        changed = dataclasses.replace(settings, **limits)
        return create_app(changed, pool=pool, clock=clock).test_client()

    return make


def statuses(count, ask):
    return [ask().status_code for _ in range(count)]


def from_address(client, address, path=CONFIG, **headers):
    return client.get(path, headers=headers, environ_overrides={"REMOTE_ADDR": address})


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


class TestUsers:
    def test_beyond_the_limit_a_user_is_told_when_to_go_on(self, limited, user, clock):
        client = limited(user_requests_per_minute=3)

        def ask():
            return client.get(CONFIG, headers=user.headers)

        assert statuses(3, ask) == [200] * 3
        answer = ask()

        problem = decode(Problem, answer.json)
        wait_seconds = int(answer.headers["Retry-After"])
        assert (answer.status_code, problem.code) == (429, "rate_limited")
        assert "3 requests of one user" in problem.detail
        assert 1 <= wait_seconds <= 70
        assert answer.headers["RateLimit-Policy"] == '"user";q=3;w=60'
        assert answer.headers["RateLimit"] == f'"user";r=0;t={wait_seconds}'
        clock.advance(seconds=wait_seconds)
        assert ask().status_code == 200

    def test_users_do_not_share_a_limit_nor_does_their_address(
        self, limited, make_user
    ):
        client = limited(user_requests_per_minute=2, address_requests_per_minute=1)
        users = [make_user() for _ in range(5)]

        for user in users:
            assert statuses(
                3, lambda user=user: client.get(CONFIG, headers=user.headers)
            ) == [
                200,
                200,
                429,
            ]

    def test_events_of_batches_are_counted_too(self, limited, user, clock):
        client = limited(user_events_per_minute=5)

        def send(count):
            event = {
                "tutorialId": "plain",
                "stepId": "only",
                "status": "started",
                "t": 0,
            }
            body = {"events": [event] * count, "sentAt": clock().isoformat()}
            return client.post("/api/tutorial/steps", json=body, headers=user.headers)

        # the batch that passes the limit is taken whole
        assert [send(count).status_code for count in (4, 4, 1)] == [200, 200, 429]
        refused = send(1)
        assert "5 events of one user" in decode(Problem, refused.json).detail
        assert refused.headers["RateLimit-Policy"] == '"events";q=5;w=60'
        clock.advance(seconds=int(refused.headers["Retry-After"]))
        assert send(1).status_code == 200

    def test_all_routes_of_a_user_count_together(self, limited, user):
        client = limited(user_requests_per_minute=2)
        ping = {"tutorialId": "plain", "stepId": "only", "status": "started", "t": 0}

        client.get(CONFIG, headers=user.headers)
        step = "/api/tutorial/step"
        assert client.post(step, json=ping, headers=user.headers).status_code == 204
        assert client.post(step, json=ping, headers=user.headers).status_code == 429

    def test_services_are_not_limited(self, limited, make_user):
        client = limited(user_requests_per_minute=1, address_requests_per_minute=1)
        service = make_user(role=Role.SERVICE)

        answers = statuses(5, lambda: client.get(PERSONA, headers=service.headers))

        assert 429 not in answers


class TestAddresses:
    def test_requests_without_a_token_count_by_address(self, limited):
        client = limited(address_requests_per_minute=2)

        assert statuses(3, lambda: from_address(client, "192.0.2.1")) == [200, 200, 429]
        assert from_address(client, "192.0.2.2").status_code == 200

    def test_a_customer_with_many_ipv6_addresses_is_one(self, limited):
        client = limited(address_requests_per_minute=2)

        answers = [
            from_address(client, f"2001:db8::{number:x}").status_code
            for number in range(1, 5)
        ]

        assert answers == [200, 200, 429, 429]
        assert from_address(client, "2001:db8:0:1::1").status_code == 200

    @pytest.mark.parametrize("path", ["/api/nothing", "/openapi.json", ANONYMOUS])
    def test_a_header_that_nobody_checks_is_no_way_around(self, limited, path):
        client = limited(address_requests_per_minute=2)

        answers = [
            from_address(client, "192.0.2.1", path, Authorization=f"Bearer {n}")
            for n in range(3)
        ]

        assert [answer.status_code == 429 for answer in answers] == [False, False, True]

    def test_a_method_that_no_view_answers_is_no_way_around(self, limited):
        client = limited(address_requests_per_minute=2)

        def ask():
            return client.options(CONFIG, headers=bearer("made up"))

        assert statuses(3, ask) == [200, 200, 429]

    def test_a_forged_address_is_no_way_around(self, limited):
        direct = limited(address_requests_per_minute=1)
        behind = limited(address_requests_per_minute=1, proxy_hops=1)

        for client, written in ((direct, "{0}"), (behind, "{0}, 198.51.100.7")):
            answers = [
                from_address(
                    client,
                    "192.0.2.1",
                    **{"X-Forwarded-For": written.format(f"203.0.113.{number}")},
                ).status_code
                for number in range(3)
            ]
            assert answers == [200, 429, 429]

    def test_behind_a_proxy_each_client_has_its_own_limit(self, limited):
        client = limited(address_requests_per_minute=1, proxy_hops=1)

        answers = [
            from_address(
                client, "192.0.2.1", **{"X-Forwarded-For": f"203.0.113.{number}"}
            ).status_code
            for number in range(3)
        ]

        assert answers == [200, 200, 200]

    @pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
    def test_the_machinery_is_not_limited(self, limited, path):
        client = limited(address_requests_per_minute=1)

        assert 429 not in statuses(5, lambda: from_address(client, "192.0.2.1", path))

    def test_anonymous_tokens_have_a_limit_of_their_own(self, limited):
        client = limited(anonymous_tokens_per_minute=2)

        def sign_up():
            secret = encode_secret(secrets.token_bytes(32))
            return client.post(ANONYMOUS, json={"secret": secret})

        assert statuses(3, sign_up) == [200, 200, 429]
        assert client.get(CONFIG).status_code == 200


class TestGuessing:
    @pytest.fixture
    def client(self, limited):
        return limited(failed_logins_per_minute=3)

    def guess(self, client, count, headers=None):
        return statuses(
            count, lambda: client.get(CONFIG, headers=headers or bearer("a.b.c"))
        )

    def test_no_token_is_looked_at_after_too_many_were_refused(self, client, make_user):
        stranger = make_user()

        assert self.guess(client, 5) == [401, 401, 401, 429, 429]
        assert client.get(CONFIG, headers=stranger.headers).status_code == 429

    def test_a_user_who_was_there_before_stays(self, client, user):
        assert client.get(CONFIG, headers=user.headers).status_code == 200

        self.guess(client, 5)

        assert client.get(CONFIG, headers=user.headers).status_code == 200

    def test_other_addresses_are_not_concerned(self, client, make_user):
        self.guess(client, 5)

        answer = from_address(client, "192.0.2.9", **make_user().headers)

        assert answer.status_code == 200

    def test_after_a_minute_tokens_are_looked_at_again(self, client, make_user, clock):
        self.guess(client, 5)
        clock.advance(seconds=70)

        assert client.get(CONFIG, headers=make_user().headers).status_code == 200

    def test_a_header_of_another_scheme_counts_too(self, client):
        headers = {"Authorization": "Basic YTpi"}

        assert self.guess(client, 5, headers) == [401, 401, 401, 429, 429]

    def test_a_request_without_a_token_is_no_guess(self, client):
        step = "/api/tutorial/step"

        assert statuses(5, lambda: client.post(step, json={})) == [401] * 5


class TestUrls:
    def test_a_url_of_the_greatest_length_is_read(self, client, tour):
        path, query = CONFIG.split("?")
        room = MAX_URL_LENGTH - len(path) - len(query) - len("&x=")

        assert client.get(f"{CONFIG}&x={'y' * room}").status_code == 200

    @pytest.mark.parametrize("path", [CONFIG + "&x=", "/nothing?", "/"])
    def test_a_longer_one_is_refused(self, client, path):
        answer = client.get(path + "y" * MAX_URL_LENGTH)

        problem = decode(Problem, answer.json)
        assert (answer.status_code, problem.status) == (414, 414)
        assert str(MAX_URL_LENGTH) in problem.detail
