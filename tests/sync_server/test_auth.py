"""Who may call what, and what a bad token is answered."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import jwt
import pytest
from hypothesis import given, strategies as st

from client_sdk.contracts.identity import encode_secret, user_id_of_secret
from client_sdk.contracts.problem import ProblemCode
from sync_server.auth.tokens import Role, TokenIssuer, TokenKey, TokenVerifier
from sync_server.errors import ApiError

NOW = datetime(2026, 1, 31, 8, 30, tzinfo=UTC)
KEY = TokenKey(secret="s" * 32, issuer="kazi-tutorial", audience="kazi-tutorial")
USER = "0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69"


def verifier(now=NOW):
    return TokenVerifier(KEY, clock=lambda: now)


def token(*, algorithm="HS256", secret=KEY.secret, headers=None, **claims):
    whole = {
        "sub": USER,
        "iss": KEY.issuer,
        "aud": KEY.audience,
        "exp": NOW + timedelta(hours=1),
        "role": "user",
        **claims,
    }
    kept = {name: value for name, value in whole.items() if value is not None}
    return jwt.encode(kept, secret, algorithm=algorithm, headers=headers)


def refusal(text, now=NOW):
    with pytest.raises(ApiError) as caught:
        verifier(now).verify(text)
    return caught.value


def unsigned(claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    return b".".join([part({"alg": "none"}), part(claims), b""]).decode()


def test_what_is_issued_is_verified():
    issuer = TokenIssuer(KEY, clock=lambda: NOW)
    user_id = uuid4()

    text, expires = issuer.issue(
        user_id=user_id, role=Role.USER, lifetime=timedelta(days=1), is_anonymous=True
    )

    principal = verifier().verify(text)
    assert principal.user_id == user_id
    assert principal.role is Role.USER
    assert principal.is_anonymous
    assert principal.expires_at == expires.timestamp()


@pytest.mark.parametrize(
    ("text", "part"),
    [
        pytest.param("", "not a JWT", id="empty"),
        pytest.param("nonsense", "not a JWT", id="nonsense"),
        pytest.param("a.b.c", "not a JWT", id="dots"),
        pytest.param(token(secret="x" * 32), "another key", id="other-secret"),
        pytest.param(token(iss="other"), "issuer", id="issuer"),
        pytest.param(token(aud="other"), "audience", id="audience"),
        pytest.param(token(iss=None), "'iss'", id="no-issuer"),
        pytest.param(token(aud=None), "'aud'", id="no-audience"),
        pytest.param(token(exp=None), "'exp'", id="no-expiry"),
        pytest.param(token(exp="tomorrow"), "exp", id="expiry-text"),
        pytest.param(token(exp=float("inf")), "exp", id="expiry-endless"),
        pytest.param(token(sub=None), "subject", id="no-subject"),
        pytest.param(token(sub="root"), "no UUID", id="subject"),
        pytest.param(token(nbf=4102444800), "not valid yet", id="not-yet"),
        pytest.param(
            token(algorithm="HS512", secret="s" * 64), "HS256", id="algorithm"
        ),
        pytest.param(unsigned({"sub": USER, "role": "admin"}), "HS256", id="unsigned"),
    ],
)
def test_a_token_that_is_not_ours_is_refused_by_reason(text, part):
    error = refusal(text)

    assert (error.code, error.status) == (ProblemCode.TOKEN_INVALID, 401)
    assert part in error.detail
    assert text == "" or text not in error.detail


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param(USER.upper(), id="capitals"),
        pytest.param(USER.replace("-", ""), id="no-hyphens"),
        pytest.param(f"{{{USER}}}", id="braces"),
        pytest.param(f"urn:uuid:{USER}", id="urn"),
    ],
)
def test_another_spelling_of_a_uuid_is_a_400(spelling):
    """It would be another user to the assignment function."""
    error = refusal(token(sub=spelling))

    assert (error.code, error.status) == (ProblemCode.TOKEN_INVALID, 400)
    assert "lower case" in error.detail


def test_expiry_has_thirty_seconds_of_leeway():
    text = token(exp=NOW)

    assert verifier(NOW + timedelta(seconds=30)).verify(text).user_id == UUID(USER)
    assert refusal(text, NOW + timedelta(seconds=31)).code == ProblemCode.TOKEN_EXPIRED


def test_a_remembered_token_expires_all_the_same():
    moments = iter([NOW, NOW + timedelta(hours=2)])
    one = TokenVerifier(KEY, clock=lambda: next(moments))
    text = token()

    assert one.verify(text).user_id == UUID(USER)
    with pytest.raises(ApiError) as caught:
        one.verify(text)
    assert caught.value.code == ProblemCode.TOKEN_EXPIRED


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("service", Role.SERVICE),
        ("admin", Role.ADMIN),
        ("authenticated", Role.USER),
        (None, Role.USER),
        (7, Role.USER),
        ([], Role.USER),
    ],
)
def test_a_role_that_is_none_of_ours_is_a_users(role, expected):
    assert verifier().verify(token(role=role)).role is expected


def test_a_service_needs_no_subject():
    assert verifier().verify(token(role="service", sub=None)).subject is None


@given(st.text(max_size=200))
def test_no_text_breaks_the_verifier(text):
    assert refusal(text).code == ProblemCode.TOKEN_INVALID


POST_ROUTES = ["/api/tutorial/step", "/api/tutorial/steps", "/api/tutorial/survey"]


@pytest.mark.parametrize("route", POST_ROUTES)
def test_without_a_token_a_route_asks_for_one(client, route):
    answer = client.post(route, json={})

    assert (answer.status_code, answer.json["code"]) == (401, "token_missing")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="kazi-tutorial"'


@pytest.mark.parametrize("route", POST_ROUTES)
@pytest.mark.parametrize("role", [Role.SERVICE, Role.ADMIN])
def test_a_route_of_users_refuses_others(client, make_user, route, role):
    answer = client.post(route, json={}, headers=make_user(role=role).headers)

    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


@pytest.mark.parametrize("header", ["Basic dXNlcjpwYXNz", "Bearer", "Bearer  ", "x"])
def test_a_malformed_header_is_refused(client, header):
    answer = client.post(POST_ROUTES[0], headers={"Authorization": header})

    assert (answer.status_code, answer.json["code"]) == (401, "token_invalid")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_an_expired_token_is_told_apart(client, make_user, clock):
    user = make_user(seconds=60)
    clock.advance(minutes=5)

    answer = client.post(POST_ROUTES[0], json={}, headers=user.headers)

    assert (answer.status_code, answer.json["code"]) == (401, "token_expired")


class TestAnonymous:
    SECRET = encode_secret(bytes(range(32)))

    def ask(self, client, **body):
        return client.post("/api/tutorial/anonymous", json=body)

    def test_the_same_secret_is_always_the_same_user(self, client, clock):
        first = self.ask(client, secret=self.SECRET)
        clock.advance(days=3)
        second = self.ask(client, secret=self.SECRET)

        assert first.status_code == 200
        assert first.json["userId"] == str(user_id_of_secret(self.SECRET))
        assert second.json["userId"] == first.json["userId"]
        assert second.json["token"] != first.json["token"]
        assert second.json["expires"] > first.json["expires"]
        assert first.headers["Cache-Control"] == "no-store"

    @pytest.mark.usefixtures("tour")
    def test_its_token_may_do_what_a_user_may(self, client):
        token = self.ask(client, secret=self.SECRET).json["token"]
        headers = {"Authorization": f"Bearer {token}"}

        event = {"tutorialId": "plain", "stepId": "only", "status": "started", "t": 0}
        answer = client.post("/api/tutorial/step", json=event, headers=headers)

        assert answer.status_code == 204

    def test_its_token_says_that_it_is_anonymous(self, client, settings):
        token = self.ask(client, secret=self.SECRET).json["token"]

        claims = jwt.decode(token, options={"verify_signature": False})

        assert claims["is_anonymous"] is True
        assert claims["role"] == "user"
        assert claims["sub"] == str(user_id_of_secret(self.SECRET))
        assert claims["exp"] - claims["iat"] == 30 * 86_400

    @pytest.mark.parametrize("secret", ["", "short", 7, None])
    def test_a_bad_secret_is_refused_and_not_repeated(self, client, secret):
        answer = self.ask(client, secret=secret)

        assert answer.status_code == 400
        assert answer.json["errors"][0]["pointer"] == "/secret"
        assert "short" not in answer.text.replace("too short", "")
