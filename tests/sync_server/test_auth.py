"""Who may call what, and what a bad token is answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import jwt
import pytest
from hypothesis import given, strategies as st

from client_sdk.contracts.identity import encode_secret, user_id_of_secret
from client_sdk.contracts.problem import ProblemCode
from sync_server.auth.principals import Role, UserPrincipal
from sync_server.auth.tokens import TokenIssuer, TokenKey
from sync_server.auth.trusts import trusts_of
from sync_server.auth.verifier import TokenVerifier
from sync_server.errors import ApiError
from sync_server.settings import Settings
from tests.support.key_server import unsigned

NOW = datetime(2026, 1, 31, 8, 30, tzinfo=UTC)
SETTINGS = Settings.from_environ({"KAZI_JWT_SECRET": "s" * 32})
KEY = TokenKey.of(SETTINGS)
USER = "0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69"


def verifier(now=NOW, *, clock=None, leeway_seconds=30):
    return TokenVerifier(
        trusts_of(SETTINGS), clock=clock or (lambda: now), leeway_seconds=leeway_seconds
    )


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


def test_what_is_issued_is_verified():
    issuer = TokenIssuer(KEY, clock=lambda: NOW)
    user_id = uuid4()

    text, expires = issuer.issue(
        user_id=user_id, role=Role.USER, lifetime=timedelta(days=1), is_anonymous=True
    )

    assert verifier().verify(text) == UserPrincipal(
        role=Role.USER, subject=str(user_id), user_id=user_id, is_anonymous=True
    )
    assert expires == NOW + timedelta(days=1)


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
        pytest.param(token(exp=float("nan")), "exp", id="expiry-no-number"),
        pytest.param(token(exp=10**400), "exp", id="expiry-beyond-floats"),
        pytest.param(token(exp=True), "exp", id="expiry-yes"),
        pytest.param(token(exp=-1), "exp", id="expiry-before-time"),
        pytest.param(token(nbf="now"), "nbf", id="not-before-text"),
        pytest.param(token(iat=[]), "iat", id="issued-list"),
        pytest.param(token(aud=["other"]), "audience", id="audiences"),
        pytest.param(token(aud=7), "audience", id="audience-number"),
        pytest.param(token(sub=7), "no UUID", id="subject-number"),
        pytest.param(token(sub=None), "subject", id="no-subject"),
        pytest.param(token(sub="root"), "no UUID", id="subject"),
        pytest.param(token(nbf=4102444800), "not valid yet", id="not-yet"),
        pytest.param(token(iat=4102444800), "not valid yet", id="issued-later"),
        pytest.param(
            token(algorithm="HS512", secret="s" * 64), "HS256", id="algorithm"
        ),
        pytest.param(
            unsigned({"alg": "none"}, {"iss": KEY.issuer, "sub": USER}),
            "HS256",
            id="unsigned",
        ),
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


def test_leeway_is_a_setting():
    text = token(exp=NOW, nbf=None)
    later = NOW + timedelta(seconds=1)

    assert verifier(NOW, leeway_seconds=0).verify(text)
    with pytest.raises(ApiError):
        verifier(later, leeway_seconds=0).verify(text)


def test_a_token_is_good_thirty_seconds_before_its_time_and_no_sooner():
    text = token(nbf=NOW)

    assert verifier(NOW - timedelta(seconds=30)).verify(text)
    error = refusal(text, NOW - timedelta(seconds=31))
    assert (error.code, error.status) == (ProblemCode.TOKEN_INVALID, 401)


def test_a_remembered_token_is_refused_when_the_clock_is_set_back():
    """By ours, which a test or an operator may set, not by the library's."""
    moments = iter([NOW, NOW - timedelta(hours=1)])
    one = verifier(clock=lambda: next(moments))
    text = token(nbf=NOW)

    one.verify(text)
    with pytest.raises(ApiError, match="not valid yet"):
        one.verify(text)


def test_the_oldest_token_is_forgotten_first():
    one = TokenVerifier(
        trusts_of(SETTINGS), clock=lambda: NOW, leeway_seconds=30, max_remembered=9
    )
    texts = [token(n=number) for number in range(10)]
    for text in texts:
        one.verify(text)

    assert one.remembered(texts[0]) is None
    assert one.remembered(texts[1]) is not None
    assert one.remembered(texts[-1]) is not None
    assert one.verify(texts[0]).role is Role.USER


def test_a_refused_token_is_not_remembered():
    one, text = verifier(), token(aud="other")

    with pytest.raises(ApiError):
        one.verify(text)
    assert one.remembered(text) is None


def test_a_remembered_token_expires_all_the_same():
    moments = iter([NOW, NOW + timedelta(hours=2)])
    one = verifier(clock=lambda: next(moments))
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


@pytest.mark.parametrize("role", ["service", "admin"])
@pytest.mark.parametrize("subject", [None, "billing", USER])
def test_a_service_needs_no_subject_and_may_have_a_name(role, subject):
    principal = verifier().verify(token(role=role, sub=subject))

    assert (principal.role, principal.subject) == (role, subject)
    assert not isinstance(principal, UserPrincipal)


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
